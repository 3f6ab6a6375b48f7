internal import Glibc
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import WhittleService

/// Answers a request.
func respond(
  _ telemetry: Telemetry, _ door: HTTPDoor, _ request: Request, _ writer: consuming ResponseWriter,
  on channel: any Channel
) async throws {
  let answers = HTTPAnswers(telemetry: telemetry, door: door)
  let way = channel.localAddress?.way ?? .network
  var answer = answers.answer(to: request.head, over: way)
  let isHead = request.method == .head
  var messages: LiveMessages?
  if case .live = answer.body, !isHead {
    let lastHeard = request.headers[.lastEventID].flatMap { UInt64($0) }
    messages = telemetry.listen(after: lastHeard)
    answer =
      messages == nil
      ? answers.failure(
        .serviceUnavailable, "busy", "\(Telemetry.listenerLimit) listen already, or the daemon is stopping")
      // Another token ends all listening, but not what only now began: that has to show the new one.
      : answers.answer(to: request.head, over: way)
  }
  defer { if let messages { telemetry.end(messages) } }
  answer.fields[.date] = httpDate()
  let head = HTTPResponse(status: answer.status, headerFields: answer.fields)
  switch answer.body {
  case _ where isHead: try await writer.writeResponse(head)
  case .whole(let bytes):
    try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  case .live:
    guard let messages else { return try await writer.writeResponse(head) }
    try await writer.write(response: head, body: live(messages, request))
  }
}

/// Server-sent events, until the client is gone or the daemon stops.
private func live(_ messages: LiveMessages, _ request: Request) -> ResponseBody {
  ResponseBody { writer in
    try await request.body.consumeWithCancellationOnInboundClose { _ in
      // Tells browsers how long to wait before they come again, in milliseconds.
      try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
      for message in messages.first { try await writer.write(ByteBuffer(message)) }
      for await message in messages.following { try await writer.write(ByteBuffer(message)) }
    }
    try await writer.finish(nil)
  }
}

extension ByteBuffer {
  fileprivate init(_ message: LiveMessage) {
    guard let kind = message.kind else {
      self.init(string: ": nothing new\n\n")
      return
    }
    self.init(string: "id: \(message.id)\nevent: \(kind.rawValue)\ndata: ")
    writeBytes(message.json)
    writeString("\n\n")
  }
}

extension SocketAddress {
  fileprivate var way: HTTPDoor.Way {
    switch self {
    case .v4: ipAddress?.hasPrefix("127.") ?? false ? .loopback : .network
    // The second is how an IPv4 address looks from a socket of both.
    case .v6: ipAddress == "::1" || ipAddress?.hasPrefix("::ffff:127.") ?? false ? .loopback : .network
    case .unixDomainSocket: .unixSocket
    }
  }
}

/// The time of now as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
private func httpDate() -> String {
  var now = time(nil)
  var parts = tm()
  gmtime_r(&now, &parts)
  func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
  let date = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900)"
  return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
}
