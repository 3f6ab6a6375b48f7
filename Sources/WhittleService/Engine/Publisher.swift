internal import FoundationEssentials
internal import Logging
internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// The thread that puts snapshots into words: it owns the PUB socket, and words the answers that are too long for the
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
    case event(Event)
    case answer(Question, Envelope, EngineSnapshot)
    case goOn(String, limit: Int?, Envelope)
    case read(AskedQuestion)
    case stop
  }

  /// Seconds between two status lines for systemd, at least.
  private static let statusInterval = 1.0

  private let jobs: Mailbox<Job>
  private let engine: Mailbox<EngineLetter>
  private let notifier: SystemdNotifier
  private let logger: Logger
  /// How samples are read.
  private let learning: LearningSettings
  /// Comes when the thread has ended and closed its socket.
  let ended = Completion<Void>()

  init(
    engine: Mailbox<EngineLetter>, notifier: SystemdNotifier, learning: LearningSettings, logger: Logger
  ) throws(ZeroMQError) {
    self.learning = learning
    jobs = try Mailbox()
    self.engine = engine
    self.notifier = notifier
    self.logger = logger
  }

  /// Publishes the snapshot's coefficients and stats; a `published` letter follows.
  func publish(_ snapshot: EngineSnapshot) { jobs.put(.publish(snapshot)) }

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

  /// Ends the thread once all that was asked for is done.
  func stop() { jobs.put(.stop) }

  /// Starts the thread, which binds the socket.
  ///
  /// - Returns: the endpoints in full.
  func start(_ endpoints: [String], in context: Context) async throws(DaemonError) -> [String] {
    let opened = Completion<Result<[String], ZeroMQError>>()
    try OperatingThread.start(named: "whittle-publish", fulfilling: ended) { [self] in
      do throws(ZeroMQError) {
        let socket = try Socket(.publish, in: context)
        // At the end, subscribers that are there still get the last publication.
        try socket.set(.linger(500))
        var bound: [String] = []
        for endpoint in endpoints { bound.append(try socket.listen(on: endpoint)) }
        opened.fulfill(.success(bound))
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

  private func run(_ socket: Socket) throws(ZeroMQError) {
    let poller = Poller([], wake: jobs.wake)
    var lastStatus = -Double.infinity
    var pages = CoefficientPages()
    while true {
      // What nobody asks for any more is let go of in time, also where nothing else is to be done.
      let left = pages.secondsLeft(now: monotonicSeconds())
      _ = try poller.wait(milliseconds: left.map { Int($0 * 1000) + 1 } ?? -1)
      pages.expire(now: monotonicSeconds())
      for job in jobs.takeAll() {
        switch job {
        case .stop: return
        case .publish(let snapshot):
          let stats = try publish(snapshot, socket)
          engine.put(.published)
          let now = monotonicSeconds()
          if now - lastStatus >= Publisher.statusInterval {
            notifier.status(statusLine(stats))
            lastStatus = now
          }
        case .event(let event): try send(.event, event, socket)
        case .answer(let question, let envelope, let snapshot):
          engine.put(.answer(envelope, answer(question, snapshot, &pages)))
        case .goOn(let cursor, let limit, let envelope):
          engine.put(.answer(envelope, answer(cursor, limit, &pages)))
        case .read(let question): read(question, for: engine)
        }
      }
    }
  }

  private func publish(_ snapshot: EngineSnapshot, _ socket: Socket) throws(ZeroMQError) -> Stats {
    let values = snapshot.model.learner.coefficients()
    let stats = snapshot.stats(values)
    try send(.coefficients, snapshot.activeCoefficients(values), socket)
    try send(.stats, stats, socket)
    return stats
  }

  private func send(_ topic: Topic, _ message: some Encodable, _ socket: Socket) throws(ZeroMQError) {
    guard let payload = encoded(message) else { return }
    try socket.send([Array(topic.rawValue.utf8), payload])
  }

  private func answer(_ question: Question, _ snapshot: EngineSnapshot, _ pages: inout CoefficientPages) -> Answer {
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
      guard var questions = SampleQuestions(learning) else {
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

  private func encoded(_ message: some Encodable) -> [UInt8]? {
    do {
      return Array(try JSONEncoder().encode(message))
    } catch {
      logger.error("a message could not be put into words", metadata: ["error": "\(error)"])
      return nil
    }
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
