import Logging
import ModelStore
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// The daemon learns what a model learns that is fed the same messages, to the bit.
@Suite(.timeLimit(.minutes(2))) struct ServiceLearningTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  @Test func learnsFromPullAndSubAndAnswers() async throws {
    let daemon = try await TestDaemon(in: place)
    let pushed = messages(40, seed: 1)
    let published = messages(40, seed: 2)
    let expectedSteps = try model(pushed).steps
    try await daemon.push(pushed)
    try await daemon.stats { $0.step == expectedSteps }
    // Over SUB with a topic frame, or as one frame that happens to match the empty prefix.
    let topic = Array("sensors/a".utf8)
    try await daemon.publish(published.enumerated().map { $0 % 2 == 0 ? [topic, Array($1.utf8)] : [Array($1.utf8)] })
    let expected = try model(pushed + published)
    let stats = try await daemon.stats { $0.step == expected.steps }

    #expect(stats.messages == 80 && stats.samples == expected.steps && stats.rejected.isEmpty)
    #expect(stats.health == .ok && stats.problem == nil && stats.checkpoint == nil)
    try expect(stats, shows: expected)
    #expect(stats.features == expected.space.count)
    #expect(stats.intercept == expected.learner.intercept && stats.stepSize == expected.learner.nextStepSize)
    let values = expected.learner.coefficients()
    #expect(stats.activeSet == values.count { $0 != 0 })
    let coefficients: Coefficients = try await daemon.ask(#"{"op": "coefficients"}"#)
    #expect(coefficients.values == values)
    #expect(coefficients.names == values.indices.map(expected.space.name(at:)))
    #expect(coefficients.step == expected.steps && coefficients.intercept == expected.learner.intercept)
    let prediction: Prediction = try await daemon.ask(#"{"op": "predict", "x": {"sleep": 2, "never seen": 1}}"#)
    let sleep = try #require(expected.space.index(of: "sleep"))
    let margin = expected.learner.margin([sleep].span, [2].span)
    #expect(prediction == Prediction(step: expected.steps, prediction: margin, margin: margin, unknownFeatures: 1))

    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected))
    #expect(daemon.log.lines.allSatisfy { $0.level < .warning }, "\(daemon.log.lines)")
    #expect(daemon.log.lines("stopped").first?.fields["step"] == "\(expected.steps)")
  }

  /// Progressive validation as stats tell it is the model's, all of it.
  private func expect(_ stats: Stats, shows model: Model) throws {
    let loss = model.configuration.lossFunction
    for (shown, expected) in [
      (stats.validation.overall, model.validation.overall(loss)),
      (stats.validation.recent, model.validation.recent(loss)),
      (stats.validation.window, model.validation.window(loss)),
    ] {
      let (shown, expected) = (try #require(shown), try #require(expected))
      #expect(shown.loss == expected.loss && shown.bestConstantLoss == expected.bestConstantLoss)
      #expect(shown.rmse == expected.rootMeanSquaredError && shown.mae == expected.meanAbsoluteError)
      #expect(shown.r2 == expected.rSquared && shown.accuracy == expected.accuracy)
      #expect(shown.auc == expected.areaUnderCurve && shown.aucError == expected.areaUnderCurveError)
      #expect(shown.baseRate == expected.baseRate && shown.meanPrediction == expected.meanPrediction)
      #expect(shown.calibrationError == expected.calibrationError)
    }
    #expect(stats.loss == Stats.Loss(overall: stats.validation.overall?.loss, recent: stats.validation.recent?.loss))
  }

  struct Variant: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let settings: [String: String]
    let configuration: LearnerConfiguration
  }

  @Test(arguments: [
    Variant(testDescription: "defaults", settings: [:], configuration: LearnerConfiguration()),
    Variant(
      testDescription: "logistic, K > 1, threshold",
      settings: [
        "model.loss": "logistic", "penalty.period": "7", "penalty.threshold": "0.5", "penalty.l1": "0.02",
        "learning_rate.schedule": "optimal",
      ],
      configuration: LearnerConfiguration(
        loss: .logistic, learningRate: LearningRate(schedule: .optimal),
        penalty: Penalty(l1: 0.02, l2: 0.001, threshold: 0.5, period: 7))),
    Variant(
      testDescription: "quantile, invariant update, short memory",
      settings: [
        "model.loss": "quantile", "loss.quantile": "0.75", "learning_rate.update": "invariant",
        "validation.half_life": "5", "validation.window": "16",
      ],
      configuration: LearnerConfiguration(
        loss: .quantile, lossParameters: LossParameters(quantile: 0.75), learningRate: LearningRate(update: .invariant),
        memory: .init(halfLife: 5, window: 16))),
    Variant(
      testDescription: "poisson, invariant update",
      settings: ["model.loss": "poisson", "learning_rate.update": "invariant"],
      configuration: LearnerConfiguration(loss: .poisson, learningRate: LearningRate(update: .invariant))),
    Variant(
      testDescription: "adagrad, scaled penalty, beta",
      settings: [
        "model.optimizer": "adagrad", "penalty.penalize": "scaled", "learning_rate.initial": "0.25",
        "learning_rate.beta": "2",
      ],
      configuration: LearnerConfiguration(
        optimizer: .adagrad, learningRate: LearningRate(initial: 0.25, beta: 2),
        penalty: Penalty(l1: 0.01, l2: 0.001, penalize: .scaled))),
    Variant(
      testDescription: "normalized", settings: ["model.optimizer": "normalized", "model.loss": "hinge"],
      configuration: LearnerConfiguration(loss: .hinge, optimizer: .normalized)),
    Variant(
      testDescription: "ftrl, factors",
      settings: [
        "model.optimizer": "ftrl", "model.loss": "logistic", "penalty.l1": "0.1", "penalty.factors": "sleep=0,f*=3",
      ],
      configuration: LearnerConfiguration(
        loss: .logistic, optimizer: .ftrl,
        penalty: Penalty(
          l1: 0.1, l2: 0.001, factors: [PenaltyFactor("sleep", 0), PenaltyFactor("f*", 3)].compactMap { $0 }))),
    Variant(
      testDescription: "averaged from step 30", settings: ["learning_rate.average_from": "30"],
      configuration: LearnerConfiguration(averagingStart: 30)),
    Variant(
      testDescription: "no intercept, constant rate",
      settings: ["model.intercept": "false", "learning_rate.schedule": "constant", "penalty.l2": "0"],
      configuration: LearnerConfiguration(
        intercept: false, learningRate: LearningRate(schedule: .constant), penalty: Penalty(l1: 0.01))),
  ])
  func restartsLeaveNoTrace(variant: Variant) async throws {
    let stream = messages(90, seed: 3, loss: variant.configuration.loss)
    var learned = Model(variant.configuration)
    var position = 0
    for count in [0, 17, 1, 40, 0, 32] {
      let part = Array(stream[position..<position + count])
      position += count
      let before = learned.steps
      try learned.learn(part)
      let daemon = try await TestDaemon(in: place, variant.settings)
      // Ready is said after the model was restored and the sockets were bound.
      #expect(try await daemon.stats().step == before)
      try await daemon.push(part)
      let steps = learned.steps
      let stats = try await daemon.stats { $0.step == steps }
      #expect(stats.samples == steps - before, "counted since the start")
      if steps > 0 { try expect(stats, shows: learned) }
      try await daemon.stop()
      #expect(try place.newestModel().map(ModelBits.init) == ModelBits(learned), "after \(position) messages")
    }
    #expect(position == stream.count)
    #expect(ModelBits(learned) == ModelBits(try model(stream, variant.configuration)))
    #expect(try place.checkpointNames.count == 3, "checkpoint.keep")
  }

  /// The signal comes while messages are on their way: what is in the last checkpoint is a whole part of the stream.
  @Test func stoppingMidStreamLosesNoOrder() async throws {
    let daemon = try await TestDaemon(in: place)
    let stream = messages(3000, seed: 4)
    async let pushing: Void = daemon.push(stream)
    try await daemon.stats { $0.messages > 10 }
    try await daemon.stop()
    let kept = try #require(try place.newestModel())
    var prefix = Model(LearnerConfiguration())
    var next = stream[...]
    while prefix.steps < kept.steps, let message = next.popFirst() { try prefix.learn([message]) }
    #expect(ModelBits(kept) == ModelBits(prefix))
    // A daemon that takes over gets what the sender still has.
    let second = try await TestDaemon(in: place)
    try await pushing
    try await second.stop()
  }

  @Test func saysReadyThenStoppingAndAStatusInBetween() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_samples": "1"])
    let notify = daemon.notify
    try await daemon.push([#"{"y": 1, "x": {"a": 1}}"#])
    let status = try #require(
      try await onThread {
        // The first look may come before the sample.
        var word = notify.next()
        while word?.hasPrefix("STATUS=step 0") == true { word = notify.next() }
        return word
      })
    #expect(status.hasPrefix("STATUS=step 1, ") && status.hasSuffix(" of 1 features active"), "\(status)")
    try await daemon.stop()
    let rest = notify.rest()
    #expect(
      rest.filter { !$0.hasPrefix("STATUS=step") && !$0.hasPrefix("EXTEND_TIMEOUT_USEC=") } == [
        "STOPPING=1", "STATUS=ended",
      ])
  }

  /// The senders may come after the daemon, and go and come again.
  @Test func connectsToSenders() async throws {
    let daemon = try await TestDaemon(
      in: place,
      [
        "ingest.sub.bind": "", "ingest.pull.bind": "", "ingest.sub.connect": place.sub,
        "ingest.pull.connect": place.pull,
      ])
    let stream = messages(80, seed: 11)
    for (round, start) in stride(from: 0, to: 80, by: 20).enumerated() {
      let part = stream[start..<start + 20].map { [Array($0.utf8)] }
      if round % 2 == 0 {
        try await daemon.push(part, binding: true)
      } else {
        try await daemon.publish(part, binding: true)
      }
      try await daemon.stats { $0.messages == UInt64(start + 20) }
    }
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(try model(stream)))
  }

  /// A daemon restarted on the very same ports.
  @Test func portsAreFreeAgainWhenTheDaemonHasEnded() async throws {
    var settings = ["query.bind": "tcp://127.0.0.1:*", "publish.bind": "tcp://127.0.0.1:*"]
    settings["ingest.pull.bind"] = "tcp://127.0.0.1:*"
    for round in 0..<10 {
      let daemon = try await TestDaemon(in: place, settings)
      let ready = try #require(daemon.log.lines("ready").first)
      for key in settings.keys {
        let endpoint = try #require(ready.fields[key])
        #expect(endpoint.hasPrefix("tcp://127.0.0.1:") && !endpoint.hasSuffix("*"))
        settings[key] = endpoint
      }
      let answer = try await daemon.ask(
        frames: [Array(#"{"op": "configuration"}"#.utf8)], at: settings["query.bind"])
      #expect(String(decoding: answer[0], as: UTF8.self).contains("127.0.0.1:"), "round \(round)")
      try await daemon.stop()
    }
  }
}
