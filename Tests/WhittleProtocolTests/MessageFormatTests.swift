import Testing
import WhittleProtocol

/// What goes over the wire, to the letter: other people's clients read these keys.
@Suite struct MessageFormatTests {
  private func expect<Value: Codable & Equatable>(
    _ value: Value, isWritten text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(try json(value) == text, sourceLocation: sourceLocation)
    #expect(try decode(Value.self, text) == value, sourceLocation: sourceLocation)
  }

  @Test func coefficients() throws {
    try expect(
      Coefficients(
        step: 12, intercept: 0.5, names: ["hw", "color=red"], values: [1.5, -2], features: 7, activeSet: 2),
      isWritten: """
        {"active_set":2,"features":7,"intercept":0.5,"names":["hw","color=red"],"step":12,"values":[1.5,-2]}
        """)
    try expect(
      Coefficients(step: .max, intercept: 0, names: [], values: [], features: 0, activeSet: 0),
      isWritten: """
        {"active_set":0,"features":0,"intercept":0,"names":[],"step":18446744073709551615,"values":[]}
        """)
  }

  @Test(arguments: [0.1, 1.1754944e-38, 3.4028235e38, -1e-45.nextUp, 16_777_217] as [Double])
  func coefficientsComeBackToTheBit(_ value: Double) throws {
    let sent = Coefficients(
      step: 1, intercept: value, names: ["x"], values: [Float(value)], features: 1, activeSet: 1)
    let received = try decode(Coefficients.self, json(sent))
    #expect(received.values[0].bitPattern == sent.values[0].bitPattern)
    #expect(received.intercept.bitPattern == sent.intercept.bitPattern)
  }

  /// With a number in every place.
  private var metrics: Validation.Metrics {
    var metrics = Validation.Metrics(loss: 0.5, bestConstantLoss: 0.75)
    metrics.rmse = 2
    metrics.mae = 1.5
    metrics.r2 = -0.5
    metrics.accuracy = 0.875
    metrics.auc = 0.9375
    metrics.aucError = 0.0625
    metrics.baseRate = 0.375
    metrics.meanPrediction = 0.25
    metrics.calibrationError = 0.125
    return metrics
  }

  private var stats: Stats {
    Stats(
      health: .ok, problem: nil, uptimeSeconds: 1.5, step: 20, samples: 10, unlearned: 3, messages: 12,
      rejected: ["not_json": 2], samplesPerSecond: 2.5, loss: Stats.Loss(overall: 0.5, recent: 0.25),
      validation: Validation(
        overall: metrics, recent: Validation.Metrics(loss: 0.25, bestConstantLoss: 1), window: nil),
      features: 4,
      activeSet: 3, sparsity: 0.25, l1Norm: 6, l2Norm: 3.5, intercept: -1, stepSize: 0.125, clampedUpdates: 1,
      diverging: true,
      sequences: Stats.Sequences(
        sources: 1, missing: 2, duplicates: 3,
        bySource: ["pump": Stats.Sequences.Source(last: 9, missing: 2, duplicates: 3)]),
      delayed: Stats.Delayed(waiting: 4, matched: 5, forgotten: 6, unmatched: 7),
      room: Stats.Room(forgotten: 8, refused: 9),
      checkpoint: Stats.Checkpoint(step: 15, file: "model-15.safetensors", ageSeconds: 7.5))
  }

  @Test func fullStats() throws {
    try expect(
      stats,
      isWritten: """
        {"active_set":3,"checkpoint":{"age_seconds":7.5,"file":"model-15.safetensors","step":15},\
        "clamped_updates":1,\
        "delayed":{"forgotten":6,"matched":5,"unmatched":7,"waiting":4},"diverging":true,"features":4,"health":"ok","intercept":-1,"l1_norm":6,"l2_norm":3.5,\
        "loss":{"overall":0.5,"recent":0.25},"messages":12,"rejected":{"not_json":2},"room":{"forgotten":8,"refused":9},"samples":10,\
        "samples_per_second":2.5,\
        "sequences":{"by_source":{"pump":{"duplicates":3,"last":9,"missing":2}},"duplicates":3,"missing":2,"sources":1},\
        "sparsity":0.25,"step":20,"step_size":0.125,"unlearned":3,"uptime_seconds":1.5,\
        "validation":{"overall":{"accuracy":0.875,"auc":0.9375,"auc_error":0.0625,"base_rate":0.375,\
        "best_constant_loss":0.75,"calibration_error":0.125,"loss":0.5,"mae":1.5,"mean_prediction":0.25,"r2":-0.5,\
        "rmse":2},"recent":{"best_constant_loss":1,"loss":0.25}}}
        """)
  }

