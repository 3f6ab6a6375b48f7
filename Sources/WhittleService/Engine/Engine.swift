internal import FoundationEssentials
internal import Logging
internal import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// Owns the model: receives, decodes, learns, answers, and hands out snapshots.
///
/// Threading contract: an engine is created, run and ended on one thread; other threads reach it by its mailbox only.
/// No lock guards the model because nothing else touches it.
final class Engine {
  /// With where each came from.
  private(set) var loaded: LoadedSettings
  private(set) var settings: Settings
  let mailbox: Mailbox<EngineLetter>
  let publisher: Publisher
  /// Nil where nobody looks on.
  let telemetry: Telemetry?
  let writer: CheckpointWriter
  /// Nil where there is no journal.
  let journalWriter: JournalWriter?
  /// Who may send and ask.
  let doors: Doors
  let logger: Logger
  /// Reads the configuration when somebody asks for it.
  let reloader: ConfigurationReloader
  /// Tells whoever supervises the daemon that this thread gets on.
  var watchdog: Watchdog
  var ingest: IngestSockets
  let query: Socket
  /// Every endpoint in full, by setting.
  let endpoints: [String: [String]]
  private(set) var configuration: ConfigurationReport

  var stream: StreamLearner
  let clock: StreamClock
  /// The time by which samples of this turn come.
  private(set) var streamTime: Double
  /// The highest numbers of messages that were rejected, and that the next of their sources may follow nevertheless.
  var passedOver: [[UInt8]: UInt64] = [:]
  var counters = StreamCounters()
  var measurements = EngineMeasurements()
  var queues: QueueWatch
  var rejects: RejectLog
  /// Holds back events about rejected messages.
  var rejectEvents: RateLimit
  var roomEvents = RoomEvents()
  var gapEvents = GapEvents()
  /// The problem that subscribers were told of last, until they were told that it is over.
  var toldProblem: String?
  let message = Message()
  /// What was asked last.
  let question = Message()
  var questions: SampleQuestions
  let questionRoom: QuestionRoom
  var questionWatch = QuestionWatch()

  var poller: Poller
  let startTime: Double
  var rate: RateMeter
  var publication: Recurrence
  /// For whoever looks on, where publications are rare.
  var observation: Recurrence
  /// When the publisher was given the snapshot that it is at.
  var publisherBusySince: Double?
  var publisherHasEnded = false
  var publisherFailure: ZeroMQError?
  private(set) var isStopping = false
  var checkpoints: CheckpointState
  var journal: JournalState
  /// Messages accepted since the last were handed to the journal's thread, of which the last had position `handedOver`.
  var journalBatch = JournalBatch()
  var handedOver: UInt64
  /// When that was.
  var handedOverAt = 0.0
  /// The settings that decide what messages make of the model, for the journal.
  private(set) var journalSettings: String
  /// Answers to messages that wait for the journal.
  var held = HeldAnswers()
  /// Answers to questions that wait for the journal.
  var heldReplies = HeldAnswers()
  var journalHasEnded = false
  var snapshots = SnapshotState()
  var divergence = DivergenceWatch()
  /// Nil where nothing watches over the loss.
  var drift: LossDrift?
  var readingCadence: ReadingCadence
  /// The target of the sample learned last.
  var lastTarget: Double?

