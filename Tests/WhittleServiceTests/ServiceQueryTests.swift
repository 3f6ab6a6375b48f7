import FoundationEssentials
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleService

/// Every question is answered, the malformed ones too.
@Suite(.timeLimit(.minutes(2))) struct ServiceQueryTests {
  private let place: DaemonPlace
  private static let stats = Array(#"{"op": "stats"}"#.utf8)

  init() throws {
    place = try DaemonPlace()
  }

  @Test func requestersAndDealersAreAnswered() async throws {
    let daemon = try await TestDaemon(in: place)
    for _ in 0..<3 {
      let plain = try await daemon.ask(frames: [Self.stats])
      #expect(plain.count == 1)
      let correlated = try await daemon.ask(frames: [[7], [8, 9], [], Self.stats])
      #expect(correlated.prefix(3) == [[7], [8, 9], []], "what tells answers apart comes back")
      #expect(correlated.count == 4)
      let delimited = try await daemon.ask(frames: [[], Self.stats])
      #expect(delimited.count == 2 && delimited[0].isEmpty, "a delimiter comes back")
      let request = try await daemon.ask(frames: [Self.stats], from: .request)
      #expect(request.count == 1)
      for answer in [plain[0], delimited[1], request[0]] {
        let reply = try JSONDecoder().decode(QueryReply<Stats>.self, from: Data(answer))
        guard case .success(let stats) = reply else {
          Issue.record("refused: \(reply)")
          continue
        }
        #expect(stats.step == 0)
      }
    }
    try await daemon.stop()
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    let question: String
    let code: QueryFailure.Code
    let says: String
    var testDescription: String { question.isEmpty ? "nothing" : question }

    init(_ question: String, _ code: QueryFailure.Code, _ says: String) {
      self.question = question
      self.code = code
      self.says = says
    }
  }

  private static let refused = [
    Refused("", .badRequest, "the request is not valid JSON"),
    Refused("stats", .badRequest, "the request is not valid JSON"),
    Refused(#"{"op": "stats""#, .badRequest, "the request is not valid JSON"),
    Refused(#"{"op": "stats"} {}"#, .badRequest, "the request is not valid JSON"),
    Refused("[]", .badRequest, "a request is a JSON object"),
    Refused("7", .badRequest, "a request is a JSON object"),
    Refused("{}", .badRequest, "the request has no \"op\"; known operations: predict, explain"),
    Refused(#"{"op": 7}"#, .badRequest, "\"op\" must be a string"),
    Refused(#"{"op": "status"}"#, .unknownOperation, "there is no operation \"status\"; known operations: predict"),
    Refused(#"{"op": "stats", "x": 1}"#, .unknownField, "\"stats\" has no field \"x\"; known fields: none besides"),
    Refused(
      #"{"op": "coefficients", "name": "a"}"#, .unknownField,
      "known fields: names, top, like, active, limit, cursor, binary"),
    Refused(#"{"op": "coefficients", "names": "a"}"#, .badRequest, "\"names\" must be an array of strings"),
    Refused(#"{"op": "coefficients", "names": [1]}"#, .badRequest, "\"names\" must be an array of strings"),
    Refused(#"{"op": "coefficients", "top": -1}"#, .badRequest, "\"top\" must be a whole number of at least 0"),
    Refused(#"{"op": "coefficients", "top": 1.5}"#, .badRequest, "\"top\" must be a whole number of at least 0"),
    Refused(#"{"op": "coefficients", "top": 1, "names": []}"#, .badRequest, "exclude each other"),
    Refused(#"{"op": "coefficients", "names": ["a", "z"]}"#, .unknownFeature, "the model knows no feature \"z\""),
    Refused(#"{"op": "predict"}"#, .badRequest, "\"predict\" needs \"x\""),
    Refused(#"{"op": "predict", "x": 1}"#, .badRequest, "\"x\""),
    Refused(#"{"op": "predict", "x": {"a": 1e39}}"#, .badRequest, "the value of feature \"a\" is 1e+39"),
    Refused(#"{"op": "predict", "x": {"a": [1], "a[0]": 1}}"#, .badRequest, "feature \"a[0]\" stands twice"),
  ]

  @Test func everyRefusalSaysWhy() async throws {
    let daemon = try await TestDaemon(in: place)
    try await daemon.push([#"{"y": 1, "x": {"a": 1}}"#])
    try await daemon.stats { $0.step == 1 }
    for refused in Self.refused {
      for kind in [Socket.Kind.dealer, .request] {
        let failure = try await daemon.refusal([Array(refused.question.utf8)], from: kind)
        #expect(failure?.code == refused.code, "\(refused.question)")
        #expect(failure?.message.contains(refused.says) == true, "\(refused.question): \(String(describing: failure))")
      }
    }
    #expect(try await daemon.stats().step == 1)
    try await daemon.stop()
  }

  @Test func envelopesOfAnyShapeAreAnswered() async throws {
    let daemon = try await TestDaemon(in: place)
    let several = [Self.stats, Self.stats]
    for (frames, count) in [
      (several, 2), (several + several, 4), ([Self.stats, []], 2), (Array(repeating: Self.stats, count: 40), 40),
    ] {
      let failure = try await daemon.refusal(frames)
      #expect(failure?.code == .badRequest)
      #expect(failure?.message == "a request is one frame of JSON; this one has \(count)")
      // A REQ socket drops answers without its delimiter: the refusal must have it.
      let request = try await daemon.refusal(frames, from: .request)
      #expect(request?.message == "a request is one frame of JSON; this one has \(count)")
    }
    let long = [UInt8](repeating: 7, count: 600)
    let failure = try await daemon.refusal([long, long, [], Self.stats])
    #expect(failure?.message == "the frames before the empty one have 176 bytes more than the 1024 that are sent back")
    #expect(try await daemon.refusal([[]])?.message == "the request is not valid JSON")
    #expect(try await daemon.refusal([[], []])?.message == "the request is not valid JSON")
    #expect(try await daemon.stats().step == 0)
    try await daemon.stop()
  }

  @Test func coefficientsByNameAndByWeight() async throws {
    let daemon = try await TestDaemon(in: place, ["penalty.l1": "0", "penalty.l2": "0"])
    let stream = [#"{"y": 3, "x": {"a": 1, "b": -2, "c": 0.5, "é": 2}}"#]
    try await daemon.push(stream)
    try await daemon.stats { $0.step == 1 }
    let all: Coefficients = try await daemon.ask(#"{"op": "coefficients"}"#)
    #expect(all.names == ["a", "b", "c", "é"] && all.features == 4 && all.activeSet == 4)
    let named: Coefficients = try await daemon.ask(#"{"op": "coefficients", "names": ["é", "a", "é"]}"#)
    #expect(named.names == ["é", "a", "é"] && named.values == [all.values[3], all.values[0], all.values[3]])
    let top: Coefficients = try await daemon.ask(#"{"op": "coefficients", "top": 3}"#)
    #expect(top.names == ["b", "é", "a"], "equal weights in the order in which the features came")
    for (question, count) in [("0", 0), ("4", 4), ("1000000", 4)] {
      let some: Coefficients = try await daemon.ask("{\"op\": \"coefficients\", \"top\": \(question)}")
      #expect(some.names.count == count && some.features == 4)
    }
    let none: Coefficients = try await daemon.ask(#"{"op": "coefficients", "names": []}"#)
    #expect(none.names.isEmpty && none.activeSet == 4)
    try await daemon.stop()
  }

  @Test func checkpointsAskedForByManyAtOnce() async throws {
    let daemon = try await TestDaemon(in: place, ["checkpoint.keep": "2"])
    let stream = messages(20, seed: 5)
    try await daemon.push(stream)
    let expected = try model(stream)
    try await daemon.stats { $0.step == expected.steps }
    let written = try await withThrowingTaskGroup(of: CheckpointWritten.self) { group in
      for _ in 0..<12 { group.addTask { try await daemon.ask(#"{"op": "checkpoint"}"#) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(written.count == 12)
    #expect(written.allSatisfy { $0.step == expected.steps && $0.file.hasPrefix(place.state) && $0.bytes > 0 })
    #expect(try place.checkpointNames.count == 2, "checkpoint.keep")
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected))
    let stats = try await daemon.stats()
    #expect(stats.checkpoint?.step == expected.steps)
    #expect(try written.map(\.file).contains(#require(stats.checkpoint?.file)))
    let before = try place.checkpointNames
    try await daemon.stop()
    #expect(try place.checkpointNames == before, "nothing new to write at the end")
  }

  @Test func configurationIsReported() async throws {
    let daemon = try await TestDaemon(in: place, ["query.bind": "tcp://127.0.0.1:*,\(place.query)"])
    let report: ConfigurationReport = try await daemon.ask(#"{"op": "configuration"}"#)
    #expect(report.configuration["penalty.l1"] == .number(0.01))
    #expect(report.origins["penalty.l1"] == "default" && report.origins["query.bind"] == "flag")
    let endpoints = try #require(report.endpoints["query.bind"])
    #expect(endpoints.count == 2 && endpoints[1] == place.query)
    #expect(endpoints[0].hasPrefix("tcp://127.0.0.1:") && !endpoints[0].hasSuffix("*"))
    #expect(report.endpoints["publish.bind"] == [place.publish])
    #expect(report.endpoints["ingest.sub.bind"] == [place.sub])
    #expect(report.version == whittleVersion)
    // The port is open.
    #expect(try await daemon.ask(frames: [Self.stats], at: endpoints[0]).count == 1)
    try await daemon.stop()
  }
}