  @Test func statsBeforeTheFirstSampleAndDegraded() throws {
    var stats = stats
    stats.health = .degraded
    stats.problem = "the disk is full"
    stats.loss = Stats.Loss(overall: nil, recent: nil)
    stats.validation = Validation(overall: nil, recent: nil, window: nil)
    stats.checkpoint = nil
    stats.rejected = [:]
    try expect(
      stats,
      isWritten: """
        {"active_set":3,"clamped_updates":1,\
        "delayed":{"forgotten":6,"matched":5,"unmatched":7,"waiting":4},"diverging":true,"features":4,"health":"degraded","intercept":-1,"l1_norm":6,\
        "l2_norm":3.5,"loss":{},"messages":12,"problem":"the disk is full","rejected":{},"room":{"forgotten":8,"refused":9},"samples":10,\
        "samples_per_second":2.5,\
        "sequences":{"by_source":{"pump":{"duplicates":3,"last":9,"missing":2}},"duplicates":3,"missing":2,"sources":1},\
        "sparsity":0.25,"step":20,"step_size":0.125,"unlearned":3,"uptime_seconds":1.5,\
        "validation":{}}
        """)
  }

  @Test func events() throws {
    let divergence = Event.Divergence(stepSize: 0.5, loss: 1e60, bestConstantLoss: -0.25, clampedUpdates: 7)
    try expect(
      Event(.divergenceBegan, step: 12, time: 1.5, message: "it explodes", divergence: divergence),
      isWritten: """
        {"best_constant_loss":-0.25,"clamped_updates":7,"event":"divergence_began","loss":1e+60,\
        "message":"it explodes","step":12,"step_size":0.5,"time":1.5}
        """)
    try expect(
      Event(
        .divergenceEnded, step: .max, time: 0, message: "m",
        divergence: Event.Divergence(stepSize: 0, loss: nil, bestConstantLoss: nil, clampedUpdates: 0)),
      isWritten: """
        {"clamped_updates":0,"event":"divergence_ended","message":"m","step":18446744073709551615,"step_size":0,\
        "time":0}
        """)
  }

