internal import Foundation
internal import OnlineLearning
internal import TestSupport

/// scikit-learn's learner in a process of its own (deploy/bench/scikit_learner.py), which does as it is told.
final class ScikitLearn {
  /// The arrays it can learn from.
  static let formats = ["float32", "float64"]

  private let directory: TemporaryDirectory
  private let process = Process()
  private let commands = Pipe()
  private let answers = Pipe()
  private var unread = Data()

  /// Starts it.
  ///
  /// - Parameter python: the interpreter; nil for the one in `.venv`, which is made if it is missing.
  init(python: String?) throws {
    // A peer that is gone shows in its answer.
    signal(SIGPIPE, SIG_IGN)
    let interpreter = try python ?? ScikitLearn.ownPython()
    directory = try TemporaryDirectory()
    process.executableURL = URL(filePath: interpreter)
    process.arguments = [
      "\(ScikitLearn.root)/deploy/bench/scikit_learner.py", directory.path,
      "\(PenaltyKind.strength)", "\(PenaltyKind.l1Ratio)", "\(LearnerSetup.rate)",
    ]
    // It learns in one thread anyhow; so that nothing around it takes more.
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

  /// Hands it the rows to learn from here on.
  func load(_ stream: SampleStream) throws {
    try write(stream.batch.features, to: "features")
    try write(stream.batch.values, to: "values")
    try write(stream.batch.rowEnds, to: "row_ends")
    try write(stream.batch.targets, to: "targets")
    let kind = stream.kind == .dense ? "dense" : "sparse"
    _ = try ask("load \(stream.rows) \(stream.features) \(kind)")
    for name in ["features", "values", "row_ends", "targets"] {
      try FileManager.default.removeItem(atPath: "\(directory.path)/\(name)")
    }
  }

  /// Has it learn all rows, going on where it stood with this format and penalty.
  ///
  /// - Returns: the seconds it took.
  func seconds(_ format: String, _ kind: PenaltyKind) throws -> Double {
    try number("learn \(format) \(kind.rawValue)")
  }

  /// What it knows after one pass over all rows from zero. On sparse rows that is without an intercept.
  func coefficients(_ kind: PenaltyKind) throws -> (coefficients: [Double], intercept: Double) {
    let intercept = try number("check \(kind.rawValue)")
    let bytes = try Data(contentsOf: URL(filePath: "\(directory.path)/coefficients"))
    let coefficients = bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: Double.self) }
    }
    return (coefficients, intercept)
  }

  private func write<Element: BitwiseCopyable>(_ elements: [Element], to name: String) throws {
    try elements.withUnsafeBytes { try Data($0).write(to: URL(filePath: "\(directory.path)/\(name)")) }
  }

  private func number(_ command: String) throws -> Double {
    let answer = try ask(command)
    guard let number = Double(answer), number.isFinite else { throw BenchError.answer(answer, to: command) }
    return number
  }

  private func ask(_ command: String) throws -> String {
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
        throw BenchError.program("the scikit-learn peer, asked to \"\(command)\",", said: said)
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
