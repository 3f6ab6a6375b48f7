public import ModelStore
internal import OnlineLearning
internal import SampleFormats

/// Learns the messages of a journal again, as the daemon did that accepted them.
public struct StreamReplay {
  /// What is there by now; nil where neither a state was given nor a segment has come.
  public private(set) var state: StreamLearner.State?
  /// The time of the message learned last.
  public private(set) var time: Double?
  /// Called with the position of each message that was learned.
  public var learned: (UInt64) -> Void = { _ in }
  /// How many samples were learned.
  public private(set) var samples: UInt64 = 0
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
    let settings = try settings(header.settings, "of a segment", directory)
    if learner?.settings == settings { return }
    let before = learner?.state ?? state
    learner = nil
    state = nil
    guard let learner = StreamLearner(settings, before?.under(settings) ?? StreamLearner.State(settings)) else {
      throw StreamReplay.noMemory(directory)
    }
    self.learner = learner
  }

  /// - Parameter whose: for people.
  private func settings(
    _ text: String, _ whose: String, _ directory: String
  ) throws(StoreError) -> LearningSettings {
    var settings: LearningSettings
    do {
      settings = try LearningSettings(text: text)
    } catch {
      throw .damaged(path: directory, problem: "the settings \(whose) cannot be read: \(error)")
    }
    override(&settings)
    return settings
  }

  private static func noMemory(_ directory: String) -> StoreError {
    .system(call: "malloc", path: directory, code: 12)
  }

  private mutating func learn(_ record: JournalRecord, _ directory: String) throws(StoreError) {
    guard let kind = MessageKind(rawValue: record.kind) else {
      throw .damaged(
        path: directory,
        problem: "message \(record.position) is of kind \(record.kind), which this whittle does not know")
    }
    // Taken out, so that it is changed in place.
    guard var learner = learner.take() else { return }
    defer { self.learner = learner }
    switch kind {
    case .learn, .answer:
      do throws(SampleError) {
        try record.withFrames { (frames) throws(SampleError) in _ = try learner.accept(frames, for: kind.purpose) }
      } catch {
        throw .damaged(
          path: directory,
          problem: "message \(record.position), which was accepted, cannot be learned again: \(error.message)")
      }
      samples += UInt64(learner.learn(predicts: kind == .answer, at: record.time).learned)
    case .settings:
      let text = String(decoding: record.frames.first ?? [], as: UTF8.self)
      let settings = try settings(text, "of message \(record.position)", directory)
      guard learner.mayGoOn(under: settings) else {
        throw .damaged(
          path: directory, problem: "message \(record.position) changes settings that a model cannot change")
      }
      guard learner.change(settings) else { throw StreamReplay.noMemory(directory) }
    case .reset:
      guard learner.reset() else { throw StreamReplay.noMemory(directory) }
    }
    learner.goOn(after: record.position)
    time = record.time
    learned(record.position)
  }
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
