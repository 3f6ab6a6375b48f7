internal import Foundation
internal import ModelStore
internal import OnlineLearning
internal import Synchronization

/// How long messages wait for each other while checkpoints are made: a loop that does what the engine's turn does, one
/// message in each.
struct PauseBenchmark {
  private let messages: StoreMessages
  private let rounds: Int
  private let directory: String

  /// As the engine's.
  private static let bytesPerTurn = 512 << 10
  /// Seconds.
  private static let bar = 1e-3
  private static let shares = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1)]

  static func names(_ bits: Int) -> [String] {
    shares.flatMap { ["2^\(bits) pause \($0.0)", "2^\(bits) pause \($0.0) without"] }
  }

  init(_ messages: StoreMessages, rounds: Int, directory: String) {
    (self.messages, self.rounds, self.directory) = (messages, rounds, directory)
  }

  func results() throws -> [Result] {
    let (with, without) = try pauses()
    return PauseBenchmark.shares.flatMap { name, share in
      [(with, ""), (without, " without")].map { pauses, suffix in
        Result(
          name: "2^\(messages.bits) pause \(name)\(suffix)", unit: .seconds,
          figure: pauses[min(pauses.count - 1, Int(Double(pauses.count) * share))], comparison: nil,
          bar: name == "p99.9" && suffix.isEmpty ? .atMost(PauseBenchmark.bar) : nil)
      }
    }
  }

  /// - Returns: the seconds from one message to the next, ascending: while checkpoints are made, and for as many messages
  ///   without.
  private func pauses() throws -> ([Double], [Double]) {
    let writer = try Writer("\(directory)/pause-2^\(messages.bits)")
    // Nobody else may hold its storage.
    var model = messages.model.unshared()
    var next = 0
    func learn(_ model: inout Model) {
      model.learn(messages.batches[next])
      next = (next + 1) % messages.batches.count
    }
    let clock = ContinuousClock()
    var pauses: (with: [Double], without: [Double]) = ([], [])
    var begun = 0
    var last = clock.now
    func end(_ pauses: inout [Double]) {
      let now = clock.now
      pauses.append((now - last) / .seconds(1))
      last = now
    }
    // One more, which does not count: memory is asked for the first time.
    while begun <= rounds || model.isTakingSnapshot || writer.isBusy {
      if begun <= rounds, !model.isTakingSnapshot, !writer.isBusy {
        if begun == 1 { pauses.with.removeAll(keepingCapacity: true) }
        begun += 1
        model.beginSnapshot()
      }
      if model.isTakingSnapshot, let snapshot = model.continueSnapshot(copying: PauseBenchmark.bytesPerTurn) {
        writer.write(snapshot)
      }
      learn(&model)
      end(&pauses.with)
    }
    try writer.stop()
    last = clock.now
    for _ in 0..<pauses.with.count {
      learn(&model)
      end(&pauses.without)
    }
    return (pauses.with.sorted(), pauses.without.sorted())
  }

  /// The thread that makes checkpoints durable.
  private final class Writer: Sendable {
    private struct State {
      var snapshot: ModelSnapshot?
      var isBusy = false
      var isStopping = false
      var failure: (any Error)?
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let stopped = DispatchSemaphore(value: 0)

    init(_ directory: String) throws {
      let store = try CheckpointStore(directory: directory)
      Thread.detachNewThread { [self] in
        var store = store
        run(&store)
        stopped.signal()
      }
    }

    private func run(_ store: inout CheckpointStore) {
      while true {
        wake.wait()
        let (snapshot, isStopping) = state.withLock { ($0.snapshot.take(), $0.isStopping) }
        if isStopping { return }
        do {
          if let snapshot { _ = try store.write(Checkpoint(snapshot, time: 0)) }
          _ = try store.retain(Retention(newest: 1, hourly: 0, daily: 0))
        } catch {
          state.withLock { $0.failure = error }
        }
        state.withLock { $0.isBusy = false }
      }
    }

    var isBusy: Bool { state.withLock { $0.isBusy } }

    func write(_ snapshot: ModelSnapshot) {
      state.withLock { ($0.snapshot, $0.isBusy) = (snapshot, true) }
      wake.signal()
    }

    func stop() throws {
      state.withLock { $0.isStopping = true }
      wake.signal()
      stopped.wait()
      if let failure = state.withLock({ $0.failure }) { throw failure }
    }
  }
}

extension Model {
  /// A copy that shares no weights with this model.
  fileprivate func unshared() -> Model {
    var copy = self
    copy.beginSnapshot()
    while true {
      if let snapshot = copy.continueSnapshot(copying: .max) { return snapshot.model }
    }
  }
}
