internal import FoundationEssentials
internal import Logging
internal import ModelStore
internal import SampleFormats
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// The messages that were accepted, on their way to the journal, and the answers that wait for them.
extension Engine {
  /// Bytes after which messages are handed over in the middle of a turn: in writes of this size the disk costs least.
  private static let handOverBytes = 1 << 20
  /// Fewer wait so long for others, where nobody waits for them: waking the journal's thread costs more than writing does.
  private static let handOverSeconds = 0.005

  /// Begins a journal, or the next attempt at one.
  func beginJournal() {
    guard let journalWriter else { return }
    let position = stream.state.position
    let (attempt, hasGap) = journal.begin(after: position)
    handedOver = position
    // A segment's first batch has phase 0, and there are no messages from before.
    journalBatch.removeAll(keepingCapacity: true)
    let header = JournalHeader(settings: journalSettings, needsCheckpoint: hasGap)
    journalWriter.begin(attempt: attempt, at: position + 1, covered: checkpoints.lastWrittenPosition ?? 0, header)
  }

  /// Keeps the message just accepted, which will have the next position.
  func keep(_ frames: Span<UnsafeRawBufferPointer>, _ kind: MessageKind) {
    guard journal.isOpen else { return }
    // Less than 4 GB together, as a record is to have: a topic has at most what its socket takes, 2 GiB, and all else at most
    // limits.message_bytes, 1 GiB.
    journalBatch.append(
      position: stream.state.position + 1, time: streamTime, kind: kind.rawValue, frames: frames, from: 0)
    if journalBatch.byteCount >= Engine.handOverBytes { handOverMessages() }
  }

  /// Hands over the messages that were kept, if it is time.
  func handOverMessagesWhenDue() {
    if let seconds = secondsToHandOver(now: monotonicSeconds()), seconds <= 0 { handOverMessages() }
  }

  /// Seconds until messages have to be handed over; nil where there are none.
  func secondsToHandOver(now: Double) -> Double? {
    if journalBatch.isEmpty { return nil }
    if settings.journal.sync == .always || held.count > 0 { return 0 }
    return max(0, handedOverAt + Engine.handOverSeconds - now)
  }

  /// Hands the messages that were kept to the journal's thread.
  func handOverMessages() {
    guard let journalWriter, let last = journalBatch.last else { return }
    let batch = journalBatch
    journalBatch = journalWriter.emptyBatch(phase: batch.nextPhase)
    if journal.isOpen {
      journalWriter.append(consume batch)
      handedOver = last
      handedOverAt = monotonicSeconds()
    }
  }

  /// How far it is; nil where there is none.
  var journalStats: Stats.Journal? {
    guard let journalWriter else { return nil }
    // Asked for here, since letters come only where somebody waits for them.
    let report = journalWriter.progress
    var state = journal
    _ = state.record(report, now: 0)
    return Stats.Journal(
      position: stream.state.position, written: state.safe(.journaled), synchronized: state.safe(.durable),
      heldAnswers: held.count)
  }

  /// Whether messages are taken: not while those before them have to be synced first, or the disk is far behind.
  func takesMessages(from socket: Socket) -> Bool {
    if socket === ingest.router, held.isFull { return false }
    guard let journalWriter, journal.isOpen else { return true }
    return !isAheadOfDisk && !journalWriter.isFull
  }

  /// Whether what was learned last is not on disk and has to be, before anyone hears of it.
  var isAheadOfDisk: Bool {
    settings.journal.sync == .always && journal.isOpen && handedOver > journal.synchronized
  }

  /// The journal's thread has got further, or has failed.
  func journalProgressed(_ progress: JournalProgress) throws(ZeroMQError) {
    switch journal.record(progress, now: monotonicSeconds()) {
    case nil: break
    case .recovered: tellRecovered()
    case .failed(let error):
      journalBatch = JournalBatch()
      logger.error(
        """
        degraded: the journal could not be written; learning goes on, and nothing more is acknowledged as safe until a \
        checkpoint is written
        """, metadata: ["error": "\(error)"])
    }
    tellHealth()
    try releaseAnswers()
  }

  /// A checkpoint covers the messages up to `position`; those up to `removable` are not needed any more.
  func journalCovered(through position: UInt64, removing removable: UInt64) throws(ZeroMQError) {
    if journal.recordCheckpoint(position) == .recovered { tellRecovered() }
    // The disk works again.
    if journal.failure != nil { beginJournal() }
    journalWriter?.removeCovered(through: removable)
    try releaseAnswers()
  }

  private func tellRecovered() {
    logger.notice("recovered: checkpoint and journal hold every message again")
  }

  /// Tries again to have a journal, and the checkpoint that it needs after a gap.
  func retryJournal(now: Double) {
    guard let seconds = journal.secondsToRetry(now: now), seconds <= 0 else { return }
    journal.postpone(now: now)
    if !journal.isOpen { beginJournal() }
    if !checkpoints.isBusy { writeCheckpoint(now: now) }
  }

  /// Answers a message of samples, once it is as safe as its sender wants it.
  func answer(_ answer: [UInt8], to envelope: Envelope, over socket: Socket) throws(ZeroMQError) {
    if settings.ingest.routerAcknowledge == .accepted { return try send([answer], to: envelope, over: socket) }
    // Also where the message itself changed nothing: what it tells of the ones before it has to be true after a crash.
    held.hold(answer, to: envelope, until: stream.state.position)
  }

  /// Sends the answers whose messages are safe.
  func releaseAnswers() throws(ZeroMQError) {
    try releaseReplies()
    guard held.count > 0, let router = ingest.router else { return }
    let safe = journal.safe(settings.ingest.routerAcknowledge)
    while let (envelope, answer) = held.next(safe: safe) { try send([answer], to: envelope, over: router) }
  }
}
