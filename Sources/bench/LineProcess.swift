internal import Foundation

/// A program in a process of its own that does as it is told: a line each of commands and answers.
final class LineProcess {
  private let name: String
  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()
  private let errors: URL
  private var unread = Data()

  /// Starts it.
  ///
  /// - Parameters:
  ///   - name: for error texts.
  ///   - errors: the file to which its standard error goes.
  init(
    _ name: String, program: URL, arguments: [String], environment: [String: String] = [:], errors: String
  ) throws {
    // A process that is gone shows in its answer.
    signal(SIGPIPE, SIG_IGN)
    self.name = name
    self.errors = URL(filePath: errors)
    try Data().write(to: self.errors)
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = commands
    process.standardOutput = answers
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
  }

  /// Ends it.
  func stop() {
    try? commands.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Has it do something.
  ///
  /// - Returns: its answer.
  func ask(_ command: String) throws -> String {
    tell(command)
    return try answer(to: command)
  }

  /// Has it do something, without waiting for its answer.
  func tell(_ command: String) {
    // If it is gone, so is its answer.
    try? commands.fileHandleForWriting.write(contentsOf: Data("\(command)\n".utf8))
  }

  /// Waits for its next answer.
  func answer(to command: String) throws -> String {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread = Data(unread[(end + 1)...]) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty {
        process.waitUntilExit()
        let said = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
        throw BenchError.program("\(name), asked to \"\(command)\",", said: said)
      }
      unread.append(more)
    }
  }

  /// Has it do something, and answer with so many finite numbers.
  func numbers(_ command: String, _ count: Int) throws -> [Double] {
    tell(command)
    return try numbers(to: command, count)
  }

  /// Waits for an answer of so many finite numbers.
  func numbers(to command: String, _ count: Int) throws -> [Double] {
    let answer = try answer(to: command)
    let numbers = answer.split(separator: " ").compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == count else { throw BenchError.answer(answer, to: command) }
    return numbers
  }
}
