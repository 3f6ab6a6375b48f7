internal import FoundationEssentials
internal import HTTPTypes
internal import HummingbirdCore
internal import WhittleProtocol
internal import WhittleService

/// What each path answers. Nothing here waits, and nothing reaches further than the telemetry.
struct HTTPAnswers {
  let telemetry: Telemetry
  let door: HTTPDoor

  /// - Parameters:
  ///   - request: its head.
  ///   - way: how it came.
  func answer(to request: HTTPRequest, over way: HTTPDoor.Way) -> HTTPAnswer {
    let uri = URI(request.path ?? "/")
    if let refusal = refusal(of: request, uri, over: way) { return refusal }
    if let file = DashboardFiles.file(at: uri.path) { return page(file.type, file.bytes) }
    switch uri.path {
    case "/metrics": return metrics
    case "/healthz": return health
    case "/readyz": return readiness
    case "/api/stats": return known(telemetry.stats?.json)
    case "/api/coefficients": return coefficients(uri)
    case "/api/history": return encoded(telemetry.history)
    case "/api/path": return encoded(telemetry.path)
    case "/api/events": return events
    case "/api/checkpoints": return encoded(["checkpoints": telemetry.checkpoints])
    case "/api/configuration": return known(telemetry.configuration.flatMap(json))
    case "/api/live": return live
    default: return failure(.notFound, "not_found", "there is nothing at this path; the dashboard is at /")
    }
  }

  // MARK: Who may ask

  private func refusal(of request: HTTPRequest, _ uri: URI, over way: HTTPDoor.Way) -> HTTPAnswer? {
    if !door.admits(request, over: way) {
      var answer = failure(
        .unauthorized, "unauthorized",
        "show the token of http.token_file: as Authorization: Bearer TOKEN, or as a password with any user name")
      // This has browsers ask for it.
      answer.fields[.wwwAuthenticate] = #"Basic realm="whittle", charset="UTF-8""#
      return answer
    }
    if way == .loopback, !isLocalHost(request.authority) {
      // Else a page from anywhere could have its own name point here, and read all of this.
      return failure(
        .forbidden, "wrong_host",
        "this address is the machine's own: ask for it as localhost, 127.0.0.1 or [::1], with any port")
    }
    if request.headerFields[.secFetchSite] == "cross-site", uri.path != "/" {
      return failure(.forbidden, "cross_site", "other sites' pages may link to the dashboard, and no more")
    }
    guard request.method == .get || request.method == .head else {
      var answer = failure(.methodNotAllowed, "wrong_method", "only GET and HEAD are answered")
      answer.fields[.allow] = "GET, HEAD"
      return answer
    }
    return nil
  }

  private func isLocalHost(_ authority: String?) -> Bool {
    guard let authority else { return false }
    return ["localhost", "127.0.0.1", "[::1]"].contains { name in
      guard authority.lowercased().hasPrefix(name) else { return false }
      let rest = authority.dropFirst(name.count)
      return rest.isEmpty || rest.first == ":" && UInt16(rest.dropFirst()) != nil
    }
  }

  // MARK: The page

  private func page(_ type: String, _ bytes: [UInt8]) -> HTTPAnswer {
    var answer = HTTPAnswer(as: type, .whole(bytes))
    answer.fields[.contentSecurityPolicy] =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'"
    return answer
  }

  // MARK: How the daemon is

  private var health: HTTPAnswer {
    guard let seconds = telemetry.secondsStuck else { return HTTPAnswer(.ok, text: "ok") }
    return HTTPAnswer(.serviceUnavailable, text: "the engine has not got further for \(Int(seconds)) seconds")
  }

  private var readiness: HTTPAnswer {
    switch telemetry.phase {
    case .starting: return HTTPAnswer(.serviceUnavailable, text: "starting: the model is being restored")
    case .stopping: return HTTPAnswer(.serviceUnavailable, text: "stopping")
    case .learning:
      let problem = telemetry.reading?.stats.problem
      return HTTPAnswer(.ok, text: problem.map { "ready, degraded: \($0)" } ?? "ready")
    }
  }

  private var metrics: HTTPAnswer {
    HTTPAnswer(
      as: "text/plain; version=0.0.4; charset=utf-8",
      .whole(metricsText(telemetry, refusedRequests: door.refusedRequests)))
  }

  // MARK: What the dashboard shows

  private func coefficients(_ uri: URI) -> HTTPAnswer {
    let text = uri.queryParameters["top"]
    let top = text.map { Int($0) } ?? 100
    guard let top, 0...Telemetry.coefficientLimit ~= top else {
      return failure(
        .badRequest, "bad_request", "\"top\" must be a whole number from 0 to \(Telemetry.coefficientLimit)")
    }
    return known(telemetry.coefficients(top: top).flatMap(json))
  }

  private var events: HTTPAnswer {
    var text = Array(#"{"events":["#.utf8)
    for (index, event) in telemetry.events.enumerated() {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      text += event.json
    }
    return HTTPAnswer(json: text + Array("]}".utf8))
  }

  private var live: HTTPAnswer {
    HTTPAnswer(as: "text/event-stream", .live)
  }

  // MARK: Words

  private func known(_ json: [UInt8]?) -> HTTPAnswer {
    json.map { HTTPAnswer(json: $0) }
      ?? failure(.serviceUnavailable, "starting", "the model is being restored; ask again when /readyz says ready")
  }

  private func encoded(_ report: some Encodable) -> HTTPAnswer {
    json(report).map { HTTPAnswer(json: $0) }
      ?? failure(.internalServerError, "internal", "the answer could not be put into words")
  }

  private func json(_ report: some Encodable) -> [UInt8]? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(report)).map { Array($0) }
  }

  func failure(_ status: HTTPResponse.Status, _ code: String, _ message: String) -> HTTPAnswer {
    let words = ["error": ["code": code, "message": message]]
    return HTTPAnswer(status, json: json(words) ?? [])
  }
}
