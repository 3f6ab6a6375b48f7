import ZeroMQ

@testable import WhittleService

/// A sender at a daemon's ROUTER socket that stays connected. One call at a time.
final class RouterPeer: @unchecked Sendable {
  // Calls follow each other, so that no two threads have it at once.
  private let socket: Socket
  private var sent = 0
  /// The messages that were answered, by number, in the order of the answers.
  private(set) var answered: [Int] = []

  init(_ endpoint: String) throws {
    socket = try Socket(.dealer, in: Context())
    try socket.set(.linger(0))
    try socket.set(.sendHighWaterMark(0))
    try socket.set(.receiveTimeout(60_000))
    try socket.connect(endpoint)
  }

  /// Sends messages, which are numbered on from those before.
  func send(_ messages: some Collection<String> & Sendable) async throws {
    try await onThread { [self] in
      for message in messages {
        try socket.send([Array("\(sent)".utf8), [], Array(message.utf8)])
        sent += 1
      }
    }
  }

  /// Waits until so many answers have come in all.
  func wait(answers count: Int) async throws {
    try await onThread { [self] in
      while answered.count < count {
        guard try take(waiting: .allowed) else { throw NothingCame() }
      }
    }
  }

  /// Takes the answers that are there.
  ///
  /// - Returns: how many have come in all.
  func takeAnswers() async throws -> Int {
    try await onThread { [self] in
      while try take(waiting: .never) {}
      return answered.count
    }
  }

  private func take(waiting: Socket.Waiting) throws -> Bool {
    guard let answer = try socket.receive(waiting: waiting) else { return false }
    answered.append(Int(String(decoding: answer[0], as: UTF8.self)) ?? -1)
    return true
  }
}
