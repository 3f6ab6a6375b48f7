import Synchronization
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient

@Suite struct QueryClientTests {
  private static let reply = #"{"ok":true,"step":7,"prediction":1.5,"margin":1.5,"unknown_features":0}"#
  private static let prediction = Prediction(step: 7, prediction: 1.5, margin: 1.5, unknownFeatures: 0)

  @Test func asksAndIsAnswered() throws {
    let daemon = try FakePeer(.router) { [$0[0], utf8(QueryClientTests.reply)] }
    let client = try QueryClient(endpoint: daemon.endpoint)
    for _ in 0..<3 {
      #expect(try client.predict(x: .object(["a": .number(1)])) == QueryClientTests.prediction)
    }
    #expect(daemon.received.count == 3)
  }

  @Test func aDelimiterIsSkipped() throws {
    let daemon = try FakePeer(.router) { [$0[0], [], utf8(QueryClientTests.reply)] }
    let client = try QueryClient(endpoint: daemon.endpoint)
    #expect(try client.predict(x: .array([])) == QueryClientTests.prediction)
  }

  @Test func refusalsCarryTheDaemonsWords() throws {
    let daemon = try FakePeer(.router) {
      [
        $0[0],
        utf8(#"{"ok":false,"error":{"code":"unknown_feature","message":"there is no feature \"z\""}}"#),
      ]
    }
    let client = try QueryClient(endpoint: daemon.endpoint)
    #expect(throws: ClientError.refused(QueryFailure(.unknownFeature, "there is no feature \"z\""))) {
      try client.coefficients(names: ["z"])
    }
  }

  @Test(arguments: ["", "nonsense", "[]", "{}", #"{"ok":true}"#, #"{"ok":false}"#, #"{"ok":1}"#])
  func malformedAnswersAreErrors(answer: String) throws {
    let daemon = try FakePeer(.router) { [$0[0], utf8(answer)] }
    let client = try QueryClient(endpoint: daemon.endpoint)
    #expect {
      try client.stats()
    } throws: { error in
      if case ClientError.malformed(daemon.endpoint, _) = error { true } else { false }
    }
  }

  @Test func nobodyThereIsUnreachable() throws {
    let gone = try FakePeer(.router).endpoint
    let client = try QueryClient(endpoint: gone, milliseconds: 50)
    #expect(throws: ClientError.unreachable(endpoint: gone, milliseconds: 50)) { try client.stats() }
  }

  @Test func worksAgainAfterATimeout() throws {
    // The late answer to the first question goes out together with the second question's.
    let asked = Mutex(0)
    let daemon = try FakePeer(.router) { message in
      asked.withLock {
        $0 += 1
        return $0 == 1 ? nil : [message[0], utf8(QueryClientTests.reply)]
      }
    }
    let client = try QueryClient(endpoint: daemon.endpoint, milliseconds: 300)
    #expect(throws: ClientError.noAnswer(endpoint: daemon.endpoint, milliseconds: 300)) {
      try client.predict(x: .array([]))
    }
    #expect(try client.predict(x: .array([])) == QueryClientTests.prediction)
    #expect(Set(daemon.received.map { $0[0] }).count == 2, "the second question comes from a fresh socket")
  }

  @Test func wrongEndpointsAndNumbersAreErrors() throws {
    #expect {
      try QueryClient(endpoint: "nonsense").stats()
    } throws: { error in
      if case ClientError.unusableEndpoint = error { true } else { false }
    }
    #expect {
      try QueryClient().predict(x: .array([.number(.nan)]))
    } throws: { error in
      if case ClientError.unsendable = error { true } else { false }
    }
  }
}

@Suite struct SubscriberTests {
  @Test func decodesWhatIsPublished() throws {
    // An extended publisher answers the subscription that it receives.
    let json = #"{"form":"full","step":3,"intercept":0.5,"names":["a"],"values":[2],"features":4,"active_set":1}"#
    let daemon = try FakePeer(.extendedPublish) { _ in [utf8("coefficients"), utf8(json)] }
    let subscriber = try Subscriber(endpoint: daemon.endpoint, topics: [.coefficients])
    let expected = Coefficients(step: 3, intercept: 0.5, names: ["a"], values: [2], features: 4, activeSet: 1)
    #expect(try subscriber.next(milliseconds: 5000) == Publication(.coefficients(expected)))
    #expect(throws: ClientError.nothingPublished(endpoint: daemon.endpoint, milliseconds: 20)) {
      try subscriber.next(milliseconds: 20)
    }
  }

  @Test(arguments: [[utf8("stats")], [utf8("stats"), utf8("{}")]])
  func malformedPublicationsAreErrors(frames: [[UInt8]]) throws {
    let daemon = try FakePeer(.extendedPublish) { _ in frames }
    let subscriber = try Subscriber(endpoint: daemon.endpoint, topics: [.stats])
    #expect {
      try subscriber.next(milliseconds: 5000)
    } throws: { error in
      if case ClientError.malformed = error { true } else { false }
    }
  }
}
