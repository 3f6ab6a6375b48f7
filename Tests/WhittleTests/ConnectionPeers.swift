import FoundationEssentials
import Synchronization
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient

let prediction = #"{"ok":true,"step":7,"prediction":1.5,"margin":1.5,"unknown_features":0}"#

/// What a ROUTER of the daemon's sends back for a message: the envelope, and this.
func answer(_ text: String, to message: [[UInt8]]) -> [[UInt8]] {
  Array(message.prefix(3)) + [utf8(text)]
}

extension WhittleConnection {
  /// To a peer that stands in for all sockets of a daemon.
  static func to(
    _ endpoint: String, timeout: Duration = .seconds(10), _ change: (inout Limits) -> Void = { _ in }
  ) throws -> WhittleConnection {
    var endpoints = Endpoints()
    endpoints.query = endpoint
    endpoints.push = endpoint
    endpoints.router = endpoint
    endpoints.publish = endpoint
    var limits = Limits()
    limits.timeout = timeout
    change(&limits)
    return try WhittleConnection(endpoints, limits: limits)
  }
}

/// What a body throws; nil for nothing.
func failure(of body: () async throws(ClientError) -> some Any) async -> ClientError? {
  do {
    _ = try await body()
    return nil
  } catch {
    return error
  }
}

/// Keeps a peer's thread waiting until it is opened.
final class Gate: Sendable {
  private let wake: WakeUp
  init() throws { wake = try WakeUp() }
  func open() { wake.signal() }
  func wait() { _ = try? Poller([], wake: wake).wait(milliseconds: 30_000) }
}

/// A number in a question: `{"op":"predict","x":{"n":17}}`.
func number(in message: [[UInt8]]) -> Double? {
  guard let payload = message.last,
    case .predict(let question) = try? JSONDecoder().decode(QueryRequest.self, from: Data(payload)),
    case .one(.object(let x)) = question.samples, case .number(let number) = x["n"]
  else { return nil }
  return number
}
