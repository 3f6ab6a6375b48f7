import HTTPTypes
import Testing

@testable import WhittleHTTP
@testable import WhittleService

/// What is answered, without any connection: by a daemon that is only just starting, and to whom.
@Suite struct HTTPAnswerTests {
  private func answer(
    _ path: String, _ method: HTTPRequest.Method = .get, host: String? = "localhost", isLocal: Bool = true,
    _ fields: HTTPFields = [:], _ telemetry: Telemetry = Telemetry()
  ) -> HTTPAnswer {
    let request = HTTPRequest(method: method, scheme: "http", authority: host, path: path, headerFields: fields)
    return HTTPAnswers(telemetry: telemetry, door: HTTPDoor(token: nil))
      .answer(to: request, over: isLocal ? .loopback : .network)
  }

  private func text(_ answer: HTTPAnswer) -> String {
    guard case .whole(let bytes) = answer.body else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func fieldNamesAreWellFormed() {
    #expect(HTTPField.Name.referrerPolicy.rawName == "Referrer-Policy")
    #expect(HTTPField.Name.secFetchSite.rawName == "Sec-Fetch-Site")
    #expect(HTTPField.Name.lastEventID.rawName == "Last-Event-ID")
  }

  @Test(arguments: [HTTPDoor.Way.network, .loopback, .unixSocket])
  func theTokenIsForThoseWhoComeOverTCP(_ way: HTTPDoor.Way) {
    let door = HTTPDoor(token: Array("abcdefghijklmnop".utf8))
    func status(_ authorization: String?) -> HTTPResponse.Status {
      var request = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "/readyz")
      request.headerFields[.authorization] = authorization
      let telemetry = Telemetry()
      telemetry.enter(.learning)
      return HTTPAnswers(telemetry: telemetry, door: door).answer(to: request, over: way).status
    }
    let refused: HTTPResponse.Status = way == .unixSocket ? .ok : .unauthorized
    #expect(status("Bearer abcdefghijklmnop") == .ok)
    #expect(status("Basic YTphYmNkZWZnaGlqa2xtbm9w") == .ok)
    for wrong in [nil, "", "Bearer", "Bearer abcdefghijklmno", "Bearer abcdefghijklmnopq", "Basic abcdefghijklmnop"] {
      #expect(status(wrong) == refused)
    }
    #expect(door.refusedRequests == (way == .unixSocket ? 0 : 6))
  }

  @Test func tokensAreComparedWhole() {
    let token = Array("abcdefghijklmnop".utf8)
    #expect(HTTPDoor.areEqual(token, token))
    for index in token.indices {
      var other = token
      other[index] ^= 1
      #expect(!HTTPDoor.areEqual(other, token))
      #expect(!HTTPDoor.areEqual(Array(token[..<index]), token))
    }
    #expect(!HTTPDoor.areEqual(token + [0], token))
  }

  @Test(arguments: ["/api/stats", "/api/coefficients", "/api/configuration"])
  func whatIsNotKnownYet(path: String) {
    #expect(answer(path).status == .serviceUnavailable)
    #expect(text(answer(path)).contains("\"starting\""))
  }

  @Test(arguments: [
    "/", "/style.css", "/script.js", "/metrics", "/healthz", "/api/history", "/api/path", "/api/events",
  ])
  func whatIsThereFromTheBeginning(path: String) {
    #expect(answer(path).status == .ok)
  }

  @Test func theWayOfADaemon() {
    let telemetry = Telemetry()
    #expect(text(answer("/readyz", [:], telemetry)) == "starting: the model is being restored\n")
    #expect(text(answer("/metrics", [:], telemetry)).contains("\nwhittle_ready 0\n"))
    telemetry.enter(.learning)
    #expect(answer("/readyz", [:], telemetry).status == .ok)
    #expect(text(answer("/metrics", [:], telemetry)).contains("\nwhittle_ready 1\n"))
    telemetry.enter(.stopping)
    #expect(text(answer("/readyz", [:], telemetry)) == "stopping\n")
    #expect(answer("/readyz", [:], telemetry).status == .serviceUnavailable)
    // The word that the start is over may come late.
    telemetry.enter(.learning)
    #expect(telemetry.phase == .stopping)
  }

  private func answer(_ path: String, _ fields: HTTPFields, _ telemetry: Telemetry) -> HTTPAnswer {
    answer(path, .get, host: "localhost", isLocal: true, fields, telemetry)
  }

  @Test func anEngineThatDoesNotGetFurther() {
    let telemetry = Telemetry()
    telemetry.heartbeat.work(since: monotonicSeconds() - 90)
    // Restoring a model may take as long as it likes.
    #expect(answer("/healthz", [:], telemetry).status == .ok)
    telemetry.enter(.learning)
    #expect(answer("/healthz", [:], telemetry).status == .serviceUnavailable)
    #expect(text(answer("/healthz", [:], telemetry)) == "the engine has not got further for 90 seconds\n")
    telemetry.heartbeat.rest()
    #expect(answer("/healthz", [:], telemetry).status == .ok)
    telemetry.heartbeat.work(since: monotonicSeconds() - 30)
    #expect(answer("/healthz", [:], telemetry).status == .ok)
  }

  @Test func otherNamesAreForAddressesThatOthersReach() {
    #expect(answer("/", host: "whittle.example").status == .forbidden)
    #expect(answer("/", host: "whittle.example", isLocal: false).status == .ok)
    #expect(answer("/", host: nil).status == .forbidden)
    #expect(answer("/", host: nil, isLocal: false).status == .ok)
  }

  @Test func aWrongMethodIsNoWayPastTheHost() {
    #expect(answer("/", .post, host: "evil.example").status == .forbidden)
    #expect(answer("/", .post).status == .methodNotAllowed)
    #expect(answer("/api/stats", .get, [.secFetchSite: "cross-site"]).status == .forbidden)
  }

  private func answer(_ path: String, _ method: HTTPRequest.Method, _ fields: HTTPFields) -> HTTPAnswer {
    answer(path, method, host: "localhost", isLocal: true, fields)
  }
}