  /// Opens the sockets.
  ///
  /// - Throws: the setting's key and the reason, where an endpoint cannot be opened.
  init(
    _ recovered: Recovered, settings: LoadedSettings, published: [String],
    mailbox: Mailbox<EngineLetter>, publisher: Publisher, writer: CheckpointWriter, journalWriter: JournalWriter?,
    telemetry: Telemetry?, shown: [String], reloader: ConfigurationReloader, notifier: SystemdNotifier, doors: Doors,
    logger: Logger
  ) throws(DaemonError) {
    guard let stream = StreamLearner(settings.learning, recovered.state),
      let questions = SampleQuestions(settings.learning)
    else { throw .outOfMemory }
    self.stream = stream
    self.questions = questions
    questionRoom = QuestionRoom(limit: 4 * settings.settings.limits.messageBytes)
    clock = StreamClock(after: recovered.time)
    streamTime = clock.now
    let model = recovered.state.model
    loaded = settings
    self.settings = settings.settings
    self.mailbox = mailbox
    self.publisher = publisher
    self.telemetry = telemetry
    self.writer = writer
    self.journalWriter = journalWriter
    journal = JournalState(
      after: recovered.state.position, checkpointed: recovered.checkpointPosition ?? 0,
      lacksMessages: recovered.lacksMessages)
    handedOver = recovered.state.position
    journalSettings = try Engine.text(settings.learning)
    self.doors = doors
    self.logger = logger
    self.reloader = reloader
    watchdog = Watchdog(notifier)
    rejects = RejectLog(logger)
    rejectEvents = RateLimit(perSecond: Double(settings.settings.rejectsPerSecond))
    ingest = try IngestSockets(settings.settings, doors)
    let (query, queryEndpoints) = try Engine.openQuery(settings.settings, doors)
    self.query = query
    let others = ["query.bind": queryEndpoints, "publish.bind": published, "http.bind": shown]
    endpoints = ingest.endpoints.merging(others) { $1 }
    configuration = settings.report(endpoints: endpoints)
    queues = QueueWatch(ingest.sockets, now: streamTime)
    poller = Poller(ingest.sockets + [query], wake: mailbox.wake)
    startTime = monotonicSeconds()
    rate = RateMeter(now: startTime)
    publication = Recurrence(settings.settings.publishEvery, step: model.steps, now: startTime)
    observation = Recurrence(
      Engine.observationCadence(isWatched: telemetry != nil || notifier.isHeard), step: model.steps, now: startTime)
    readingCadence = ReadingCadence(step: model.steps, now: startTime)
    checkpoints = CheckpointState(
      settings.settings.checkpointEvery, step: model.steps, now: startTime, newest: recovered.checkpoint,
      position: recovered.checkpointPosition)
    beginJournal()
    beginWatchingDrift()
    // What has been learned already is no news.
    if model.steps > 0 { takeSnapshot(for: .baseLine, now: startTime) }
    if recovered.isOutdated { writeCheckpoint(now: startTime) }
    if let telemetry {
      // Here, so that whoever sees that the daemon is ready gets figures.
      let snapshot = EngineSnapshot(model: ModelSnapshot(model), reading: reading(now: startTime))
      let values = snapshot.model.learner.coefficients()
      telemetry.take(configuration)
      telemetry.take(snapshot, snapshot.stats(values), values)
    }
    tellHealth()
  }

  private static func text(_ settings: LearningSettings) throws(DaemonError) -> String {
    do {
      return try settings.text()
    } catch {
      throw .contradiction("the settings cannot be put into words: \(error)")
    }
  }

  /// Read it, and change it by learning only.
  var model: Model { _read { yield stream.state.model } }

  /// Goes on under other settings.
  func adopt(_ loaded: LoadedSettings, for journal: String) {
    self.loaded = loaded
    settings = loaded.settings
    configuration = loaded.report(endpoints: endpoints)
    telemetry?.take(configuration)
    journalSettings = journal
  }

  /// The model is another one, which has learned nothing.
  func beginAnew(now: Double) {
    publication.restart(step: model.steps, now: now)
    observation.restart(step: model.steps, now: now)
    checkpoints.recurrence.restart(step: model.steps, now: now)
    readingCadence = ReadingCadence(step: model.steps, now: now)
    divergence = DivergenceWatch()
    beginWatchingDrift()
    lastTarget = nil
  }

  private static func openQuery(
    _ settings: Settings, _ doors: Doors
  ) throws(DaemonError) -> (Socket, [String]) {
    do throws(ZeroMQError) {
      let socket = try Socket(.router, in: doors.engineContext)
      try doors.prepare(socket, as: .query, in: doors.engineContext)
      try socket.set(.maximumMessageSize(settings.limits.messageBytes))
      try socket.set(.linger(500))
      var endpoints: [String] = []
      for endpoint in settings.queryBind { endpoints.append(try doors.bind(socket, to: endpoint)) }
      return (socket, endpoints)
    } catch {
      throw .endpoint(key: "query.bind", error)
    }
  }

