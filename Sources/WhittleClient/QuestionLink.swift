internal import ZeroMQ

/// Questions to one of the daemon's ROUTER sockets, many at once: each goes after a frame with its id and an empty one,
/// which come back before the answer.
///
/// Belongs to the connection's thread. Each connection has a socket of its own, so that nothing that was sent over one can
/// arrive over a later one.
final class QuestionLink {
  private struct Connection {
    let socket: Socket
    let monitor: ConnectionMonitor
  }

  /// After a connection broke, the next one is begun so many milliseconds later.
  private static let pause = 100

  private let endpoint: String
  private let keys: ClientKeys?
  private let context: Context
  private var connection: Connection?
  private var earliest = 0
  private var questions: OutstandingQuestions
  private var calls: [UInt64: Call<[[UInt8]]>] = [:]

  init(_ endpoint: String, window: Int, keys: ClientKeys?, in context: Context) {
    self.endpoint = endpoint
    self.keys = keys
    self.context = context
    questions = OutstandingQuestions(window: window)
  }

  func ask(_ question: OutstandingQuestions.Question, _ call: Call<[[UInt8]]>) {
    questions.ask(question)
    calls[question.id] = call
  }

  func forget(_ id: UInt64) {
    if questions.forget(id) { calls[id] = nil }
  }

  /// What to wait for.
  var sockets: [Socket] { connection.map { [$0.socket, $0.monitor.socket] } ?? [] }

  /// Until when to wait.
  var deadline: Int? {
    guard questions.count > 0, connection == nil else { return questions.nextDeadline }
    return min(questions.nextDeadline ?? earliest, earliest)
  }

  /// Does what there is to do.
  func turn(now: Int) throws(ZeroMQError) {
    try takeAnswers()
    try takeEvents(now: now)
    for late in questions.expired(now: now) {
      let error: ClientError =
        late.wasReachable
        ? .noAnswer(endpoint: endpoint, milliseconds: late.timeout)
        : .unreachable(endpoint: endpoint, milliseconds: late.timeout)
      calls.removeValue(forKey: late.id)?.end(.failure(error))
    }
    if connection == nil, questions.count > 0, now >= earliest { connect() }
    try sendQuestions()
  }

  func end(_ reason: ClientError) {
    end(questions.end(), reason)
  }

  private func end(_ ids: [UInt64], _ reason: ClientError) {
    for id in ids { calls.removeValue(forKey: id)?.end(.failure(reason)) }
  }

  private func connect() {
    do {
      let socket = try Socket(.dealer, in: context)
      try socket.set(.linger(0))
      try socket.set(.ipv6(true))
      try socket.set(.sendHighWaterMark(0))
      try socket.set(.receiveHighWaterMark(0))
      // A machine that is gone closes no connections.
      try socket.set(.heartbeatInterval(2000))
      try socket.set(.heartbeatTimeout(10_000))
      try socket.set(.connectTimeout(5000))
      let monitor = try ConnectionMonitor(of: socket, in: context)
      try socket.show(keys)
      try socket.connect(endpoint)
      connection = Connection(socket: socket, monitor: monitor)
    } catch {
      end(.unusableEndpoint(reason: "\(error)"))
    }
  }

  private func takeEvents(now: Int) throws(ZeroMQError) {
    while let event = try connection?.monitor.next() {
      switch event {
      case .connected: questions.connected()
      case .disconnected:
        // What had come before the connection broke counts.
        try takeAnswers()
        connection = nil
        earliest = now + QuestionLink.pause
        end(questions.disconnected(), .interrupted(endpoint: endpoint))
      }
    }
  }

  private func sendQuestions() throws(ZeroMQError) {
    guard let socket = connection?.socket else { return }
    while let question = questions.nextToSend() {
      do throws(ZeroMQError) {
        try socket.send([[UInt8](String(question.id).utf8), []] + question.frames, waiting: .never)
      } catch {
        guard error.wouldBlock else { throw error }
        // The connection is gone, and the monitor about to say so.
        return questions.putBack(question)
      }
    }
  }

  private func takeAnswers() throws(ZeroMQError) {
    guard let socket = connection?.socket else { return }
    while let frames = try socket.receive(waiting: .never) {
      guard frames.count >= 3, frames[1].isEmpty, let id = UInt64(String(decoding: frames[0], as: UTF8.self)) else {
        // Whoever answers this way answers no question: no need to wait for more of it.
        end(.malformed(endpoint: endpoint, reason: "an answer that belongs to no question"))
        continue
      }
      // A late answer finds no question.
      guard questions.answered(id) else { continue }
      calls.removeValue(forKey: id)?.end(.success(Array(frames[2...])))
    }
  }
}
