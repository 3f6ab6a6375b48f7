internal import Logging
internal import ModelStore
internal import OperatingThreads
internal import Synchronization
internal import ZeroMQ

/// How far the journal has come.
struct JournalProgress: Sendable, Equatable {
  /// Which of the engine's attempts at a journal this is about.
  var attempt = 0
  /// The last message that is written, and the last that is synced.
  var written: UInt64 = 0
  var synchronized: UInt64 = 0
  /// Why the attempt has come to its end, if it has.
  var failure: StoreError?
}

/// The thread that writes the journal and syncs it, so that the engine never waits for a disk.
final class JournalWriter: Sendable {
  private enum Job: Sendable {
    case begin(attempt: Int, first: UInt64, covered: UInt64, JournalHeader)
    case append(Parcel)
    case act(@Sendable () -> Void)
    case change(settings: String)
    case removeCovered(through: UInt64)
    case stop
  }

  /// A batch on its way, of which there is never a second copy: filling in a shared one would copy all of it.
  private final class Parcel: Sendable {
    private let batch: Mutex<JournalBatch?>

    init(_ batch: consuming sending JournalBatch) { self.batch = Mutex(batch) }

    func take() -> JournalBatch { batch.withLock { $0.take() } ?? JournalBatch() }
  }

  private let jobs: Mailbox<Job>
  private let engine: Mailbox<EngineLetter>
  private let settings: Settings.Journal
  private let logger: Logger
  /// Bytes handed over that the disk has not taken yet.
  private let waitingBytes = Atomic<Int>(0)
  /// Whether the engine waits until there are fewer.
  private let isAwaited = Atomic<Bool>(false)
  /// Batches that are written, to be filled again: their memory is there already.
  private let spare = Mutex<[JournalBatch]>([])
  private struct Latest {
    var progress = JournalProgress()
    /// Whether the engine wants to hear of any, always or for now.
    var isReported: Bool
    var isAwaited = false

    init(isReported: Bool = false) { self.isReported = isReported }
  }

  /// How far the thread has come.
  private let latest: Mutex<Latest>
  /// Comes when the thread has ended and closed its files.
  let ended = Completion<Void>()

  /// So many are kept, of so many bytes.
  private static let spareCount = 4
  private static let largestSpare = 2 << 20

  init(
    _ settings: Settings.Journal, reportsProgress: Bool, engine: Mailbox<EngineLetter>, logger: Logger
  ) throws(ZeroMQError) {
    jobs = try Mailbox()
    self.settings = settings
    latest = Mutex(Latest(isReported: reportsProgress))
    self.engine = engine
    self.logger = logger
  }

  /// Begins a segment, and with it an attempt; a `journaled` letter follows.
  ///
  /// - Parameter covered: of the messages that a checkpoint covers, the last.
  func begin(attempt: Int, at first: UInt64, covered: UInt64, _ header: JournalHeader) {
    jobs.put(.begin(attempt: attempt, first: first, covered: covered, header))
  }

  /// Writes messages to the segment begun last, unless that has failed.
  func append(_ batch: consuming sending JournalBatch) {
    waitingBytes.add(batch.byteCount, ordering: .relaxed)
    jobs.put(.append(Parcel(batch)))
  }

  /// Runs `act` on the journal's thread once all that was handed over is written, and synced unless `journal.sync` is `none`; or
  /// will never be, because the attempt has failed.
  func afterWriting(_ act: @escaping @Sendable () -> Void) { jobs.put(.act(act)) }

  /// How far the thread has come.
  var progress: JournalProgress { latest.withLock { $0.progress } }

  /// How far the thread has come; from here on a letter comes whenever it has got further.
  func awaitProgress() -> JournalProgress {
    latest.withLock {
      $0.isAwaited = true
      return $0.progress
    }
  }

  func stopAwaitingProgress() { latest.withLock { $0.isAwaited = false } }

  /// Segments that are begun from here on say that their messages were accepted under these settings.
  func change(settings: String) { jobs.put(.change(settings: settings)) }

  /// An empty batch.
  ///
  /// - Parameter phase: that of its first record.
  func emptyBatch(phase: Int) -> JournalBatch {
    guard var batch = spare.withLock({ $0.popLast() }) else { return JournalBatch(phase: phase) }
    batch.removeAll(keepingCapacity: true, phase: phase)
    return batch
  }

  /// Removes what a checkpoint covers.
  func removeCovered(through position: UInt64) { jobs.put(.removeCovered(through: position)) }

  /// Ends the thread once all that was asked for is done, and synced.
  func stop() { jobs.put(.stop) }

  /// Whether the disk is so far behind that no more may be handed over. A letter comes when it has caught up.
  var isFull: Bool {
    if waitingBytes.load(ordering: .relaxed) <= settings.bufferBytes { return false }
    isAwaited.store(true, ordering: .sequentiallyConsistent)
    // It may have caught up before it could see that it is waited for.
    return waitingBytes.load(ordering: .sequentiallyConsistent) > settings.bufferBytes
  }

