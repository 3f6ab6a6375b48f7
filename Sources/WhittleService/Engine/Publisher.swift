internal import FoundationEssentials
internal import Logging
internal import OnlineLearning
internal import WhittleProtocol
internal import ZeroMQ

/// The thread that puts snapshots into words: it owns the PUB socket, and words the answers that are too long for the
/// engine to stop for.
final class Publisher: Sendable {
  /// A question whose answer takes a look at every feature.
  enum Question: Sendable {
    case coefficients(features: [Int]?, top: Int?)
    case stats
  }

  private enum Job: Sendable {
    case publish(EngineSnapshot)
    case event(Event)
    case answer(Question, Envelope, EngineSnapshot)
    case stop
  }

  /// Seconds between two status lines for systemd, at least.
  private static let statusInterval = 1.0

  private let jobs: Mailbox<Job>
  private let engine: Mailbox<EngineLetter>
  private let notifier: SystemdNotifier
  private let logger: Logger
  /// Comes when the thread has ended and closed its socket.
  let ended = Completion<Void>()

  init(engine: Mailbox<EngineLetter>, notifier: SystemdNotifier, logger: Logger) throws(ZeroMQError) {
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
    while true {
      _ = try poller.wait(milliseconds: -1)
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
          engine.put(.answer(envelope, answer(question, snapshot)))
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

  private func answer(_ question: Question, _ snapshot: EngineSnapshot) -> [UInt8] {
    let values = snapshot.model.learner.coefficients()
    switch question {
    case .stats: return encodedReply(snapshot.stats(values))
    case .coefficients(let features, let top):
      return encodedReply(snapshot.coefficients(values, features: features, top: top))
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
