internal import Foundation
internal import TestSupport

/// A program in Python, of those in deploy/bench, in a process of its own, which does as it is told: a line each of
/// commands and answers.
final class PythonPeer {
  /// Where both sides leave each other files.
  let directory: TemporaryDirectory
  private let name: String
  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()
  private var unread = Data()

  /// Starts it.
  ///
  /// - Parameters:
  ///   - name: for error texts.
  ///   - arguments: those that follow the directory.
  ///   - python: the interpreter; nil for the one in `.venv`, which is made if it is missing.
  init(_ name: String, script: String, arguments: [String], python: String?) throws {
    // A peer that is gone shows in its answer.
    signal(SIGPIPE, SIG_IGN)
    self.name = name
    let interpreter = try python ?? PythonPeer.ownPython()
    directory = try TemporaryDirectory()
    process.executableURL = URL(filePath: interpreter)
    process.arguments = ["\(PythonPeer.root)/deploy/bench/\(script)", directory.path] + arguments
    // It works in one thread anyhow, and more of them around it slow it down.
    let threads = ["OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"]
    process.environment = ProcessInfo.processInfo.environment.merging(threads) { $1 }
    process.standardInput = commands
    process.standardOutput = answers
    process.standardError = FileHandle(forWritingAtPath: try directory.write([], to: "errors"))
    try process.run()
  }

  /// Ends it.
  func stop() {
    try? commands.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Has it do something, and answer with so many finite numbers.
  func numbers(_ command: String, _ count: Int) throws -> [Double] {
    let answer = try ask(command)
    let numbers = answer.split(separator: " ").compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == count else { throw BenchError.answer(answer, to: command) }
    return numbers
  }

  /// Has it do something.
  ///
  /// - Returns: its answer.
  func ask(_ command: String) throws -> String {
    try? commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread = Data(unread[(end + 1)...]) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty {
        process.waitUntilExit()
        let said = String(decoding: try directory.read("errors"), as: UTF8.self)
        throw BenchError.program("the \(name) peer, asked to \"\(command)\",", said: said)
      }
      unread.append(more)
    }
  }

  /// The clone that this program was built from.
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static func ownPython() throws -> String {
    let script = Process()
    script.executableURL = URL(filePath: "\(root)/deploy/python")
    script.standardOutput = FileHandle.standardError
    try script.run()
    script.waitUntilExit()
    guard script.terminationStatus == 0 else {
      throw BenchError.program("deploy/python", said: "see above, or name another interpreter with --python")
    }
    return "\(root)/.venv/bin/python"
  }
}
