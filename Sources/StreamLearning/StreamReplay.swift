internal import FoundationEssentials
public import ModelStore
internal import OnlineLearning
public import SampleFormats

/// Learns the messages of a journal again, as the daemon did that accepted them.
public struct StreamReplay {
  /// What is there by now; nil where neither a state was given nor a segment has come.
  public private(set) var state: StreamLearner.State?
  /// The time of the message learned last.
  public private(set) var time: Double?
  /// What is different from the settings that messages were accepted under.
  private let override: (inout LearningSettings) -> Void
  private var learner: StreamLearner?

  /// - Parameters:
  ///   - state: what there is before the first message; nil for a model that has learned nothing, under the settings of the
  ///     first segment.
  ///   - override: changes the settings that messages were accepted under, to learn them differently.
  public init(
    after state: StreamLearner.State?, override: @escaping (inout LearningSettings) -> Void = { _ in }
  ) {
    self.state = state
    self.override = override
  }

  /// Learns all messages of a journal that the state has not learned.
  ///
  /// - Parameter pastDamage: whether to go on without the messages that are damaged.
  /// - Returns: what was read, and what was given up.
  /// - Throws: `damaged` where messages are missing in the middle, or one that was accepted is refused now; the call that
  ///   failed.
  /// - Complexity: O(bytes of the journal)
  public mutating func run(
    _ directory: String, on files: any FileSystem, pastDamage: Bool
  ) throws(StoreError) -> JournalReport {
    let position = state?.position ?? 0
    let report: JournalReport
    do {
      report = try Journal.replay(
        directory: directory, on: files, after: position, pastDamage: pastDamage,
        segment: { try begin($0, directory) }, record: { try learn($0, directory) })
    } catch let error as StoreError {
      throw error
    } catch {
      // Neither reading nor learning throws anything else.
      throw .damaged(path: directory, problem: "\(error)")
    }
    if let learner { state = learner.state }
    return report
  }

  /// Goes on under a segment's settings.
  private mutating func begin(_ header: JournalHeader, _ directory: String) throws(StoreError) {
    var settings: LearningSettings
    do {
      settings = try JSONDecoder().decode(LearningSettings.self, from: Data(header.settings.utf8))
    } catch {
      throw .damaged(path: directory, problem: "the settings of a segment cannot be read: \(error)")
    }
    override(&settings)
    if learner?.settings == settings { return }
    let before = learner?.state ?? state
    learner = nil
    state = nil
    guard let learner = StreamLearner(settings, before?.under(settings) ?? StreamLearner.State(settings)) else {
      throw .system(call: "malloc", path: directory, code: 12)
    }
    self.learner = learner
  }

  private mutating func learn(_ record: JournalRecord, _ directory: String) throws(StoreError) {
    guard let kind = MessageKind(rawValue: record.kind) else {
      throw .damaged(
        path: directory,
        problem: "message \(record.position) is of kind \(record.kind), which this whittle does not know")
    }
    do throws(SampleError) {
      // Taken out, so that it is changed in place.
      guard var learner = learner.take() else { return }
      defer { self.learner = learner }
      try record.withFrames { (frames) throws(SampleError) in _ = try learner.accept(frames, for: kind.purpose) }
      _ = learner.learn(predicts: kind == .answer, at: record.time)
      learner.goOn(after: record.position)
      time = record.time
    } catch {
      throw .damaged(
        path: directory,
        problem: "message \(record.position), which was accepted, cannot be learned again: \(error.message)")
    }
  }
}

/// How a message was taken in, for the journal.
public enum MessageKind: UInt8, Sendable {
  case learn = 0
  case answer = 1

  public var purpose: SampleDecoder.Purpose { self == .answer ? .answer : .learn }
}

extension JournalRecord {
  /// Lends the frames.
  fileprivate func withFrames(
    _ body: (Span<UnsafeRawBufferPointer>) throws(SampleError) -> Void
  ) throws(SampleError) {
    let all = frames.flatMap { $0 }
    try all.span.bytes.withUnsafeBytes { (bytes) throws(SampleError) in
      var start = 0
      var lent: [UnsafeRawBufferPointer] = []
      for frame in frames {
        lent.append(.init(rebasing: bytes[start..<start + frame.count]))
        start += frame.count
      }
      try body(lent.span)
    }
  }
}
