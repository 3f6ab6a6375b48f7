internal import Logging
internal import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import WhittleProtocol
internal import ZeroMQ

/// Owns the model: receives, decodes, learns, answers, and hands out snapshots.
///
/// Threading contract: an engine is created, run and ended on one thread; other threads reach it by its mailbox only.
/// No lock guards the model because nothing else touches it.
final class Engine {
  let settings: Settings
  let mailbox: Mailbox<EngineLetter>
  let publisher: Publisher
  let writer: CheckpointWriter
  let logger: Logger
  var ingest: IngestSockets
  let query: Socket
  /// Every endpoint in full, by setting.
  let endpoints: [String: [String]]
  let configuration: ConfigurationReport

  var model: Model
  /// How far the sources that number their samples have got.
  var sequences: SourceSequences
  /// Whether that differs from what the writer was last given.
  var hasNewSequences = false
  /// The highest numbers of messages that were rejected, and that the next of their sources may follow nevertheless.
  var passedOver: [[UInt8]: UInt64] = [:]
  let decoder: SampleDecoder
  var batch = SampleBatch()
  /// Rows to be learned that follow each other, where samples have ids, and the margins that were given out for them.
  var stretch = SampleBatch()
  var given: [Double] = []
  /// Samples that wait for their targets.
  var delayed: DelayedSamples
  var counters = StreamCounters()
  var rejects: RejectLog
  /// Holds back events about rejected messages.
  var rejectEvents: RateLimit
  var roomEvents = RoomEvents()
  let message = Message()
  /// The margins of the batch's rows, where they are answered.
  var margins: [Double] = []

  private var poller: Poller
  private let startTime: Double
  private var rate: RateMeter
  private var publication: Recurrence
  private var publisherIsBusy = false
  private var publisherHasEnded = false
  private var publisherFailure: ZeroMQError?
  private var isStopping = false
  var checkpoints: CheckpointState
  var divergence = DivergenceWatch()
  var readingCadence: ReadingCadence
  /// The target of the sample learned last.
  var lastTarget: Double?

  /// How many messages one socket may hand over before the others get their turn.
  private static let turn = 256
  /// While draining, quiet for this long means that nothing more is on its way. Milliseconds.
  private static let quiet = 150

  /// Opens the sockets.
  ///
  /// - Throws: the setting's key and the reason, where an endpoint cannot be opened.
  init(
    _ model: Model, _ sequences: SourceSequences, restored: Stats.Checkpoint?, settings: LoadedSettings,
    published: [String],
    mailbox: Mailbox<EngineLetter>, publisher: Publisher, writer: CheckpointWriter, logger: Logger,
    in context: Context
  ) throws(DaemonError) {
    var limits = settings.settings.limits
    // A model that knows more than it may today keeps it, and new features take the places of some.
    limits.features = max(limits.features, model.space.count)
    let decoder = SampleDecoder(
      loss: settings.settings.learner.loss, limits: limits, fields: settings.settings.json,
      interactions: settings.settings.features.interactions)
    guard let decoder else { throw .outOfMemory }
    self.model = model
    self.sequences = sequences
    self.settings = settings.settings
    self.mailbox = mailbox
    self.publisher = publisher
    self.writer = writer
    self.logger = logger
    self.decoder = decoder
    delayed = DelayedSamples(settings.settings.delayed)
    decoder.keepsIdentified = settings.settings.delayed.samples > 0
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
      settings.settings.checkpointEvery, step: model.steps, now: startTime, newest: restored)
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
  private func turn(waitingAtMost limit: Int?) throws(ZeroMQError) -> Bool {
    var received = false
    for socket in ingest.sockets where try receive(from: socket) { received = true }
    let asked = try answerQueries()
    if !received && !asked {
      _ = try poller.wait(milliseconds: min(limit ?? .max, millisecondsToNextDeadline()))
      for socket in ingest.sockets where try receive(from: socket) { received = true }
      try answerQueries()
    }
    for letter in mailbox.takeAll() { try read(letter) }
    doWhatIsDue(now: monotonicSeconds())
    return received
  }

  /// Takes a turn's worth of messages.
  private func receive(from socket: Socket) throws(ZeroMQError) -> Bool {
    for count in 0..<Engine.turn {
      guard try message.receive(from: socket, waiting: .never) else { return count > 0 }
      if socket === ingest.router { try learnAndAnswer(over: socket) } else { learnMessage() }
      // Only the count is looked at here; the clock is read once a turn.
      if publication.isDue(step: model.steps) { publish(now: monotonicSeconds()) }
      if readingCadence.isDue(step: model.steps) { watchDivergence(now: monotonicSeconds()) }
      if checkpoints.recurrence.isDue(step: model.steps) { writeCheckpointIfChanged(now: monotonicSeconds()) }
    }
    return true
  }

