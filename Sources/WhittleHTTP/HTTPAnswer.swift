internal import HTTPTypes

/// What is answered to a request.
struct HTTPAnswer: Sendable {
  enum Body: Sendable {
    case whole([UInt8])
    /// Goes on until either end has enough.
    case live
  }

  var status: HTTPResponse.Status
  var fields: HTTPFields
  var body: Body

  init(_ status: HTTPResponse.Status = .ok, as type: String, _ body: Body) {
    self.status = status
    self.body = body
    fields = [
      .contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
      .referrerPolicy: "no-referrer", .crossOriginResourcePolicy: "same-origin",
    ]
    if case .whole(let bytes) = body { fields[.contentLength] = String(bytes.count) }
  }

  /// A few words.
  init(_ status: HTTPResponse.Status, text: String) {
    self.init(status, as: "text/plain; charset=utf-8", .whole(Array((text + "\n").utf8)))
  }

  /// JSON in bytes.
  init(_ status: HTTPResponse.Status = .ok, json: [UInt8]) {
    self.init(status, as: "application/json", .whole(json))
  }
}

extension HTTPField.Name {
  // Names that are well formed, as a test sees.
  static let referrerPolicy = HTTPField.Name("Referrer-Policy") ?? .server
  static let secFetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .server
  static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .server
}
