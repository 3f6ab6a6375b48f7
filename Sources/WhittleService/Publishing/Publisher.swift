internal import Logging
internal import OnlineLearning
internal import OperatingThreads
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// The thread that puts snapshots into words: it owns the socket of subscribers, and words the answers that are too long for the
/// engine to stop for.
final class Publisher: Sendable {
  /// A question whose answer takes a look at every feature, or at many samples.
  enum Question: Sendable {
    /// The indices of the features that it names, where they are known; and the room that a large question takes up.
    case coefficients(CoefficientsQuestion, named: [Int]?, QuestionRoom.Ticket?)
    case stats
    case samples(SampleInquiry)
  }

  private enum Job: Sendable {
    case publish(EngineSnapshot)
    case observe(EngineSnapshot)
    case begin(ModelSnapshot)
    case event(Event)
    case answer(Question, Envelope, EngineSnapshot)
    case goOn(String, limit: Int?, Envelope)
    case read(AskedQuestion)
    case adopt(Settings)
    case stop
  }

  /// Seconds between two status lines for systemd, at least.
  private static let statusInterval = 1.0

  private let jobs: Mailbox<Job>
  private let engine: Mailbox<EngineLetter>
  private let notifier: SystemdNotifier
  private let logger: Logger
  /// Nil where nobody looks on.
  private let telemetry: Telemetry?
  /// As of the start.
  private let settings: Settings
  /// Comes when the thread has ended and closed its socket.
  let ended = Completion<Void>()

  init(
    engine: Mailbox<EngineLetter>, notifier: SystemdNotifier, settings: Settings, telemetry: Telemetry?, logger: Logger
  ) throws(ZeroMQError) {
    self.telemetry = telemetry
    self.settings = settings
    jobs = try Mailbox()
    self.engine = engine
    self.notifier = notifier
    self.logger = logger
  }

  /// Publishes the snapshot's coefficients and stats; a `published` letter follows.
  func publish(_ snapshot: EngineSnapshot) { jobs.put(.publish(snapshot)) }

  /// Shows the snapshot to those who look on, and publishes nothing; a `published` letter follows.
  func observe(_ snapshot: EngineSnapshot) { jobs.put(.observe(snapshot)) }
  /// Takes a model for one whose active features everyone knows.
  func begin(with model: ModelSnapshot) { jobs.put(.begin(model)) }

  /// Publishes the event.
  func publish(_ event: Event) { jobs.put(.event(event)) }

  /// Answers a question from the snapshot; an `answer` letter follows.
  func answer(_ question: Question, to envelope: Envelope, _ snapshot: EngineSnapshot) {
    jobs.put(.answer(question, envelope, snapshot))
  }

  /// Answers with the next part of what was asked for in parts; an `answer` letter follows.
  ///
  /// - Parameter limit: how long the part is; nil for as long as those before.
  func goOn(_ cursor: String, limit: Int?, to envelope: Envelope) { jobs.put(.goOn(cursor, limit: limit, envelope)) }

  /// Reads a large question; an `asked` letter follows, or an `answer` letter where something is wrong with it.
  func read(_ question: AskedQuestion) { jobs.put(.read(question)) }

  /// Goes on under other settings, as far as they may change.
  func adopt(_ settings: Settings) { jobs.put(.adopt(settings)) }

  /// Ends the thread once all that was asked for is done.
  func stop() { jobs.put(.stop) }

  /// Starts the thread, which binds the socket.
  ///
  /// - Returns: the endpoints in full.
  func start(_ endpoints: [String], _ doors: Doors) async throws(DaemonError) -> [String] {
    let opened = Completion<Result<[String], ZeroMQError>>()
    try OperatingThread.start(named: "whittle-publish", fulfilling: ended) { [self] in
      do throws(ZeroMQError) {
        let socket = try PublishSocket(
          endpoints, highWaterMark: settings.publishing.sendHighWaterMark, doors, logger: logger)
        opened.fulfill(.success(socket.endpoints))
        try run(socket)
        engine.put(.publisherEnded(nil))
      } catch {
        opened.fulfill(.failure(error))
        engine.put(.publisherEnded(error))
        logger.error("the publisher stopped", metadata: ["error": "\(error)"])
      }
    }
    switch await opened.value() {
    case .success(let bound): return bound
    case .failure(let error): throw .endpoint(key: "publish.bind", error)
    }
  }

