import Synchronization
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient

@Suite(.timeLimit(.minutes(2))) struct ConnectionQuestionTests {
  private static let expected = Prediction(step: 7, prediction: 1.5, margin: 1.5, unknownFeatures: 0)

  @Test func asksAndIsAnswered() async throws {
    let daemon = try FakePeer(.router) { answer(prediction, to: $0) }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    for _ in 0..<3 { #expect(try await whittle.predict(x: ["a": 1]) == ConnectionQuestionTests.expected) }
    let questions = daemon.received
    for question in questions {
      #expect(try WireJSON.decode(QueryRequest.self, from: question[3], of: "") == .predict(x: ["a": 1]))
    }
    #expect(questions.allSatisfy { $0[2].isEmpty } && Set(questions.map { $0[1] }).count == 3)
    #expect(Set(questions.map { $0[0] }).count == 1, "all go over one connection")
    await whittle.close()
  }

  @Test func aThousandAtOnceGetTheirOwnAnswers() async throws {
    // Answers come in lots, the last question's first.
    let held = Mutex<[[[UInt8]]]>([])
    let daemon = try FakePeer(
      .router,
      answers: { message in
        held.withLock { held in
          held.append(message)
          guard held.count == 125 else { return [] }
          defer { held = [] }
          return held.reversed().map { message in
            let n = number(in: message) ?? .nan
            return answer(
              #"{"ok":true,"step":1,"prediction":\#(n),"margin":\#(-n),"unknown_features":0}"#, to: message)
          }
        }
      })
    let whittle = try WhittleConnection.to(daemon.endpoint, timeout: .seconds(60))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for n in 0..<1000 {
        group.addTask {
          let answer = try await whittle.predict(x: ["n": .number(Double(n))])
          #expect(answer.prediction == Double(n) && answer.margin == -Double(n))
        }
      }
      try await group.waitForAll()
    }
    #expect(daemon.received.count == 1000)
  }

  @Test func noMoreThanAllowedAreUnderWay() async throws {
    let daemon = try FakePeer(.router)
    let whittle = try WhittleConnection.to(daemon.endpoint, timeout: .seconds(60)) { $0.unanswered = 9 }
    let nine = (0..<9).map { _ in
      Task { await failure { () async throws(ClientError) in try await whittle.predict(x: []) } }
    }
    _ = try await daemon.arrived(9)
    let tenth = await failure { () async throws(ClientError) in
      try await whittle.predict(x: [], timeout: .milliseconds(100))
    }
    #expect(tenth == .noAnswer(endpoint: daemon.endpoint, milliseconds: 100))
    #expect(daemon.received.count == 9)
    // One that is over makes room for the next.
    nine[0].cancel()
    let next = Task { await failure { () async throws(ClientError) in try await whittle.predict(x: []) } }
    #expect(try await daemon.arrived(10).count == 10)
    for task in nine + [next] {
      task.cancel()
      #expect(await task.value == .cancelled)
    }
  }

  @Test func refusalsCarryTheDaemonsWords() async throws {
    let daemon = try FakePeer(.router) {
      answer(#"{"ok":false,"error":{"code":"unknown_feature","message":"there is no feature \"z\""}}"#, to: $0)
    }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let error = await failure { () async throws(ClientError) in try await whittle.coefficients(names: ["z"]) }
    #expect(error == .refused(QueryFailure(.unknownFeature, "there is no feature \"z\"")))
  }

  @Test(arguments: ["", "nonsense", "[]", "{}", #"{"ok":true}"#, #"{"ok":false}"#, #"{"ok":1}"#])
  func malformedAnswersAreErrors(json: String) async throws {
    let daemon = try FakePeer(.router) { answer(json, to: $0) }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let error = await failure { () async throws(ClientError) in try await whittle.stats() }
    guard case .malformed(daemon.endpoint, _) = error else {
      Issue.record("\(json) gave \(String(describing: error))")
      return
    }
  }

  @Test func aPeerThatSendsBackNoIdIsNoDaemon() async throws {
    let daemon = try FakePeer(.router) { [$0[0], utf8(prediction)] }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let error = await failure { () async throws(ClientError) in try await whittle.stats() }
    #expect(error == .malformed(endpoint: daemon.endpoint, reason: "an answer that belongs to no question"))
  }

  @Test func nobodyThereIsUnreachable() async throws {
    let gone = try FakePeer(.router).endpoint
    let whittle = try WhittleConnection.to(gone, timeout: .milliseconds(50))
    let error = await failure { () async throws(ClientError) in try await whittle.stats() }
    #expect(error == .unreachable(endpoint: gone, milliseconds: 50))
  }

  @Test func aLateAnswerIsNobodys() async throws {
    // The answer to the first question goes out before the second's.
    let first = Mutex<[[UInt8]]?>(nil)
    let daemon = try FakePeer(
      .router,
      answers: { message in
        first.withLock { first in
          guard let late = first else {
            first = message
            return []
          }
          let other = #"{"ok":true,"step":1,"prediction":-1,"margin":-1,"unknown_features":0}"#
          return [answer(other, to: late), answer(prediction, to: message)]
        }
      })
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let error = await failure { () async throws(ClientError) in
      try await whittle.predict(x: [], timeout: .milliseconds(100))
    }
    #expect(error == .noAnswer(endpoint: daemon.endpoint, milliseconds: 100))
    #expect(try await whittle.predict(x: []) == ConnectionQuestionTests.expected)
  }

  @Test func wrongEndpointsAndNumbersAreErrors() async throws {
    let nowhere = try WhittleConnection.to("nonsense")
    let endpoint = await failure { () async throws(ClientError) in try await nowhere.stats() }
    guard case .unusableEndpoint = endpoint else {
      Issue.record("\(String(describing: endpoint))")
      return
    }
    let number = await failure { () async throws(ClientError) in try await nowhere.predict(x: [.number(.nan)]) }
    guard case .unsendable = number else {
      Issue.record("\(String(describing: number))")
      return
    }
  }

  @Test func aDaemonThatComesBackIsAskedAgain() async throws {
    let place = try TemporaryDirectory()
    let endpoint = "ipc://\(place.path)/query"
    let first = Mutex<FakePeer?>(try FakePeer(.router, bind: endpoint))
    let whittle = try WhittleConnection.to(endpoint, timeout: .seconds(30))
    async let predicted = whittle.predict(x: ["n": 1])
    async let written = failure { () async throws(ClientError) in try await whittle.checkpoint() }
    _ = try await first.withLock { $0 }?.arrived(2)
    first.withLock { $0 = nil }
    #expect(await written == .interrupted(endpoint: endpoint), "a checkpoint may be there already")
    let second = try FakePeer(.router, bind: endpoint) { answer(prediction, to: $0) }
    #expect(try await predicted == ConnectionQuestionTests.expected)
    #expect(second.received.count == 1)
    #expect(try await whittle.predict(x: ["n": 2]) == ConnectionQuestionTests.expected)
  }

  @Test func onlyWhatChangesNothingIsAskedAgain() {
    let requests: [QueryRequest] = [
      .predict(PredictQuestion(.one([]))), .explain(ExplainQuestion(x: [])), .coefficients(CoefficientsQuestion()),
      .stats, .configuration, .checkpoint, .set(SetQuestion(values: [:])), .reset, .reload,
    ]
    #expect(Set(requests.map(\.operation)) == Set(QueryRequest.Operation.allCases))
    #expect(
      Set(requests.filter(\.isRepeatable).map(\.operation)) == [
        .predict, .explain, .coefficients, .stats, .configuration,
      ])
  }

  @Test func aDaemonThatComesLateIsAsked() async throws {
    let place = try TemporaryDirectory()
    let endpoint = "ipc://\(place.path)/query"
    let whittle = try WhittleConnection.to(endpoint, timeout: .seconds(30))
    async let predicted = whittle.predict(x: [])
    _ = await failure { () async throws(ClientError) in try await whittle.stats(timeout: .milliseconds(20)) }
    let daemon = try FakePeer(.router, bind: endpoint) { answer(prediction, to: $0) }
    #expect(try await predicted == ConnectionQuestionTests.expected)
    #expect(daemon.received.count == 1, "the question that had timed out is not asked")
  }

  @Test func binaryAnswersAreRead() async throws {
    let told = Predictions(step: 9, predictions: [0.25, -1e300], margins: [1, .ulpOfOne], unknownFeatures: [0, 3])
    let (head, buffers) = told.binary
    let text = try WireJSON.encode(QueryReply<BinaryPredictions>.success(head))
    let daemon = try FakePeer(.router) { Array($0.prefix(3)) + [text] + buffers }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    #expect(try await whittle.predict(samples: [[:], [:]], binary: true) == told)
    let asked = try WireJSON.decode(QueryRequest.self, from: daemon.received[0][3], of: "")
    #expect(asked == .predict(PredictQuestion(.several([[:], [:]]), binary: true)))
    await whittle.close()
  }

  /// A part that a cursor is asked for is as the first one was: its answer tells by its frames whether it is binary.
  @Test func binaryCoefficientsComeByCursor() async throws {
    var arrays = BinaryArrays()
    arrays.append("values", [0.5, -2] as [Float])
    arrays.append("names", bytes: Array("aé".utf8))
    arrays.append("name_ends", [1, 3])
    let head = BinaryCoefficients(
      step: 3, intercept: 1.5, features: 7, activeSet: 2, cursor: nil, arrays: arrays.descriptions)
    let text = try WireJSON.encode(QueryReply<BinaryCoefficients>.success(head))
    let buffers = arrays.buffers
    let daemon = try FakePeer(.router) { Array($0.prefix(3)) + [text] + buffers }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let answer = try await whittle.coefficients(CoefficientsQuestion(limit: 2, cursor: "c"))
    #expect(
      answer
        == Coefficients(step: 3, intercept: 1.5, names: ["a", "é"], values: [0.5, -2], features: 7, activeSet: 2))
    await whittle.close()
  }

  @Test(arguments: [0, 1, 2]) func brokenBuffersAreMalformed(broken: Int) async throws {
    let (head, whole) = Predictions(step: 9, predictions: [1], margins: [1], unknownFeatures: [0]).binary
    var buffers = whole
    if broken == 0 { buffers.removeLast() } else { buffers[broken].removeLast() }
    let text = try WireJSON.encode(QueryReply<BinaryPredictions>.success(head))
    let daemon = try FakePeer(.router) { [buffers] in Array($0.prefix(3)) + [text] + buffers }
    let whittle = try WhittleConnection.to(daemon.endpoint)
    let failure = await failure { () async throws(ClientError) in
      try await whittle.predict(samples: [[:]], binary: true)
    }
    guard case .malformed? = failure else {
      Issue.record("\(failure as Any)")
      return
    }
    await whittle.close()
  }
}
