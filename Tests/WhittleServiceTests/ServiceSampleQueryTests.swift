import FoundationEssentials
import ModelStore
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleService

/// Questions about samples, and coefficients in all forms, asked of a daemon.
@Suite(.timeLimit(.minutes(2))) struct ServiceSampleQueryTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  private func learned(_ daemon: TestDaemon, _ stream: [String]) async throws -> Model {
    try await daemon.push(stream)
    let expected = try model(stream)
    try await daemon.stats { $0.step == expected.steps }
    return expected
  }

  @Test func explanation() async throws {
    let daemon = try await TestDaemon(in: place)
    let expected = try await learned(daemon, messages(30, seed: 3))
    let told: Explanation = try await daemon.ask(
      #"{"op": "explain", "protocol": 1, "x": {"sleep": 2, "größe": -1, "a b": 0.5, "new": 3, "bias": 1}}"#)
    #expect(told.unknownFeatures == ["new"] && told.collisions == nil && told.step == expected.steps)
    #expect(Set(told.names) == ["sleep", "größe", "a b", "bias"] && told.intercept == expected.learner.intercept)
    let sum = told.contributions.reduce(told.intercept, +)
    #expect(abs(sum - told.margin) <= 1e-12 * (abs(told.margin) + 10) && told.prediction == told.margin)
    for (name, coefficient) in zip(told.names, told.coefficients) {
      let index = try #require(expected.space.index(of: name))
      #expect(coefficient == expected.learner.coefficient(Int(index)))
    }
    try await daemon.stop()
  }

  /// Few samples are answered at once and many elsewhere: both alike, and as one by one.
  @Test(arguments: [1, 20, 2000])
  func severalPredictions(count: Int) async throws {
    let daemon = try await TestDaemon(in: place)
    let expected = try await learned(daemon, messages(30, seed: 4))
    let samples = (0..<count).map { "{\"sleep\": \($0), \"bias\": 1, \"new\": 2}" }
    let text = "{\"op\": \"predict\", \"samples\": [\(samples.joined(separator: ", "))]}"
    let told: Predictions = try await daemon.ask(text)
    #expect(told.predictions.count == count && told.step == expected.steps)
    for place in [0, count / 2, count - 1] {
      let alone: Prediction = try await daemon.ask("{\"op\": \"predict\", \"x\": \(samples[place])}")
      #expect(alone.margin == told.margins[place] && alone.prediction == told.predictions[place])
      #expect(alone.unknownFeatures == told.unknownFeatures[place] && alone.unknownFeatures == 1)
    }
    let binary = try await daemon.ask(frames: [Array("\(text.dropLast()), \"binary\": true}".utf8)])
    guard
      case .success(let head) = try JSONDecoder().decode(QueryReply<BinaryPredictions>.self, from: Data(binary[0]))
    else {
      Issue.record("refused")
      return
    }
    #expect(try Predictions(head, Array(binary.dropFirst())) == told)
    let arrays = Array(#"{"op": "predict", "arrays": {"x": {"dtype": "<f8", "shape": [\#(count), 2]}}}"#.utf8)
    var rows: [Double] = []
    for row in 0..<count { rows += [Double(row), 1] }
    let values = rows.withUnsafeBytes { Array($0) }
    let answer = try await daemon.ask(frames: [[1], [], arrays, values])
    #expect(answer.prefix(2) == [[1], []])
    guard case .success(let byPosition) = try JSONDecoder().decode(QueryReply<Predictions>.self, from: Data(answer[2]))
    else {
      Issue.record("refused")
      return
    }
    let alone: Prediction = try await daemon.ask("{\"op\": \"predict\", \"x\": [\(count - 1), 1]}")
    #expect(byPosition.margins.last == alone.margin && byPosition.margins.count == count)
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected))
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let question: String
    let says: String
    var testDescription: String { "\(question.prefix(80))" }
  }

  private static let blank = String(repeating: " ", count: 20_000)

  @Test func wrongSamplesAreRefused() async throws {
    let daemon = try await TestDaemon(in: place, ["limits.samples_per_message": "3"])
    for blank in ["", Self.blank] {
      for (question, says) in [
        (
          #"{"op": "predict", "samples": [{}, 3]}"#,
          "sample 2: a sample must be an object by name or an array by position"
        ),
        (#"{"op": "predict", "samples": {}}"#, "\"samples\" must be an array"),
        (#"{"op": "predict", "samples": [{}, {"a": "b", "a=b": 1}]}"#, "sample 2: feature \"a=b\" stands twice"),
        (#"{"op": "predict", "samples": [{}, {}, {}, {}]}"#, "limits.samples_per_message"),
        (#"{"op": "predict", "x": {}, "x": {}}"#, "stands twice"),
        (#"{"op": "predict", "x": {}, "samples": []}"#, "exclude each other"),
        (#"{"op": "explain", "x": 3}"#, "\"x\" must be an object by name or an array by position, not a number"),
        (#"{"op": "explain", "x": {"a": 1e39}}"#, "1e+39"),
        (#"{"op": "predict", "arrays": {}}"#, "header"),
        (#"{"op": "predict", "arrays": {"x": {"dtype": "<f4", "shape": [1, 1]}}}"#, "a frame for each buffer"),
        (#"{"op": "predict", "x": {"a": 1}"#, "not valid JSON"),
      ] {
        let failure = try await daemon.refusal([Array((blank + question).utf8)])
        #expect(failure?.code == .badRequest, "\(question)")
        #expect(failure?.message.contains(says) == true, "\(question): \(String(describing: failure))")
      }
      let answer: Predictions = try await daemon.ask(blank + #"{"op": "predict", "samples": []}"#)
      #expect(answer.predictions.isEmpty)
      let stats: Stats = try await daemon.ask(blank + #"{"op": "stats"}"#)
      #expect(stats.step == 0 && stats.features == 0)
    }
    try await daemon.stop()
  }

  @Test func coefficientsLikeAndInParts() async throws {
    let daemon = try await TestDaemon(in: place, ["penalty.l1": "0.5", "learning_rate.initial": "0.1"])
    let names = (0..<3000).map { "price of \($0)" } + ["größe", "zero"]
    let members = names.enumerated().map { "\"\($1)\": \($1 == "zero" ? 0.0001 : Double($0 % 7 + 1))" }
    try await daemon.push([
      #"{"y": 3, "x": {"zero": 0.001}}"#, "{\"y\": 3, \"x\": {\(members.joined(separator: ", "))}}",
    ])
    try await daemon.stats { $0.step == 2 }
    let all: Coefficients = try await daemon.ask(#"{"op": "coefficients"}"#)
    #expect(all.names.count == 3002 && all.activeSet == 3001 && all.cursor == nil)
    let active: Coefficients = try await daemon.ask(#"{"op": "coefficients", "active": true}"#)
    #expect(active.names.count == 3001 && !active.values.contains(0) && active.features == 3002)
    let like: Coefficients = try await daemon.ask(#"{"op": "coefficients", "like": "price of 1?", "top": 3}"#)
    #expect(like.names == ["price of 13", "price of 12", "price of 19"])
    let byName: Coefficients = try await daemon.ask(
      #"{"op": "coefficients", "names": ["zero", "größe"], "active": true}"#)
    #expect(byName.names == ["größe"])
    // More names than are looked up at once.
    let list = names.map { "\"\($0)\"" }.joined(separator: ",")
    let many: Coefficients = try await daemon.ask("{\"op\": \"coefficients\", \"names\": [\(list)]}")
    #expect(many.names == names)
    let failure = try await daemon.refusal([Array("{\"op\": \"coefficients\", \"names\": [\(list), \"q\"]}".utf8)])
    #expect(failure == QueryFailure(.unknownFeature, "the model knows no feature \"q\""))
    // In parts, as of the step of the first, whatever is learned meanwhile.
    var part: Coefficients = try await daemon.ask(#"{"op": "coefficients", "limit": 1000}"#)
    var parts = [part]
    while let cursor = part.cursor {
      try await daemon.push([#"{"y": 5, "x": {"größe": 1, "another": 2}}"#])
      try await daemon.stats { [count = parts.count] in $0.step == 2 + UInt64(count) }
      part = try await daemon.ask("{\"op\": \"coefficients\", \"cursor\": \"\(cursor)\"}")
      parts.append(part)
    }
    #expect(parts.map(\.names.count) == [1000, 1000, 1000, 2] && parts.flatMap(\.names) == all.names)
    #expect(parts.flatMap(\.values) == all.values && parts.allSatisfy { $0.step == 2 && $0.features == 3002 })
    let unknown = try await daemon.refusal([Array(#"{"op": "coefficients", "cursor": "1-1"}"#.utf8)])
    #expect(unknown?.code == .unknownCursor)
    try await daemon.stop()
  }

  /// Damaged questions of all kinds get an answer, and change nothing.
  @Test func damagedQuestions() async throws {
    let daemon = try await TestDaemon(in: place)
    let expected = try await learned(daemon, messages(30, seed: 6))
    let endpoint = place.query
    try await onThread {
      let socket = try Socket(.dealer, in: Context())
      try socket.set(.linger(0))
      try socket.set(.receiveTimeout(30_000))
      try socket.connect(endpoint)
      var random = SeededGenerator(seed: 11)
      let questions = [
        #"{"op":"predict","x":{"sleep":1.5,"color":"red","n":{"a":[1,2]}}}"#,
        #"{"op":"predict","samples":[{"sleep":1},[1,2]],"binary":true}"#,
        #"{"op":"explain","x":{"sleep":1,"größe":2}}"#,
        #"{"op":"coefficients","like":"s[a-z]*","top":3,"active":true,"limit":2,"binary":false}"#,
        #"{"op":"coefficients","names":["sleep"]}"#, #"{"op":"coefficients","cursor":"12ab-3"}"#,
        #"{"op":"predict","protocol":1,"arrays":{"x":{"dtype":"<f4","shape":[2,1]}}}"#, #"{"op":"stats"}"#,
        #"{"op":"configuration","protocol":1}"#,
      ]
      for round in 0..<3000 {
        var text = Array(random.pick(questions).utf8)
        for _ in 0..<random.below(4) {
          let at = random.below(text.count)
          switch random.below(4) {
          case 0: text[at] = UInt8(random.below(256))
          case 1: text.remove(at: at)
          case 2: text.insert(random.pick(Array("{}[]\",:0-e".utf8)), at: at)
          default: text.insert(contentsOf: text[at..<min(at + 5, text.count)], at: at)
          }
          if text.isEmpty { text = [0] }
        }
        let number = withUnsafeBytes(of: UInt32(round)) { Array($0) }
        let buffers = (0..<random.below(3)).map { _ in (0..<random.pick([0, 3, 8])).map { UInt8($0) } }
        try socket.send([number, [], text] + buffers)
        guard let answer = try socket.receive() else { throw NothingCame() }
        #expect(answer[0] == number && answer[1].isEmpty, "round \(round)")
        guard case .object(let members) = try JSONDecoder().decode(JSONValue.self, from: Data(answer[2])) else {
          Issue.record("round \(round): no object")
          continue
        }
        #expect(members["protocol"] == .number(1), "round \(round)")
        if members["ok"] == .boolean(false) {
          guard case .object(let error)? = members["error"] else {
            Issue.record("round \(round): no error")
            continue
          }
          #expect(Set(error.keys) == ["code", "message"] && answer.count == 3, "round \(round)")
        }
      }
    }
    try await daemon.stop()
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected))
  }
}
