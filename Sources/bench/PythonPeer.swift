internal import Foundation
internal import TestSupport

/// A program in Python, of those in deploy/peers, in a process of its own.
final class PythonPeer {
  /// Where both sides leave each other files.
  let directory: TemporaryDirectory
  private let process: LineProcess

  /// Starts it.
  ///
  /// - Parameters:
  ///   - name: for error texts.
  ///   - arguments: those that follow the directory.
  ///   - python: the interpreter; nil for the one in `.venv`, which is made if it is missing.
  init(_ name: String, script: String, arguments: [String], python: String?) throws {
    let interpreter = try python ?? PythonPeer.ownPython()
    directory = try TemporaryDirectory()
    process = try LineProcess(
      "the \(name) peer", program: URL(filePath: interpreter),
      arguments: ["\(PythonPeer.root)/deploy/peers/\(script)", directory.path] + arguments,
      // It works in one thread anyhow, and more of them around it slow it down.
      environment: ["OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"],
      errors: "\(directory.path)/errors")
  }

  /// Ends it.
  func stop() { process.stop() }

  /// Has it do something, and answer with so many finite numbers.
  func numbers(_ command: String, _ count: Int) throws -> [Double] { try process.numbers(command, count) }

  /// Has it do something.
  ///
  /// - Returns: its answer.
  func ask(_ command: String) throws -> String { try process.ask(command) }

  /// Has it do something, without waiting for its answer.
  func tell(_ command: String) { process.tell(command) }

  /// Waits for its next answer.
  func answer(to command: String) throws -> String { try process.answer(to: command) }

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