  /// Learns until a `stop` letter comes, then drains, writes a last checkpoint and returns.
  ///
  /// - Throws: when libzmq fails, or the last checkpoint could not be written.
  func run() throws(DaemonError) {
    do throws(ZeroMQError) {
      while !isStopping {
        try turn(waitingAtMost: nil)
      }
      try drain()
    } catch {
      // Sockets that fail are no reason to lose what was learned.
      logger.critical("receiving failed; saving the model", metadata: ["error": "\(error)"])
      try finish()
      throw .messaging(error)
    }
    try finish()
  }

  /// One round: wait if there is nothing to do, then give every socket its turn, and do what is due.
  ///
  /// - Returns: whether any sample message came.
  @discardableResult
  func turn(waitingAtMost limit: Int?) throws(ZeroMQError) -> Bool {
    var received = false
    beginWork()
    for socket in ingest.sockets where try takeTurn(socket) { received = true }
    let asked = try answerQueries()
    if !received && !asked {
      try wait(milliseconds: min(limit ?? .max, millisecondsToNextDeadline()))
      for socket in ingest.sockets where try takeTurn(socket) { received = true }
      try answerQueries()
    }
    for letter in mailbox.takeAll() { try read(letter) }
    doWhatIsDue(now: monotonicSeconds())
    continueSnapshot()
    return received
  }

  /// The time at which the work of now begins.
  private func beginWork() {
    let now = monotonicSeconds()
    streamTime = clock.time(at: now)
    telemetry?.heartbeat.work(since: now)
    watchdog.turned(now: now)
  }

  /// Waits until a socket that messages are taken from has one, or something else comes.
  private func wait(milliseconds: Int) throws(ZeroMQError) {
    let open = ingest.sockets.filter { takesMessages(from: $0) }
    // Sockets that are passed over would end the wait at once.
    let poller = open.count == ingest.sockets.count ? poller : Poller(open + [query], wake: mailbox.wake)
    telemetry?.heartbeat.rest()
    _ = try poller.wait(milliseconds: milliseconds)
    beginWork()
    queues.waited(for: open, now: streamTime)
  }

  func read(_ letter: EngineLetter) throws(ZeroMQError) {
    switch letter {
    case .stop: isStopping = true
    case .answer(let envelope, let answer): try send(answer, to: envelope)
    case .reload(let new): try reload(new)
    case .asked(let request, let asked): try answerLarge(request, asked)
    case .published: publisherEndedJob(now: monotonicSeconds())
    case .publisherEnded(let failure):
      publisherHasEnded = true
      publisherFailure = failure
      // Without it nobody hears of the model any more: save it, and let whoever supervises the daemon start it anew.
      if failure != nil { isStopping = true }
    case .checkpointed(let result): try checkpointEnded(result)
    case .journaled(let progress): try journalProgressed(progress)
    case .journalEnded: journalHasEnded = true
    }
  }

  private func doWhatIsDue(now: Double) {
    if readingCadence.isDue(step: model.steps, now: now) { watchDivergence(now: now) }
    watchDrift()
    if publication.isDue(step: model.steps, now: now), !isAheadOfDisk { publish(now: now) }
    if observation.isDue(step: model.steps, now: now), !isAheadOfDisk { observe(now: now) }
    retryJournal(now: now)
    if checkpoints.recurrence.isDue(step: model.steps, now: now) { writeCheckpointIfChanged(now: now) }
  }

  /// Milliseconds until something is due by time, rounded up so that the wait does not end just before it.
  private func millisecondsToNextDeadline() -> Int {
    if model.isTakingSnapshot { return 0 }
    let now = monotonicSeconds()
    // What waits for another thread becomes due again when that thread's letter comes.
    let times = [
      publisherBusySince != nil || isAheadOfDisk ? nil : publication.secondsLeft(now: now),
      publisherBusySince != nil || isAheadOfDisk ? nil : observation.secondsLeft(now: now),
      checkpoints.isBusy ? nil : checkpoints.recurrence.secondsLeft(now: now),
      readingCadence.secondsLeft(step: model.steps, now: now), journal.secondsToRetry(now: now),
      watchdog.secondsLeft(now: now), secondsToHandOver(now: now),
    ]
    let seconds = times.compactMap { $0 }.min() ?? 3600
    return Int(max(0, min(seconds, 3600) * 1000).rounded(.up))
  }
}