  /// - Parameter directory: the state directory; a daemon whose state directory is gone makes none.
  func start(_ directory: String, on files: any FileSystem) throws(DaemonError) {
    try OperatingThread.start(named: "whittle-journal", fulfilling: ended) { [self] in
      let poller = Poller([], wake: jobs.wake)
      var state = State { [settings] () throws(StoreError) in
        _ = try files.names(in: directory)
        return try Journal(
          directory: Journal.directory(in: directory), on: files, segmentBytes: settings.segmentBytes)
      }
      while true {
        do throws(ZeroMQError) {
          _ = try poller.wait(milliseconds: state.millisecondsToSync(settings, now: monotonicSeconds()))
        } catch {
          // Without its wake-up the thread could only spin; the engine hears of what it misses through its acknowledgements.
          logger.critical("the journal cannot wait for work", metadata: ["error": "\(error)"])
        }
        let before = state.progress
        var isStopping = false
        for job in jobs.takeAll() {
          switch job {
          case .begin(let attempt, let first, let covered, let header): state.begin(attempt, first, covered, header)
          case .append(let parcel): append(parcel.take(), &state)
          case .act(let act):
            if settings.sync != .none { state.synchronize() }
            act()
          case .change(let settings): state.change(settings: settings)
          case .removeCovered(let position): removeCovered(position, &state)
          case .stop: isStopping = true
          }
        }
        if isStopping || state.isSyncDue(settings, now: monotonicSeconds()) { state.synchronize() }
        report(state.progress, before: before)
        if isStopping {
          // Whoever asks for nothing until then wants to know how it ended.
          engine.put(.journaled(state.progress))
          state.close()
          engine.put(.journalEnded)
          return
        }
      }
    }
  }

  private func append(_ batch: consuming JournalBatch, _ state: inout State) {
    let bytes = batch.byteCount
    var batch = batch
    state.append(&batch, now: monotonicSeconds())
    if bytes <= JournalWriter.largestSpare {
      batch.removeAll(keepingCapacity: true)
      spare.withLock { if $0.count < JournalWriter.spareCount { $0.append(batch) } }
    }
    waitingBytes.subtract(bytes, ordering: .sequentiallyConsistent)
  }

  /// What cannot be removed costs space, not messages: it is logged, and tried again after the next checkpoint.
  private func removeCovered(_ position: UInt64, _ state: inout State) {
    do throws(StoreError) {
      _ = try state.journal?.removeCovered(through: position, keeping: settings.keepBytes)
    } catch {
      logger.error("old journal files could not be removed", metadata: ["error": "\(error)"])
    }
  }

  private func report(_ progress: JournalProgress, before: JournalProgress) {
    let reportsProgress = latest.withLock {
      $0.progress = progress
      return $0.isReported || $0.isAwaited
    }
    let isNews = progress.attempt != before.attempt || progress.failure != before.failure
    let isAwaited =
      waitingBytes.load(ordering: .sequentiallyConsistent) <= settings.bufferBytes
      && isAwaited.exchange(false, ordering: .sequentiallyConsistent)
    if isNews || isAwaited || reportsProgress && progress != before { engine.put(.journaled(progress)) }
  }

  /// What the thread knows.
  private struct State {
    /// Nil until its directory could be opened.
    private(set) var journal: Journal?
    private(set) var progress = JournalProgress()
    private let open: () throws(StoreError) -> Journal
    /// When the first message was written that is not synced yet.
    private var unsyncedSince: Double?

    init(_ open: @escaping () throws(StoreError) -> Journal) {
      self.open = open
    }

    mutating func begin(_ attempt: Int, _ first: UInt64, _ covered: UInt64, _ header: JournalHeader) {
      // What came before may not be durable until this has succeeded.
      progress = JournalProgress(attempt: attempt)
      unsyncedSince = nil
      // Its directory may be gone, with all that was in it.
      if attempt > 1 { journal = nil }
      attemptTo { (journal) throws(StoreError) in try journal.begin(at: first, covered: covered, header: header) }
      if progress.failure == nil { (progress.written, progress.synchronized) = (first - 1, first - 1) }
    }

    /// All that matters was synced, or said to have failed, before.
    func close() { try? journal?.close() }

    func change(settings: String) { journal?.change(settings: settings) }

    mutating func append(_ batch: inout JournalBatch, now: Double) {
      if progress.failure != nil { return }
      attemptTo { (journal) throws(StoreError) in try journal.append(&batch) }
      if progress.synchronized < progress.written, unsyncedSince == nil { unsyncedSince = now }
    }

    mutating func synchronize() {
      if progress.failure != nil || progress.synchronized == progress.written { return }
      attemptTo { (journal) throws(StoreError) in try journal.synchronize() }
      unsyncedSince = nil
    }

    /// After a failure the attempt is over: what was written since the last sync may be there or not.
    private mutating func attemptTo(_ act: (Journal) throws(StoreError) -> Void) {
      do throws(StoreError) {
        if journal == nil { journal = try open() }
        guard let journal else { return }
        try act(journal)
        progress.written = max(progress.written, journal.written)
        progress.synchronized = max(progress.synchronized, journal.synchronized)
      } catch {
        progress.failure = error
      }
    }

    func isSyncDue(_ settings: Settings.Journal, now: Double) -> Bool {
      switch settings.sync {
      case .always: true
      case .interval: unsyncedSince.map { now - $0 >= settings.intervalSeconds } ?? false
      case .none, .off: false
      }
    }

    /// -1 where none is due by time.
    func millisecondsToSync(_ settings: Settings.Journal, now: Double) -> Int {
      guard settings.sync == .interval, let unsyncedSince else { return -1 }
      return Int(max(0, min(unsyncedSince + settings.intervalSeconds - now, 3600) * 1000).rounded(.up))
    }
  }
}
