internal import CZeroMQ

/// Decides for all sockets of a context which peers get in: libzmq asks it over the protocol ZAP (RFC 27), and a peer waits for
/// the answer.
///
/// Belongs to one thread, which needs not be that of any socket whose peers it decides about. A context has at most one.
public final class Authenticator {
  /// A peer that wants to get in.
  public struct Request: Sendable, Equatable {
    /// What the socket calls its domain.
    public let domain: String
    /// The peer's IP address; empty where it has none.
    public let address: String
    /// What it has proved to own; nil where it has proved nothing.
    public let key: CurveKey?
    fileprivate let id: [UInt8]
  }

  /// For a poller to wait on.
  public let socket: Socket

  /// - Throws: when the context has another, is shut down, or is out of sockets.
  public init(in context: Context) throws(ZeroMQError) {
    socket = try Socket(.reply, in: context)
    try socket.set(.linger(0))
    try socket.bind("inproc://zeromq.zap.01")
  }

  /// The next that wants to get in; nil for none. It is to be answered before the next is asked for.
  public func next() throws(ZeroMQError) -> Request? {
    while let frames = try socket.receive(waiting: .never) {
      // Version, request id, domain, address, routing id, mechanism, credentials.
      guard frames.count >= 6, frames[0] == Array("1.0".utf8) else {
        try reply(frames.count > 1 ? frames[1] : [], status: "500")
        continue
      }
      let isCurve = frames[5] == Array("CURVE".utf8) && frames.count == 7
      return Request(
        domain: String(decoding: frames[2], as: UTF8.self), address: String(decoding: frames[3], as: UTF8.self),
        key: isCurve ? CurveKey(bytes: frames[6]) : nil, id: frames[1])
    }
    return nil
  }

  /// Lets the peer in or not. Messages of one that got in tell its key, as `Message.sender`. One that did not may come again, as
  /// libzmq does by itself: who is admitted may change.
  public func answer(_ request: Request, admits: Bool) throws(ZeroMQError) {
    try reply(request.id, status: admits ? "200" : "300", user: admits ? request.key?.text ?? "" : "")
  }

  private func reply(_ id: [UInt8], status: String, user: String = "") throws(ZeroMQError) {
    do throws(ZeroMQError) {
      try socket.send(
        [Array("1.0".utf8), id, Array(status.utf8), [], Array(user.utf8), []], waiting: .never)
    } catch {
      // Who asked is gone.
      if !error.wouldBlock { throw error }
    }
  }
}