  /// Learns the samples of the message just received, all or none.
  private func learnMessage() {
    counters.messages += 1
    do throws(SampleError) {
      guard message.count <= message.capacity else { throw SampleDecoder.wrongFrames(message.count) }
      try message.withFrames { (frames) throws(SampleError) in
        try decoder.decode(
          frames, format: settings.ingest.format, for: .learn, into: &batch, dictionary: &model.space)
      }
      _ = try learnInTurn(predicts: false)
    } catch {
      reject(outOfTurn(error), payload: message.count - 1)
    }
  }

  private func read(_ letter: EngineLetter) throws(ZeroMQError) {
    switch letter {
    case .stop: isStopping = true
    case .answer(let envelope, let answer): try send(answer, to: envelope)
    case .published: publisherIsBusy = false
    case .publisherEnded(let failure):
      publisherHasEnded = true
      publisherFailure = failure
      // Without it nobody hears of the model any more: save it, and let whoever supervises the daemon start it anew.
      if failure != nil { isStopping = true }
    case .checkpointed(let result): try checkpointEnded(result)
    }
  }

  private func doWhatIsDue(now: Double) {
    if readingCadence.isDue(step: model.steps, now: now) { watchDivergence(now: now) }
    if publication.isDue(step: model.steps, now: now) { publish(now: now) }
    if checkpoints.recurrence.isDue(step: model.steps, now: now) { writeCheckpointIfChanged(now: now) }
  }

  /// Milliseconds until something is due by time, rounded up so that the wait does not end just before it.
  private func millisecondsToNextDeadline() -> Int {
    let now = monotonicSeconds()
    // What waits for another thread becomes due again when that thread's letter comes.
    let times = [
      publisherIsBusy ? nil : publication.secondsLeft(now: now),
      checkpoints.isBusy ? nil : checkpoints.recurrence.secondsLeft(now: now),
      readingCadence.secondsLeft(step: model.steps, now: now),
    ]
    let seconds = times.compactMap { $0 }.min() ?? 3600
    return Int(max(0, min(seconds, 3600) * 1000).rounded(.up))
  }

  /// A look at the model for other threads. Storage is shared until the model changes.
  func snapshot(now: Double) -> EngineSnapshot {
    EngineSnapshot(
      model: model, sequences: sequences,
      delayed: Stats.Delayed(
        waiting: delayed.count, matched: delayed.counts.matched, forgotten: delayed.counts.forgotten,
        unmatched: counters.unmatched), counters: counters,
      samplesPerSecond: rate.rate(now: now, count: counters.samples),
      uptimeSeconds: now - startTime, health: checkpoints.problem == nil ? .ok : .degraded,
      problem: checkpoints.problem, diverging: divergence.isDiverging, checkpoint: checkpoints.newest(now: now))
  }

  /// Publishes, or leaves it for when the publisher is free: it never queues more than one.
  private func publish(now: Double) {
    guard !publisherIsBusy else { return }
    publisherIsBusy = true
    publication.restart(step: model.steps, now: now)
    publisher.publish(snapshot(now: now))
  }

  /// Learns what was received before the signal to stop, until nothing comes any more or time is up.
  private func drain() throws(ZeroMQError) {
    logger.info("stopping: learning what was received")
    var now = monotonicSeconds()
    let end = now + settings.drainSeconds
    if let router = ingest.router {
      // What is not answered was not learned, and its sender knows that: there is no waiting for what is on its way.
      while now < end, try receive(from: router) { now = monotonicSeconds() }
    }
    try ingest.stopListening()
    poller = Poller(ingest.sockets + [query], wake: mailbox.wake)
    var lastReceived = now
    while now < end {
      if try turn(waitingAtMost: Engine.quiet) { lastReceived = monotonicSeconds() }
      now = monotonicSeconds()
      if (now - lastReceived) * 1000 >= Double(Engine.quiet) { return }
    }
    logger.warning("samples are still coming in, and shutdown.drain_seconds are over")
  }

  /// Publishes a last time, and waits until the last checkpoint is durable.
  private func finish() throws(DaemonError) {
    let now = monotonicSeconds()
    publisher.publish(snapshot(now: now))
    publisher.stop()
    do throws(ZeroMQError) {
      // Answers that it still had to put into words are sent on the way.
      while !publisherHasEnded { try waitForLetters() }
      // One that is being written may be older than the model.
      while checkpoints.isBusy { try waitForLetters() }
      if checkpoints.problem != nil || checkpoints.lastWrittenStep != model.steps || hasNewSequences {
        writeCheckpoint(now: now)
        while checkpoints.isBusy { try waitForLetters() }
      }
    } catch {
      throw .messaging(error)
    }
    writer.stop()
    if let failure = checkpoints.lastFailure { throw .lastCheckpoint(failure) }
    if let publisherFailure { throw .messaging(publisherFailure) }
    logger.info("stopped", metadata: ["step": "\(model.steps)", "samples": "\(counters.samples)"])
  }

  private func waitForLetters() throws(ZeroMQError) {
    // Samples that come now are for the next start; only letters end this wait.
    _ = try Poller([], wake: mailbox.wake).wait(milliseconds: -1)
    for letter in mailbox.takeAll() { try read(letter) }
  }
}
