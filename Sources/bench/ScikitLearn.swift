internal import Foundation
internal import OnlineLearning
internal import TestSupport

/// scikit-learn's learner in a process of its own (deploy/peers/scikit_learner.py).
final class ScikitLearn {
  /// The arrays it can learn from.
  static let formats = ["float32", "float64"]

  private let peer: PythonPeer

  /// Starts it.
  ///
  /// - Parameters:
  ///   - python: the interpreter; nil for the one in `.venv`, which is made if it is missing.
  ///   - assumesFinite: whether it leaves out its search for values that are not finite.
  init(python: String?, assumesFinite: Bool) throws {
    peer = try PythonPeer(
      "scikit-learn", script: "scikit_learner.py",
      arguments: ["\(PenaltyKind.strength)", "\(PenaltyKind.l1Ratio)", "\(LearnerSetup.rate)"]
        + (assumesFinite ? ["--assume-finite"] : []),
      python: python)
  }

  /// Ends it.
  func stop() { peer.stop() }

  /// Hands it the rows to learn from here on.
  func load(_ stream: SampleStream) throws {
    try write(stream.batch.features, to: "features")
    try write(stream.batch.values, to: "values")
    try write(stream.batch.rowEnds, to: "row_ends")
    try write(stream.batch.targets, to: "targets")
    let kind = stream.kind == .dense ? "dense" : "sparse"
    _ = try peer.ask("load \(stream.rows) \(stream.features) \(kind)")
    for name in ["features", "values", "row_ends", "targets"] {
      try FileManager.default.removeItem(atPath: "\(peer.directory.path)/\(name)")
    }
  }

  /// Has it learn all rows, going on where it stood with this format and penalty.
  ///
  /// - Returns: the seconds it took.
  func seconds(_ format: String, _ kind: PenaltyKind) throws -> Seconds {
    Seconds(wall: try peer.numbers("learn \(format) \(kind.rawValue)", 1)[0])
  }

  /// What it knows after one pass over all rows from zero. On sparse rows that is without an intercept.
  func coefficients(_ kind: PenaltyKind) throws -> (coefficients: [Double], intercept: Double) {
    let intercept = try peer.numbers("check \(kind.rawValue)", 1)[0]
    let bytes = try Data(contentsOf: URL(filePath: "\(peer.directory.path)/coefficients"))
    let coefficients = bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: Double.self) }
    }
    return (coefficients, intercept)
  }

  private func write<Element: BitwiseCopyable>(_ elements: [Element], to name: String) throws {
    try elements.withUnsafeBytes { try Data($0).write(to: URL(filePath: "\(peer.directory.path)/\(name)")) }
  }
}