  private func run(_ socket: PublishSocket) throws(ZeroMQError) {
    let poller = Poller([socket.socket], wake: jobs.wake)
    var lastStatus = -Double.infinity
    var pages = CoefficientPages()
    var settings = settings
    var activeSet = ActiveSetWatch(ActiveSetWatch.Rule(settings.events))
    var forms = CoefficientForms(settings.publishing)
    while true {
      // What nobody asks for any more is let go of in time, also where nothing else is to be done.
      let now = monotonicSeconds()
      let left = [pages.secondsLeft(now: now), socket.secondsLeft(now: now)].compactMap { $0 }.min()
      _ = try poller.wait(milliseconds: left.map { Int($0 * 1000) + 1 } ?? -1)
      pages.expire(now: monotonicSeconds())
      try serveLateSubscribers(socket, forms)
      for job in jobs.takeAll() {
        switch job {
        case .stop: return
        case .publish(let snapshot):
          let stats = try publish(snapshot, &forms, &activeSet, socket)
          engine.put(.published)
          tellStatus(stats, &lastStatus)
        case .observe(let snapshot):
          let values = snapshot.model.learner.coefficients()
          let stats = snapshot.stats(values)
          telemetry?.take(snapshot, stats, values)
          engine.put(.published)
          tellStatus(stats, &lastStatus)
        case .begin(let model): activeSet.begin(with: ActiveSetWatch.Look(model, model.learner.coefficients()))
        case .event(let event):
          if event.kind == .modelReset { activeSet.reset() }
          try socket.publish(.event, event)
          telemetry?.take(event)
        case .answer(let question, let envelope, let snapshot):
          engine.put(.answer(envelope, answer(question, snapshot, settings, &pages)))
        case .goOn(let cursor, let limit, let envelope):
          engine.put(.answer(envelope, answer(cursor, limit, &pages)))
        case .read(let question): read(question, for: engine)
        case .adopt(let new):
          // Another form begins with all coefficients.
          if new.publishing != settings.publishing { forms = CoefficientForms(new.publishing) }
          activeSet.follow(ActiveSetWatch.Rule(new.events))
          settings = new
        }
      }
    }
  }

  /// Tells systemd, unless it was told just now.
  private func tellStatus(_ stats: Stats, _ last: inout Double) {
    let now = monotonicSeconds()
    guard now - last >= Publisher.statusInterval else { return }
    notifier.status(statusLine(stats))
    last = now
  }

  private func publish(
    _ snapshot: EngineSnapshot, _ forms: inout CoefficientForms, _ activeSet: inout ActiveSetWatch,
    _ socket: PublishSocket
  ) throws(ZeroMQError) -> Stats {
    let values = snapshot.model.learner.coefficients()
    for event in activeSet.events(snapshot.model, values, now: monotonicSeconds()) { publish(event) }
    let stats = snapshot.stats(values)
    for message in forms.messages(snapshot.model, values, deltas: socket.sequence(of: .coefficientsDelta)) {
      try publish(message, socket)
    }
    try socket.publish(.stats, stats, keeps: true)
    telemetry?.take(snapshot, stats, values)
    return stats
  }

  private func publish(_ message: CoefficientForms.Message, _ socket: PublishSocket) throws(ZeroMQError) {
    switch message {
    case .coefficients(let coefficients, let buffers):
      try socket.publish(.coefficients, coefficients, buffers, keeps: true)
    case .delta(let delta, let buffers):
      try socket.publish(.coefficientsDelta, delta, buffers)
      socket.forget(.coefficients)
    }
  }

  private func serveLateSubscribers(_ socket: PublishSocket, _ forms: CoefficientForms) throws(ZeroMQError) {
    let missing = try socket.serveLateSubscribers(now: monotonicSeconds())
    if missing.contains(.coefficients), let full = forms.full(deltas: socket.sequence(of: .coefficientsDelta)) {
      try publish(full, socket)
    }
  }

  private func answer(
    _ question: Question, _ snapshot: EngineSnapshot, _ settings: Settings, _ pages: inout CoefficientPages
  ) -> Answer {
    switch question {
    case .stats: return [encodedReply(snapshot.stats(snapshot.model.learner.coefficients()))]
    case .coefficients(let question, var named, _):
      if named == nil, let names = question.names {
        do throws(QueryFailure) {
          named = try snapshot.model.model.space.indices(of: names)
        } catch {
          return [encodedFailure(error)]
        }
      }
      let values = snapshot.model.learner.coefficients()
      let listing = CoefficientListing(
        snapshot.model, values, snapshot.chosen(question, values, named: named), binary: question.binary)
      return pages.begin(listing, limit: question.limit, now: monotonicSeconds())
    case .samples(let inquiry):
      guard var questions = SampleQuestions(settings.learning) else {
        return [encodedFailure(QueryFailure(.internal, "memory is short"))]
      }
      var model = snapshot.model.model
      return inquiry.answer(&questions, &model)
    }
  }

  private func answer(_ cursor: String, _ limit: Int?, _ pages: inout CoefficientPages) -> Answer {
    do throws(QueryFailure) {
      return try pages.goOn(cursor, limit: limit, now: monotonicSeconds())
    } catch {
      return [encodedFailure(error)]
    }
  }

  private func read(_ question: AskedQuestion, for engine: Mailbox<EngineLetter>) {
    do throws(QueryFailure) {
      engine.put(.asked(try question.request(), question))
    } catch {
      engine.put(.answer(question.envelope, [encodedFailure(error)]))
    }
  }
}

extension ActiveSetWatch.Rule {
  fileprivate init(_ events: Settings.Events) {
    self.init(enteredAfter: events.enteredAfter, leftAfter: events.leftAfter)
  }
}

/// The line that `systemctl status` shows.
private func statusLine(_ stats: Stats) -> String {
  var line = "step \(stats.step), \(Int(stats.samplesPerSecond.rounded())) samples/s"
  if let recent = stats.loss.recent { line += ", recent loss \(Float(recent))" }
  line += ", \(stats.activeSet) of \(stats.features) features active"
  if stats.diverging { line += ", diverging" }
  if let problem = stats.problem { line += ", \(stats.health.rawValue): \(problem)" }
  return line
}
