internal import ModelStore

/// What the engine knows of its journal. A pure state: the engine asks it and tells it.
///
/// An attempt at a journal ends with the first failure: nobody knows then what the disk has of it. Messages are learned all
/// the same. The next attempt counts for nothing until a checkpoint covers the messages that no journal has.
struct JournalState {
  /// What a report changed.
  enum Change: Equatable {
    case failed(StoreError)
    case recovered
  }

  /// How many attempts there were.
  private(set) var attempt = 0
  /// Why there is no journal at the moment, if there should be one.
  private(set) var failure: StoreError?
  /// Of the messages that no journal has, the last, until a checkpoint covers it.
  private(set) var gapEnd: UInt64?
  /// Why the attempt before failed, until this one has begun.
  private var failureBefore: StoreError?
  private var progress = JournalProgress()
  /// Of the messages that earlier journals hold, the last.
  private let recovered: UInt64
  /// Of the messages that checkpoints cover, the last.
  private var checkpointed: UInt64
  /// What was written, and synced, before the gap.
  private var writtenBeforeGap: UInt64 = 0
  private var synchronizedBeforeGap: UInt64 = 0
  private var retryTime = 0.0
  private var retryDelay = JournalState.firstDelay

  /// Seconds.
  private static let firstDelay = 0.5
  private static let longestDelay = 30.0

  /// - Parameters:
  ///   - position: of the messages that a checkpoint covers or an earlier journal holds, the last.
  ///   - checkpointed: of the messages that a checkpoint covers, the last.
  ///   - lacksMessages: whether messages between the two are missing, so that another start might not get as far.
  init(after position: UInt64, checkpointed: UInt64, lacksMessages: Bool = false) {
    recovered = position
    self.checkpointed = checkpointed
    if lacksMessages { gapEnd = position }
  }

  /// Why the daemon is degraded, if it is.
  var problem: String? {
    if let failure = failure ?? failureBefore {
      return
        "the journal could not be written: \(failure); messages since are in memory only until a checkpoint is written"
    }
    return gapEnd == nil ? nil : "the journal is written again, but lacks messages until a checkpoint is written"
  }

  /// Whether messages are to be handed to the journal.
  var isOpen: Bool { attempt > 0 && failure == nil }

  /// A new attempt begins, after the message at `position`.
  ///
  /// - Returns: its number, and whether the journal lacks messages before it.
  mutating func begin(after position: UInt64) -> (attempt: Int, hasGap: Bool) {
    attempt += 1
    if failure != nil, position > max(checkpointed, recovered) { gapEnd = position }
    failureBefore = failure ?? failureBefore
    failure = nil
    // What an earlier journal holds is durable only once the attempt has begun.
    let durable = gapEnd == nil ? min(position, checkpointed) : position
    progress = JournalProgress(attempt: attempt, written: durable, synchronized: durable)
    return (attempt, gapEnd != nil)
  }

  mutating func record(_ report: JournalProgress, now: Double) -> Change? {
    // What an attempt has to say that is over does not matter any more.
    guard report.attempt == attempt, failure == nil else { return nil }
    progress = report
    guard let cause = report.failure else {
      if failureBefore == nil { return nil }
      failureBefore = nil
      return recoveredIfWhole()
    }
    if gapEnd == nil {
      writtenBeforeGap = max(writtenBeforeGap, report.written)
      synchronizedBeforeGap = max(synchronizedBeforeGap, report.synchronized)
    }
    failure = cause
    retryTime = now + retryDelay
    retryDelay = min(retryDelay * 2, JournalState.longestDelay)
    return .failed(cause)
  }

  mutating func recordCheckpoint(_ position: UInt64) -> Change? {
    checkpointed = max(checkpointed, position)
    guard let end = gapEnd, checkpointed >= end else { return nil }
    gapEnd = nil
    return recoveredIfWhole()
  }

  private mutating func recoveredIfWhole() -> Change? {
    guard failure == nil, failureBefore == nil, gapEnd == nil else { return nil }
    retryDelay = JournalState.firstDelay
    return .recovered
  }

  /// Of the messages that are as safe as asked for, the last. Those before it are, too.
  func safe(_ acknowledgement: Settings.Acknowledgement) -> UInt64 {
    let isWhole = gapEnd == nil && failure == nil
    switch acknowledgement {
    case .accepted: return .max
    case .journaled: return max(checkpointed, isWhole ? progress.written : writtenBeforeGap)
    case .durable: return max(checkpointed, isWhole ? progress.synchronized : synchronizedBeforeGap)
    }
  }

  /// Of the messages of this attempt that are synced, the last.
  var synchronized: UInt64 { progress.synchronized }

  /// Seconds until the next attempt, or until a checkpoint is to be tried again; nil where nothing is wrong.
  func secondsToRetry(now: Double) -> Double? {
    problem == nil ? nil : max(0, retryTime - now)
  }

  /// The next try is some time away.
  mutating func postpone(now: Double) {
    retryTime = now + retryDelay
    retryDelay = min(retryDelay * 2, JournalState.longestDelay)
  }
}