  @Test func eventsOfReadings() throws {
    try expect(
      Event(.configurationReloaded, step: 3, time: 2, message: "m", pending: ["http.bind"]),
      isWritten: #"{"event":"configuration_reloaded","message":"m","pending":["http.bind"],"step":3,"time":2}"#)
    try expect(
      Event(.configurationRefused, step: 3, time: 2, message: "m", error: "e"),
      isWritten: #"{"error":"e","event":"configuration_refused","message":"m","step":3,"time":2}"#)
  }

  @Test func eventsOfRejectedMessages() throws {
    try expect(
      Event(
        .messageRejected, step: 3, time: 2, message: "m",
        rejection: Event.Rejection(
          reason: "broken_json", position: 17, source: "s", firstText: "{", firstHex: nil, unpublishedBefore: 4)),
      isWritten: """
        {"event":"message_rejected","first_text":"{","message":"m","position":17,"reason":"broken_json","source":"s",\
        "step":3,"time":2,"unpublished_before":4}
        """)
    try expect(
      Event(
        .messageRejected, step: 0, time: 0, message: "",
        rejection: Event.Rejection(
          reason: "frames", position: nil, source: nil, firstText: nil, firstHex: "ff00", unpublishedBefore: 0)),
      isWritten: """
        {"event":"message_rejected","first_hex":"ff00","message":"","reason":"frames","step":0,"time":0,\
        "unpublished_before":0}
        """)
  }

  @Test func answersToSamples() throws {
    try expect(Acknowledgement(samples: 2, step: 17), isWritten: #"{"samples":2,"step":17}"#)
    try expect(
      Acknowledgement(samples: 1, unlearned: 2, step: 17, predictions: [0.5, -1, 2]),
      isWritten: #"{"predictions":[0.5,-1,2],"samples":1,"step":17,"unlearned":2}"#)
    try expect(
      Acknowledgement(samples: 0, duplicates: 1, step: 17, last: 9_007_199_254_740_991),
      isWritten: #"{"duplicates":1,"last":9007199254740991,"samples":0,"step":17}"#)
    try expect(
      IngestFailure(IngestFailure.sequence, "m", last: 4), isWritten: #"{"code":"sequence","last":4,"message":"m"}"#)
    #expect(
      try json(IngestReply.success(Acknowledgement(samples: 1, step: 1))) == #"{"ok":true,"samples":1,"step":1}"#)
    #expect(
      try json(IngestReply.failure(IngestFailure("shape", "m", at: 3)))
        == #"{"error":{"code":"shape","message":"m","position":3},"ok":false}"#)
    #expect(
      try json(IngestReply.failure(IngestFailure("shape", "m")))
        == #"{"error":{"code":"shape","message":"m"},"ok":false}"#)
    guard case .failure(let failure) = try decode(IngestReply.self, #"{"ok":false,"error":{"code":"x","message":"m"}}"#)
    else { throw IngestFailure("x", "a failure was to be read") }
    #expect(failure == IngestFailure("x", "m") && "\(failure)" == "m (x)")
  }

  /// Later daemons tell of more.
  @Test func eventsOfKindsThatNobodyKnowsYet() throws {
    let event = try decode(
      Event.self, #"{"event": "landed", "step": 3, "time": 2, "message": "m", "planet": "Mars"}"#)
    #expect(event == Event(Event.Kind(rawValue: "landed"), step: 3, time: 2, message: "m"))
    try expect(event, isWritten: #"{"event":"landed","message":"m","step":3,"time":2}"#)
  }

  @Test func replyBodies() throws {
    try expect(
      Prediction(step: 3, prediction: 0.75, margin: 1.5, unknownFeatures: 2),
      isWritten: #"{"margin":1.5,"prediction":0.75,"step":3,"unknown_features":2}"#)
    try expect(
      Predictions(step: 3, predictions: [0.5, 2], margins: [0, 1], unknownFeatures: [0, 7]),
      isWritten: #"{"margins":[0,1],"predictions":[0.5,2],"step":3,"unknown_features":[0,7]}"#)
    let explanation = Explanation(
      step: 3, prediction: 0.75, margin: 1.5, intercept: 0.5, names: ["a"], values: [2], coefficients: [0.5],
      contributions: [1], unknownFeatures: ["b"])
    let text = """
      "contributions":[1],"intercept":0.5,"margin":1.5,"names":["a"],"prediction":0.75,"step":3,\
      "unknown_features":["b"],"values":[2]}
      """
    try expect(explanation, isWritten: #"{"coefficients":[0.5],"# + text)
    var colliding = explanation
    colliding.collisions = [["a", "c"]]
    try expect(colliding, isWritten: #"{"coefficients":[0.5],"collisions":[["a","c"]],"# + text)
    try expect(
      CheckpointWritten(step: 3, file: "a/b.safetensors", bytes: 4096, seconds: 0.5),
      isWritten: #"{"bytes":4096,"file":"a/b.safetensors","seconds":0.5,"step":3}"#)
    try expect(
      ConfigurationReport(
        configuration: ["penalty.l1": .number(0.01), "model": .string("heart")],
        origins: ["penalty.l1": "default", "model": "file"],
        endpoints: ["ingest.pull": ["tcp://127.0.0.1:5701"]], version: "0.1.0", workingDirectory: "/srv"),
      isWritten: """
        {"configuration":{"model":"heart","penalty.l1":0.01},"endpoints":{"ingest.pull":["tcp://127.0.0.1:5701"]},\
        "origins":{"model":"file","penalty.l1":"default"},"version":"0.1.0","working_directory":"/srv"}
        """)
  }

  @Test func successfulReplyCarriesItsBodysFields() throws {
    let body = Prediction(step: 3, prediction: 0.75, margin: 1.5, unknownFeatures: 2)
    let text = #"{"margin":1.5,"ok":true,"prediction":0.75,"protocol":1,"step":3,"unknown_features":2}"#
    #expect(try json(QueryReply.success(body)) == text)
    guard case .success(let decoded) = try decode(QueryReply<Prediction>.self, text) else {
      Issue.record("read as a failure")
      return
    }
    #expect(decoded == body)
  }

  @Test(arguments: [
    (QueryFailure.Code.badRequest, "bad_request"), (.unknownOperation, "unknown_operation"),
    (.unsupportedProtocol, "unsupported_protocol"), (.unknownField, "unknown_field"),
    (.unknownFeature, "unknown_feature"),
    (.unknownCursor, "unknown_cursor"), (.busy, "busy"), (.checkpointFailed, "checkpoint_failed"),
    (.stopping, "stopping"), (.internal, "internal"),
  ])
  func failedReply(_ code: QueryFailure.Code, word: String) throws {
    let failure = QueryFailure(code, "it \"failed\"")
    let text = #"{"error":{"code":"\#(word)","message":"it \"failed\""},"ok":false,"protocol":1}"#
    #expect(try json(QueryReply<Prediction>.failure(failure)) == text)
    guard case .failure(let decoded) = try decode(QueryReply<Prediction>.self, text) else {
      Issue.record("read as a success")
      return
    }
    #expect(decoded == failure)
    #expect(failure.description == "it \"failed\" (\(word))")
  }

  @Test func topicsAndEndpoints() {
    #expect(Topic.allCases.map(\.rawValue) == ["coefficients", "coefficients.delta", "stats", "event"])
    let endpoints = [
      DefaultEndpoints.ingestSub, DefaultEndpoints.ingestPull, DefaultEndpoints.publish,
      DefaultEndpoints.query,
    ]
    #expect(Set(endpoints).count == 4)
    // Nothing is open to the network unless someone asks for it.
    #expect(endpoints.allSatisfy { $0.hasPrefix("tcp://127.0.0.1:") })
  }
}
