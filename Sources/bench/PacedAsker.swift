internal import Foundation
internal import Synchronization

/// Questions that are asked in benchmarks.
enum Questions {
  private static let features = 10

  /// Asks for a prediction of a sample of the first features of a message of words, which the model knows.
  static func predict(_ message: [UInt8]) -> [UInt8] {
    let line = message.prefix { $0 != UInt8(ascii: "\n") }
    let words = String(decoding: line, as: UTF8.self).split(separator: " ").filter { $0.contains(":") }
    let members = words.prefix(features).map { word in
      let parts = word.split(separator: ":")
      return "\"\(parts[0])\": \(parts[1])"
    }
    return Array("{\"op\": \"predict\", \"x\": {\(members.joined(separator: ", "))}}".utf8)
  }
}

/// Asks 1,000 questions a second on a thread of its own, whether or not the answers to earlier ones have come.
final class PacedAsker: Sendable {
  private let isStopping = Atomic(false)
  private let answered = Atomic(0)
  private let ended = DispatchSemaphore(value: 0)

  private static let questionsPerSecond = 1000.0

  /// - Parameter endpoint: as `ipc://PATH`.
  init(endpoint: String, question: [UInt8]) {
    Thread { [self] in
      defer { ended.signal() }
      do {
        try ask(endpoint, question)
      } catch {
        FileHandle.standardError.write(Data("asking failed: \(error)\n".utf8))
      }
    }.start()
  }

  private func ask(_ endpoint: String, _ question: [UInt8]) throws {
    var peer = try BareDealer(endpoint: endpoint)
    let start = ContinuousClock.now
    var asked = 0
    while !isStopping.load(ordering: .relaxed) {
      asked += 1
      try peer.ask(question)
      answered.add(try peer.takeAnswers(), ordering: .relaxed)
      let next = start + .seconds(Double(asked) / PacedAsker.questionsPerSecond)
      let left = (next - ContinuousClock.now) / .seconds(1)
      if left > 0 { Thread.sleep(forTimeInterval: left) }
    }
  }

  /// - Parameter seconds: for how long it has been asking.
  /// - Throws: where fewer than nine tenths of the questions have been answered.
  func check(_ seconds: Double) throws {
    let count = answered.load(ordering: .relaxed)
    guard Double(count) >= 0.9 * (seconds * PacedAsker.questionsPerSecond) - 100 else {
      throw BenchError.answer("\(count) answers in \(seconds) seconds", to: "1,000 questions a second")
    }
  }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    ended.wait()
  }
}
