import FoundationEssentials
import OnlineLearning
import SampleFormats
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleService

/// Samples whose senders are told what became of them.
@Suite(.timeLimit(.minutes(2))) struct ServiceRouterTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  @Test func everyKindOfSenderGetsItsFramesBack() async throws {
    let daemon = try await TestDaemon(in: place)
    func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }
    let sample = utf8("1 | a")
    let many = (0..<13).map { utf8("\($0)") }
    /// What is sent, what comes before the answer, and why it is rejected if it is.
    let cases: [(kind: Socket.Kind, sent: [[UInt8]], before: [[UInt8]], code: String?)] = [
      (.request, [sample], [], nil), (.dealer, [sample], [], nil), (.dealer, [[], sample], [[]], nil),
      (.dealer, [utf8("7"), [], sample], [utf8("7"), []], nil),
      (.dealer, [utf8("7"), utf8("b"), [], sample], [utf8("7"), utf8("b"), []], nil),
      (.dealer, many + [[], sample], many + [[]], nil),
      (.request, [[]], [], "empty"), (.dealer, [[]], [], "empty"), (.dealer, [[], []], [[]], "empty"),
      (.dealer, [[], utf8("nonsense")], [[]], "broken_text"),
      // Who wants the topic to be passed over pushes or publishes.
      (.dealer, [utf8("topic"), sample], [], "frames"), (.request, [utf8("topic"), sample], [], "frames"),
      (.dealer, [utf8("7"), [], sample, sample], [utf8("7"), []], "frames"),
      (.dealer, [utf8("7"), [], sample, []], [utf8("7"), []], "frames"),
      // The delimiter is too far behind to be seen.
      (.dealer, many + [[1], [], sample], [], "frames"), (.dealer, many + many + [[], sample], [], "frames"),
      (.dealer, [utf8("7"), []] + Array(repeating: sample, count: 40), [utf8("7"), []], "frames"),
      (.dealer, [Array(repeating: 1, count: 1024), [], sample], [Array(repeating: 1, count: 1024), []], nil),
      (.dealer, [[1], Array(repeating: 1, count: 1024), [], sample], [[]], "frames"),
    ]
    var step: UInt64 = 0
    for (number, (kind, sent, before, code)) in cases.enumerated() {
      let answer = try await daemon.ask(frames: sent, from: kind, at: place.router)
      #expect(Array(answer.dropLast()) == before, "case \(number)")
      switch try reply(answer) {
      case .success(let accepted):
        step += 1
        #expect(code == nil, "case \(number)")
        #expect(accepted == Acknowledgement(samples: 1, step: step), "case \(number)")
      case .failure(let failure): #expect(failure.code == code && !failure.message.isEmpty, "case \(number)")
      }
    }
    let stats = try await daemon.stats()
    #expect(stats.messages == UInt64(cases.count) && stats.samples == step)
    #expect(stats.rejected.values.reduce(0, +) == UInt64(cases.count { $0.code != nil }))
    try await daemon.stop()
    let expected = try model(Array(repeating: "1 | a", count: Int(step)))
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected))
  }

  /// Answers come in order, one to each message, also in between rejected ones; and what is learned is what a model
  /// learns that is fed the same.
  @Test(arguments: [false, true])
  func pipelinedMessagesAreAnsweredInOrder(predicts: Bool) async throws {
    let daemon = try await TestDaemon(in: place, ["ingest.router.predict": "\(predicts)"])
    let good = messages(2000, seed: 21)
    var expected = Model(LearnerConfiguration())
    var stream: [String] = []
    var steps: [(samples: Int, step: UInt64)?] = []
    for (number, message) in good.enumerated() {
      let before = expected.steps
      try expected.learn([message])
      stream.append(message)
      steps.append((Int(expected.steps - before), expected.steps))
      if number % 7 == 3 {
        stream.append(#"[{"y": 1, "x": {"new": 1}}, {"y": "b", "x": {}}]"#)
        steps.append(nil)
      }
    }
    let answers = try await exchange(stream.enumerated().map { [Array("\($0)".utf8), [], Array($1.utf8)] })
    #expect(answers.map { $0[0] } == stream.indices.map { Array("\($0)".utf8) })
    for (answer, step) in zip(answers, steps) {
      switch try reply(answer) {
      case .success(let accepted):
        #expect(accepted.samples == step?.samples && accepted.step == step?.step && accepted.unlearned == nil)
        #expect(accepted.predictions?.count == (predicts ? accepted.samples : nil))
      case .failure(let failure):
        #expect(step == nil && failure.code == "target" && failure.message.hasPrefix("sample 2: "), "\(failure)")
      }
    }
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected))
  }

  @Test(
    arguments: [
      (Loss.squared, [:], LearnerConfiguration()),
      (.logistic, ["model.loss": "logistic"], LearnerConfiguration(loss: .logistic)),
      (
        .poisson, ["model.loss": "poisson", "learning_rate.update": "invariant"],
        LearnerConfiguration(loss: .poisson, learningRate: LearningRate(update: .invariant))
      ),
      (.squared, ["model.optimizer": "ftrl"], LearnerConfiguration(optimizer: .ftrl)),
      (.squared, ["learning_rate.average_from": "30"], LearnerConfiguration(averagingStart: 30)),
    ] as [(Loss, [String: String], LearnerConfiguration)])
  func predictionsAreThoseBeforeLearning(
    loss: Loss, settings: [String: String], configuration: LearnerConfiguration
  ) async throws {
    let daemon = try await TestDaemon(in: place, settings.merging(["ingest.router.predict": "true"]) { $1 })
    let stream = mixed(200, seed: 22, loss)
    let answers = try await exchange(stream.map { [Array("[\($0.joined(separator: ", "))]".utf8)] })
    // The oracle goes sample by sample: asks a model for a prediction, then has it learn where there is a target.
    var expected = Model(configuration)
    let decoder = try #require(SampleDecoder(loss: loss))
    var batch = SampleBatch()
    for (samples, answer) in zip(stream, answers) {
      var predictions: [Double] = []
      var learned = 0
      for sample in samples {
        let bytes = Array(sample.utf8)
        try decoder.decode(bytes.span, for: .predict, into: &batch, dictionary: &expected.space)
        predictions.append(loss.prediction(expected.margin(of: 0, in: batch)))
        let before = expected.steps
        try expected.learn([sample])
        learned += Int(expected.steps - before)
      }
      let accepted = try acknowledgement(answer)
      #expect(accepted.step == expected.steps && accepted.samples == learned)
      #expect(accepted.unlearned == (learned == samples.count ? nil : samples.count - learned))
      let given = try #require(accepted.predictions)
      #expect(given.count == predictions.count)
      // Weights are brought up to date in Float32 when they are learned, and in Float64 when they are only read.
      for (given, prediction) in zip(given, predictions) {
        let given = try #require(given)
        #expect(abs(given - prediction) <= 1e-5 * max(1, abs(prediction)), "step \(expected.steps)")
      }
    }
    #expect(expected.steps > 200)
    let stats = try await daemon.stats()
    #expect(stats.samples == expected.steps && stats.unlearned > 100)
    #expect(stats.loss.overall == expected.validation.overall(configuration.lossFunction)?.loss)
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected), "seed 22")
  }

  /// Messages of one to five samples in JSON, some without a target, some of weight 0.
  private func mixed(_ count: Int, seed: UInt64, _ loss: Loss) -> [[String]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        let x = (0..<3).map { _ in
          "\"f\(Int.random(in: 0..<30, using: &generator))\(generator.pick(["a", "b"]))\": "
            + "\(Float.random(in: -1...1, using: &generator))"
        }
        let y = loss.isClassification || loss == .poisson ? generator.pick(["0", "1"]) : generator.pick(["-1.5", "2"])
        let target = generator.pick([
          "\"y\": \(y), ", "\"y\": \(y), ", "\"y\": \(y), \"weight\": 0, ", "", "\"y\": null, ",
        ])
        // Each feature once.
        let features = Dictionary(x.map { ($0.prefix(6), $0) }) { $1 }.values.sorted().joined(separator: ", ")
        return "{\(target)\"x\": {\(features)}}"
      }
    }
  }

  /// The daemon goes on, and what it learned of a client that went away is the beginning of what the client sent.
  @Test func aClientMayGoAwayMidStream() async throws {
    let daemon = try await TestDaemon(in: place)
    let stream = messages(3000, seed: 23)
    let endpoint = place.router
    try await onThread {
      let socket = try dealer(endpoint)
      for message in stream { try socket.send([Array(message.utf8)]) }
      guard try socket.receive() != nil else { throw NothingCame() }
    }
    // One that is not learned shows that the daemon goes on, and leaves the model as the stream made it.
    let other = try await daemon.ask(frames: [Array("| a".utf8)], at: place.router)
    #expect(try acknowledgement(other).unlearned == 1)
    try await daemon.stop()
    let kept = try #require(try place.newestModel())
    var prefix = Model(LearnerConfiguration())
    var next = stream[...]
    while prefix.steps < kept.steps, let message = next.popFirst() { try prefix.learn([message]) }
    #expect(prefix.steps > 0)
    #expect(ModelBits(kept) == ModelBits(prefix))
  }

  /// What ROUTER does at its send high-water mark: answers are dropped, samples are not, and others are served.
  @Test func aClientThatReadsNoAnswersHoldsUpNobody() async throws {
    let daemon = try await TestDaemon(in: place, ["ingest.router.send_high_water_mark": "4"])
    let count = 1500
    let (endpoint, query) = (place.router, place.query)
    let sample = Array("1 | a".utf8)
    // Long ones, so that the network does not hold them all.
    let correlations = (0..<count).map { Array(String($0).utf8) + Array(repeating: UInt8(ascii: " "), count: 1000) }
    let read = try await onThread {
      let socket = try dealer(endpoint, [.receiveHighWaterMark(1)])
      for correlation in correlations { try socket.send([correlation, [], sample]) }
      // All are learned though no answer is read.
      let asker = try dealer(query)
      var learned: UInt64 = 0
      while learned < UInt64(count) {
        try asker.send([Array(#"{"op": "stats"}"#.utf8)])
        guard let answer = try asker.receive() else { throw NothingCame() }
        guard case .success(let stats) = try JSONDecoder().decode(QueryReply<Stats>.self, from: Data(answer[0])) else {
          throw NothingCame()
        }
        learned = stats.samples
      }
      let other = try dealer(endpoint)
      try other.send([sample])
      guard let answer = try other.receive(), try acknowledgement(answer).step == learned + 1 else {
        throw NothingCame()
      }
      // The network and the two queues held some answers. What comes once there is room is answered again; before, the
      // answer may find the queue full, too.
      var read: [[UInt8]] = []
      while read.last != [0] {
        try socket.send([[0], [], sample])
        guard let answer = try socket.receive() else { throw NothingCame() }
        read.append(answer[0])
      }
      return read
    }
    let answered = read.dropLast()
    #expect(answered.first == correlations.first)
    #expect(answered.count < count / 2, "\(answered.count) answers were held for a client that does not read")
    // In order, and each once.
    var rest = correlations[...]
    for correlation in answered {
      let place = try #require(rest.firstIndex(of: correlation))
      rest = rest[(place + 1)...]
    }
    try await daemon.stop()
  }

  /// The signal comes while messages are on their way: what was answered is what was learned.
  @Test func theAnsweredAreTheLearnedWhenTheDaemonStops() async throws {
    let daemon = try await TestDaemon(in: place)
    let stream = messages(3000, seed: 24)
    let endpoint = place.router
    let answered = Completion<Void>()
    async let answers = onThread {
      defer { answered.fulfill(()) }
      // libzmq forgets what it had not read yet when the peer of a socket with a full queue is gone.
      let socket = try dealer(endpoint, [.sendTimeout(1000), .receiveHighWaterMark(0)])
      var answers: [[[UInt8]]] = []
      for message in stream {
        do { try socket.send([Array(message.utf8)]) } catch let error as ZeroMQError where error.wouldBlock { break }
        while let answer = try socket.receive(waiting: .never) {
          answers.append(answer)
          answered.fulfill(())
        }
      }
      try socket.set(.receiveTimeout(2000))
      while let answer = try socket.receive() {
        answers.append(answer)
        answered.fulfill(())
      }
      return answers
    }
    await answered.value()
    try await daemon.stop()
    let kept = try #require(try place.newestModel())
    var prefix = Model(LearnerConfiguration())
    for (message, answer) in zip(stream, try await answers) {
      try prefix.learn([message])
      #expect(try acknowledgement(answer).step == prefix.steps)
    }
    #expect(prefix.steps > 0)
    #expect(ModelBits(kept) == ModelBits(prefix))
  }

  /// The daemon may be the one that connects.
  @Test func connectsToSenders() async throws {
    let daemon = try await TestDaemon(in: place, ["ingest.router.bind": "", "ingest.router.connect": place.router])
    let endpoint = place.router
    let answer = try await onThread {
      let socket = try Socket(.dealer, in: Context())
      try socket.set(.linger(0))
      try socket.set(.receiveTimeout(30_000))
      try socket.bind(endpoint)
      try socket.send([Array("1 | a".utf8)])
      return try socket.receive()
    }
    #expect(try acknowledgement(try #require(answer)) == Acknowledgement(samples: 1, step: 1))
    try await daemon.stop()
  }

  /// Sends all messages before it reads the answers.
  private func exchange(_ messages: [[[UInt8]]]) async throws -> [[[UInt8]]] {
    let endpoint = place.router
    return try await onThread {
      let socket = try dealer(endpoint)
      for message in messages { try socket.send(message) }
      return try messages.map { _ in
        guard let answer = try socket.receive() else { throw NothingCame() }
        return answer
      }
    }
  }
}

private func dealer(_ endpoint: String, _ options: [Socket.Option] = []) throws -> Socket {
  let socket = try Socket(.dealer, in: Context())
  try socket.set(.linger(0))
  try socket.set(.receiveTimeout(30_000))
  for option in options { try socket.set(option) }
  try socket.connect(endpoint)
  return socket
}

func reply(_ answer: [[UInt8]]) throws -> IngestReply {
  try JSONDecoder().decode(IngestReply.self, from: Data(answer.last ?? []))
}

/// - Throws: the rejection.
private func acknowledgement(_ answer: [[UInt8]]) throws -> Acknowledgement {
  switch try reply(answer) {
  case .success(let accepted): return accepted
  case .failure(let failure): throw failure
  }
}
