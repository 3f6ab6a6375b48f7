internal import FoundationEssentials
internal import Logging
internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
internal import WhittleProtocol
internal import ZeroMQ

/// Questions and answers. What takes a look at every feature, or at many samples, is answered by the publisher's thread from a
/// snapshot.
extension Engine {
  /// How many questions are answered before the sample sockets get their turn, and how many bytes of questions.
  private static let queriesATurn = 64
  private static let queryBytesATurn = 64 << 10
  /// Larger ones, in bytes, are read and answered elsewhere.
  static let largestQuickQuestion = 16 << 10

  /// - Returns: whether anyone asked.
  @discardableResult
  func answerQueries() throws(ZeroMQError) -> Bool {
    var (count, bytes) = (0, 0)
    while count < Engine.queriesATurn, bytes < Engine.queryBytesATurn,
      try question.receive(from: query, waiting: .never)
    {
      (count, bytes) = (count + 1, bytes + question.byteCount)
      if doors.looksAtMessages, !doors.admits(question, at: .query) { continue }
      try answerQuestion()
    }
    questionWatch.looked()
    return count > 0
  }

  /// Answers the question just received.
  private func answerQuestion() throws(ZeroMQError) {
    let envelope = RouterEnvelope(of: question)
    if try answerPlainly(envelope) { return }
    let size = question.byteCount
    if size > Engine.largestQuickQuestion { return try handOver(size, envelope) }
    let asked = AskedQuestion(question, envelope, ticket: nil)
    let request: QueryRequest
    do throws(QueryFailure) {
      request = try asked.request()
    } catch {
      return try send(error, to: asked.envelope)
    }
    if let inquiry = SampleInquiry(request, asked) {
      try send(stream.withModel { inquiry.answer(&questions, &$0) }, to: asked.envelope)
    } else {
      try answer(request, asked)
    }
  }

  /// Has a large question read elsewhere, if there is room for it.
  private func handOver(_ size: Int, _ envelope: RouterEnvelope) throws(ZeroMQError) {
    let limit = settings.limits.messageBytes
    guard size <= limit else {
      let failure = QueryFailure(.badRequest, "the request has \(size) bytes; limits.message_bytes is \(limit)")
      return try send(failure, to: envelope.answer(to: question))
    }
    guard let ticket = questionRoom.take(size) else {
      let failure = QueryFailure(.busy, "too many large requests wait for their answers; ask again when some have come")
      return try send(failure, to: envelope.answer(to: question))
    }
    publisher.read(AskedQuestion(question, envelope, ticket: ticket))
  }

  /// Answers a large question that was read elsewhere.
  func answerLarge(_ request: QueryRequest, _ asked: AskedQuestion) throws(ZeroMQError) {
    if snapshots.modelIsFinal {
      try send(QueryFailure(.stopping, "the daemon is stopping"), to: asked.envelope)
    } else if let inquiry = SampleInquiry(request, asked) {
      takeSnapshot(for: .samples(inquiry, asked.envelope), now: monotonicSeconds())
    } else {
      try answer(request, asked)
    }
  }

  private func answer(_ request: QueryRequest, _ asked: AskedQuestion) throws(ZeroMQError) {
    let envelope = asked.envelope
    if request.operation.isAdministrative, !doors.mayAdminister(asked.key) {
      let failure = QueryFailure(
        .forbidden,
        "\(request.operation.rawValue) is for keys that security.admin_keys lists, and yours is not one of them")
      return try send(failure, to: envelope)
    }
    switch request {
    case .predict, .explain: break
    case .coefficients(let question):
      if let cursor = question.cursor {
        publisher.goOn(cursor, limit: question.limit, to: envelope)
      } else {
        takeSnapshot(for: .coefficients(question, asked), now: monotonicSeconds())
      }
    case .stats: takeSnapshot(for: .stats(envelope), now: monotonicSeconds())
    case .checkpoint: checkpointAsked(by: envelope)
    case .configuration: try send(encodedReply(configuration), to: envelope)
    case .set(let question): try set(question.values, for: envelope)
    case .reset: try reset(for: envelope)
    case .reload: reloader.reload(for: envelope)
    }
  }

  private func send(_ failure: QueryFailure, to envelope: Envelope) throws(ZeroMQError) {
    try send([encodedFailure(failure)], to: envelope)
  }

  /// Sends an answer to a question.
  func send(_ answer: Answer, to envelope: Envelope) throws(ZeroMQError) {
    try send(answer, to: envelope, over: query)
  }

  /// Sends an answer of one frame to a question.
  func send(_ answer: [UInt8], to envelope: Envelope) throws(ZeroMQError) {
    try send([answer], to: envelope)
  }

  /// Sends an answer.
  func send(_ answer: Answer, to envelope: Envelope, over socket: Socket) throws(ZeroMQError) {
    try deliver { () throws(ZeroMQError) in try socket.send(envelope.frames + answer, waiting: .never) }
  }

  /// Sends an answer. To a client that is gone, or reads none of its answers, it is lost, as ROUTER sockets do.
  func deliver(_ send: () throws(ZeroMQError) -> Void) throws(ZeroMQError) {
    do throws(ZeroMQError) {
      try send()
    } catch {
      if !error.wouldBlock { throw error }
      logger.debug("an answer found its client's queue full and was dropped")
    }
  }
}
