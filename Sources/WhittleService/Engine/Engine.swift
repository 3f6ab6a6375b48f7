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
  let writer: CheckpointWriter
  /// Nil where there is no journal.
  let journalWriter: JournalWriter?
  let logger: Logger
  var ingest: IngestSockets
  let query: Socket
  /// Every endpoint in full, by setting.
  let endpoints: [String: [String]]
  private(set) var configuration: ConfigurationReport

  var stream: StreamLearner
  private let clock: StreamClock
  /// The time by which samples of this turn come.
  private(set) var streamTime: Double
  /// The highest numbers of messages that were rejected, and that the next of their sources may follow nevertheless.
  var passedOver: [[UInt8]: UInt64] = [:]
  var counters = StreamCounters()
  var rejects: RejectLog
  /// Holds back events about rejected messages.
  var rejectEvents: RateLimit
  var roomEvents = RoomEvents()
  let message = Message()
  /// What was asked last.
  let question = Message()
  var questions: SampleQuestions
  let questionRoom: QuestionRoom

  var poller: Poller
  private let startTime: Double
  private var rate: RateMeter
  private var publication: Recurrence
  private var publisherIsBusy = false
  var publisherHasEnded = false
  var publisherFailure: ZeroMQError?
  private var isStopping = false
  var checkpoints: CheckpointState
  var journal: JournalState
  /// Messages accepted since the last were handed to the journal's thread, of which the last had position `handedOver`.
  var journalBatch = JournalBatch()
  var handedOver: UInt64
  /// The settings that decide what messages make of the model, for the journal.
  private(set) var journalSettings: String
  /// Answers to messages that wait for the journal.
  var held = HeldAnswers()
  /// Answers to questions that wait for the journal.
  var heldReplies = HeldAnswers()
  var journalHasEnded = false
  var snapshots = SnapshotState()
  var divergence = DivergenceWatch()
  var readingCadence: ReadingCadence
  /// The target of the sample learned last.
  var lastTarget: Double?

  /// How many messages one socket may hand over before the others get their turn.
  private static let turn = 256
  /// After how much work, within a turn, questions are looked for: a sample counts 1, and a message 4 besides.
  private static let workBetweenQuestions = 128

  /// Opens the sockets.
  ///
  /// - Throws: the setting's key and the reason, where an endpoint cannot be opened.
  init(
    _ recovered: Recovered, settings: LoadedSettings, published: [String],
    mailbox: Mailbox<EngineLetter>, publisher: Publisher, writer: CheckpointWriter, journalWriter: JournalWriter?,
    logger: Logger,
    in context: Context
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
    self.writer = writer
    self.journalWriter = journalWriter
    journal = JournalState(
      after: recovered.state.position, checkpointed: recovered.checkpointPosition ?? 0,
      lacksMessages: recovered.lacksMessages)
    handedOver = recovered.state.position
    journalSettings = try Engine.text(settings.learning)
    self.logger = logger
    rejects = RejectLog(logger)
    rejectEvents = RateLimit(perSecond: Double(settings.settings.rejectsPerSecond))
    ingest = try IngestSockets(settings.settings, in: context)
    let (query, queryEndpoints) = try Engine.openQuery(settings.settings, in: context)
    self.query = query
    endpoints = ingest.endpoints.merging(["query.bind": queryEndpoints, "publish.bind": published]) { $1 }
    configuration = settings.report(endpoints: endpoints)
    poller = Poller(ingest.sockets + [query], wake: mailbox.wake)
    startTime = monotonicSeconds()
    rate = RateMeter(now: startTime)
    publication = Recurrence(settings.settings.publishEvery, step: model.steps, now: startTime)
    readingCadence = ReadingCadence(step: model.steps, now: startTime)
    checkpoints = CheckpointState(
      settings.settings.checkpointEvery, step: model.steps, now: startTime, newest: recovered.checkpoint,
      position: recovered.checkpointPosition)
    beginJournal()
    if recovered.isOutdated { writeCheckpoint(now: startTime) }
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
    journalSettings = journal
  }

  /// The model is another one, which has learned nothing.
  func beginAnew(now: Double) {
    publication.restart(step: model.steps, now: now)
    checkpoints.recurrence.restart(step: model.steps, now: now)
    readingCadence = ReadingCadence(step: model.steps, now: now)
    divergence = DivergenceWatch()
    lastTarget = nil
  }

  private static func openQuery(
    _ settings: Settings, in context: Context
  ) throws(DaemonError) -> (Socket, [String]) {
    do throws(ZeroMQError) {
      let socket = try Socket(.router, in: context)
      try socket.set(.maximumMessageSize(settings.limits.messageBytes))
      try socket.set(.linger(500))
      var endpoints: [String] = []
      for endpoint in settings.queryBind { endpoints.append(try socket.listen(on: endpoint)) }
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
    streamTime = clock.now
    for socket in ingest.sockets where try takeTurn(socket) { received = true }
    let asked = try answerQueries()
    if !received && !asked {
      try wait(milliseconds: min(limit ?? .max, millisecondsToNextDeadline()))
      streamTime = clock.now
      for socket in ingest.sockets where try takeTurn(socket) { received = true }
      try answerQueries()
    }
    for letter in mailbox.takeAll() { try read(letter) }
    doWhatIsDue(now: monotonicSeconds())
    continueSnapshot()
    return received
  }

  /// Waits until a socket that messages are taken from has one, or something else comes.
  private func wait(milliseconds: Int) throws(ZeroMQError) {
    let open = ingest.sockets.filter { takesMessages(from: $0) }
    // Sockets that are passed over would end the wait at once.
    let poller = open.count == ingest.sockets.count ? poller : Poller(open + [query], wake: mailbox.wake)
    _ = try poller.wait(milliseconds: milliseconds)
  }

  /// Takes a turn's worth of messages, where any may be taken, and hands them to the journal.
  func takeTurn(_ socket: Socket) throws(ZeroMQError) -> Bool {
    guard takesMessages(from: socket) else { return false }
    let received = try receive(from: socket)
    handOverMessages()
    return received
  }

  /// Takes a turn's worth of messages.
  private func receive(from socket: Socket) throws(ZeroMQError) -> Bool {
    var work = 0
    for count in 0..<Engine.turn {
      guard try message.receive(from: socket, waiting: .never) else { return count > 0 }
      let steps = model.steps
      if socket === ingest.router { try learnAndAnswer(over: socket) } else { learnMessage() }
      // Only the count is looked at here; the clock is read once a turn.
      if publication.isDue(step: model.steps), !isAheadOfDisk { publish(now: monotonicSeconds()) }
      if readingCadence.isDue(step: model.steps) { watchDivergence(now: monotonicSeconds()) }
      if checkpoints.recurrence.isDue(step: model.steps) { writeCheckpointIfChanged(now: monotonicSeconds()) }
      // Who asks need not wait for a whole turn.
      work += 4 + Int(model.steps - steps)
      if work >= Engine.workBetweenQuestions {
        work = 0
        try answerQueries()
      }
    }
    return true
  }

  /// Learns the samples of the message just received, all or none.
  private func learnMessage() {
    counters.messages += 1
    do throws(SampleError) {
      guard message.count <= message.capacity else { throw SampleDecoder.wrongFrames(message.count) }
      _ = try learnMessage(from: 0, predicts: false)
    } catch {
      reject(outOfTurn(error), payload: message.count - 1)
    }
  }

  /// Learns the samples of the message just received, all or none, and counts them.
  ///
  /// - Parameters:
  ///   - first: the first frame that is its sender's own.
  ///   - predicts: whether predictions are wanted.
  /// - Throws: what is wrong with it; then nothing has changed.
  func learnMessage(from first: Int, predicts: Bool) throws(SampleError) -> MessageOutcome {
    let kind = predicts ? MessageKind.answer : .learn
    // The closure below may not read what changes belongs to `self`, of which the stream is a part.
    let passedOver = passedOver
    try message.withFrames(from: first) { (frames) throws(SampleError) in
      let isKept = try stream.accept(frames, for: kind.purpose) { (label, last) throws(SampleError) in
        if let error = missing(before: label, last: last, passedOver) { throw error }
      }
      if isKept { keep(frames, kind) }
    }
    if let label = stream.label { forgetPassedOver(label) }
    let outcome = stream.learn(predicts: predicts, at: streamTime)
    tell(outcome.room)
    lastTarget = outcome.lastTarget ?? lastTarget
    counters.samples += UInt64(outcome.learned)
    counters.unlearned += UInt64(outcome.unlearned)
    counters.unmatched += UInt64(outcome.unmatched)
    counters.duplicates += UInt64(outcome.duplicates.count)
    return outcome
  }

  func read(_ letter: EngineLetter) throws(ZeroMQError) {
    switch letter {
    case .stop: isStopping = true
    case .answer(let envelope, let answer): try send(answer, to: envelope)
    case .asked(let request, let asked): try answerLarge(request, asked)
    case .published: publisherIsBusy = false
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
    if publication.isDue(step: model.steps, now: now), !isAheadOfDisk { publish(now: now) }
    retryJournal(now: now)
    if checkpoints.recurrence.isDue(step: model.steps, now: now) { writeCheckpointIfChanged(now: now) }
  }

  /// Milliseconds until something is due by time, rounded up so that the wait does not end just before it.
  private func millisecondsToNextDeadline() -> Int {
    if model.isTakingSnapshot { return 0 }
    let now = monotonicSeconds()
    // What waits for another thread becomes due again when that thread's letter comes.
    let times = [
      publisherIsBusy || isAheadOfDisk ? nil : publication.secondsLeft(now: now),
      checkpoints.isBusy ? nil : checkpoints.recurrence.secondsLeft(now: now),
      readingCadence.secondsLeft(step: model.steps, now: now), journal.secondsToRetry(now: now),
    ]
    let seconds = times.compactMap { $0 }.min() ?? 3600
    return Int(max(0, min(seconds, 3600) * 1000).rounded(.up))
  }

  /// What other threads are told besides the model.
  func reading(now: Double) -> EngineReading {
    EngineReading(
      sequences: stream.state.sequences,
      delayed: Stats.Delayed(
        waiting: stream.state.delayed.count, matched: stream.state.delayed.counts.matched,
        forgotten: stream.state.delayed.counts.forgotten,
        unmatched: counters.unmatched), counters: counters,
      samplesPerSecond: rate.rate(now: now, count: counters.samples),
      uptimeSeconds: now - startTime, health: problem == nil ? .ok : .degraded,
      problem: problem, diverging: divergence.isDiverging, checkpoint: checkpoints.newest(now: now),
      journal: journalStats)
  }

  /// Why the daemon is degraded, if it is.
  private var problem: String? { journal.problem ?? checkpoints.problem }

  /// Publishes, or leaves it for when the publisher is free: it never queues more than one.
  func publish(now: Double) {
    guard !publisherIsBusy else { return }
    publisherIsBusy = true
    publication.restart(step: model.steps, now: now)
    takeSnapshot(for: .publication, now: now)
  }
}
