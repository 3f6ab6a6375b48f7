internal import ModelStore
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol

/// What another thread wants to see the model for.
enum SnapshotUse {
  case publication
  /// For those who look on, where nothing is published.
  case observation
  /// To know which features are active already.
  case baseLine
  case checkpoint
  case stats(Envelope)
  case coefficients(CoefficientsQuestion, AskedQuestion)
  /// To predict or explain samples.
  case samples(SampleInquiry, Envelope)
}

/// Who waits for a snapshot. One is taken at a time.
struct SnapshotState {
  /// Who gets the one that is being taken, each by being called with it.
  var takers: [(ModelSnapshot) -> Void] = []
  /// Those who asked when the model had gone on: they get the next.
  var waiting: [SnapshotUse] = []
  /// Whether the model changes no more, so that it need not be copied.
  var modelIsFinal = false
}

/// The engine copies a large model piece by piece, in its turns, so that no message waits for it. A small one is copied in
/// one piece.
extension Engine {
  /// How many bytes are copied in a turn: a fifth of a millisecond's work, or less.
  private static let snapshotBytes = 512 << 10

  /// Hands a snapshot of the model as it is now, or as it is later, to another thread once it is complete.
  func takeSnapshot(for use: SnapshotUse, now: Double) {
    if snapshots.modelIsFinal {
      taker(for: use, now: now)?(ModelSnapshot(model))
    } else if model.isTakingSnapshot, !model.snapshotIsCurrent {
      snapshots.waiting.append(use)
    } else if let taker = taker(for: use, now: now) {
      snapshots.takers.append(taker)
      if !model.isTakingSnapshot { stream.beginSnapshot() }
      continueSnapshot()
    }
  }

  /// Copies some more of the snapshot that is being taken, if one is.
  func continueSnapshot(copying bytes: Int = Engine.snapshotBytes) {
    guard model.isTakingSnapshot, let snapshot = stream.continueSnapshot(copying: bytes) else { return }
    let takers = snapshots.takers
    snapshots.takers = []
    for take in takers { take(snapshot) }
    let waiting = snapshots.waiting
    snapshots.waiting = []
    for use in waiting { takeSnapshot(for: use, now: monotonicSeconds()) }
  }

  /// Hands over all snapshots that were asked for. The model must not change any more.
  func finishSnapshots() {
    while model.isTakingSnapshot { continueSnapshot(copying: .max) }
    snapshots.modelIsFinal = true
  }

  /// Who gets the snapshot, with all that is to be known besides the model as of now.
  ///
  /// - Returns: nil where the answer has been given already.
  private func taker(for use: SnapshotUse, now: Double) -> ((ModelSnapshot) -> Void)? {
    let (publisher, writer) = (publisher, writer)
    let reading = reading(now: now)
    switch use {
    case .publication:
      return { publisher.publish(EngineSnapshot(model: $0, reading: reading)) }
    case .observation:
      return { publisher.observe(EngineSnapshot(model: $0, reading: reading)) }
    case .baseLine:
      return { publisher.begin(with: $0) }
    case .checkpoint:
      let (sequences, delayed, overrides) = (stream.state.sequences, stream.state.delayed, stream.state.overrides)
      let position = stream.state.position
      checkpoints.positionInHand = position
      // Where the journal lacks messages already, a checkpoint is what makes up for them, the sooner the better.
      guard let journalWriter, journal.problem == nil else {
        return { writer.write($0, sequences, delayed, overrides, position: position) }
      }
      handOverMessages()
      // Were the checkpoint damaged, the journal would have a hole if it did not lead up to it.
      return { model in
        journalWriter.afterWriting { writer.write(model, sequences, delayed, overrides, position: position) }
      }
    case .stats(let envelope):
      return { publisher.answer(.stats, to: envelope, EngineSnapshot(model: $0, reading: reading)) }
    case .samples(let inquiry, let envelope):
      return { publisher.answer(.samples(inquiry), to: envelope, EngineSnapshot(model: $0, reading: reading)) }
    case .coefficients(let question, let asked):
      do throws(QueryFailure) {
        var named: [Int]?
        // A few names are looked up here: a snapshot that was copied has to be made to find any.
        if let names = question.names, asked.ticket == nil { named = try model.space.indices(of: names) }
        let question = Publisher.Question.coefficients(question, named: named, asked.ticket)
        return { publisher.answer(question, to: asked.envelope, EngineSnapshot(model: $0, reading: reading)) }
      } catch {
        mailbox.put(.answer(asked.envelope, [encodedFailure(error)]))
        return nil
      }
    }
  }
}

extension FeatureSpace {
  /// - Throws: `unknownFeature` for names that the model does not know.
  func indices(of names: [String]) throws(QueryFailure) -> [Int] {
    var indices: [Int] = []
    var unknown: [String] = []
    for name in names {
      if let index = index(of: name) { indices.append(Int(index)) } else { unknown.append(name) }
    }
    guard unknown.isEmpty else {
      let listed = unknown.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ")
      throw QueryFailure(.unknownFeature, "the model knows no feature \(listed)\(unknown.count > 10 ? ", …" : "")")
    }
    return indices
  }
}
