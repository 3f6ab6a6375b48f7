internal import OnlineLearning
internal import TestSupport

/// Other readers of the same text, in a process of their own (deploy/peers/format_readers.py).
final class FormatReaders {
  enum Reader: String {
    case vowpalWabbit = "Vowpal Wabbit"
    case scikitLearn = "scikit-learn"
    case orjson, json

    /// What the process is told to do.
    var command: String {
      switch self {
      case .vowpalWabbit: "vw"
      case .scikitLearn: "svmlight"
      case .orjson, .json: rawValue
      }
    }
  }

  private let peer: PythonPeer
  private var samples = 0

  /// Starts it.
  ///
  /// - Parameter python: the interpreter; nil for the one in `.venv`, which is made if it is missing.
  init(python: String?) throws {
    let penalty = TimedDecoder.configuration.penalty
    peer = try PythonPeer(
      "readers", script: "format_readers.py", arguments: ["\(penalty.l1)", "\(penalty.l2)", "\(LearnerSetup.rate)"],
      python: python)
  }

  /// Ends it.
  func stop() { peer.stop() }

  /// Hands it the text to read from here on.
  func load(_ text: FormatText) throws {
    try peer.directory.write(text.file, to: "text")
    samples = text.samples
  }

  /// Has a reader read the text.
  func seconds(_ reader: Reader) throws -> Seconds {
    let answer = try peer.numbers(reader.command, 3)
    guard Int(answer[2]) == samples else {
      throw BenchError.otherSamples(reader.rawValue, Int(answer[2]), expected: samples)
    }
    return Seconds(wall: answer[0], processor: answer[1])
  }
}
