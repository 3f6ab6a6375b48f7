import ModelStore
import OnlineLearning
import SampleFormats
import Synchronization
import TestSupport

@testable import WhittleService

/// Where daemons of one test live, one after the other: their state directory and their endpoints.
final class DaemonPlace: Sendable {
  let temporary: TemporaryDirectory
  private let started = Mutex(0)

  init() throws {
    temporary = try TemporaryDirectory()
  }

  var state: String { "\(temporary.path)/state" }
  var sub: String { "ipc://\(temporary.path)/sub" }
  var pull: String { "ipc://\(temporary.path)/pull" }
  var router: String { "ipc://\(temporary.path)/router" }
  var publish: String { "ipc://\(temporary.path)/publish" }
  var query: String { "ipc://\(temporary.path)/query" }

  /// Nothing happens by itself: no publication and no checkpoint but the last, and no hour that ends keeps one more.
  var settings: [String: String] {
    [
      "ingest.sub.bind": sub, "ingest.pull.bind": pull, "ingest.router.bind": router, "publish.bind": publish,
      "query.bind": query,
      "state.directory": state, "publish.every_samples": "0", "publish.every_seconds": "0",
      "events.entered_after": "0", "events.left_after": "0",
      "checkpoint.every_samples": "0", "checkpoint.every_seconds": "0", "checkpoint.keep_hourly": "0",
      "checkpoint.keep_daily": "0",
    ]
  }

  func nextNotifyPath() -> String {
    started.withLock {
      $0 += 1
      return "\(temporary.path)/notify-\($0)"
    }
  }

  /// The newest checkpoint in the state directory.
  func newestModel() throws -> Model? {
    var store = try CheckpointStore(directory: state)
    return try store.newest().checkpoint?.model
  }

  var checkpointNames: [String] {
    get throws { try CheckpointStore(directory: state).entries().map(\.name) }
  }
}

/// The model that these messages make, learned here without any daemon.
func model(_ messages: [String], _ configuration: LearnerConfiguration = LearnerConfiguration()) throws -> Model {
  var model = Model(configuration)
  try model.learn(messages)
  return model
}

extension Model {
  /// Learns the messages as a daemon does that receives them one by one.
  mutating func learn(_ messages: [String]) throws {
    let decoder = SampleDecoder(loss: configuration.loss)!
    var batch = SampleBatch()
    for message in messages {
      let bytes = Array(message.utf8)
      try decoder.decode(bytes.span, for: .learn, into: &batch, dictionary: &space)
      learn(batch)
    }
  }
}

/// Messages of one or more samples, JSON and text, decided by the seed.
func messages(_ count: Int, seed: UInt64, loss: Loss = .squared) -> [String] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in
    func target() -> String {
      if loss.isClassification { return generator.pick(["0", "1"]) }
      return String(Double.random(in: (loss == .poisson ? 0 : -5)...5, using: &generator))
    }
    func value() -> String { String(Float.random(in: -2...2, using: &generator)) }
    let name = generator.pick(["sleep", "hw", "größe", "a b", "f\(Int.random(in: 0..<40, using: &generator))"])
    let json = "{\"y\": \(target()), \"x\": {\"\(name)\": \(value()), \"bias\": 1}}"
    return switch Int.random(in: 0..<3, using: &generator) {
    case 0: json
    case 1: "[\(json), {\"y\": \(target()), \"x\": [\(value()), \(value())], \"weight\": 2}]"
    default: "\(loss.isClassification ? generator.pick(["-1", "1"]) : target()) |ns a:\(value()) b c:\(value())"
    }
  }
}
