internal import CZeroMQ

/// A failed call of libzmq: what was tried, on what, and libzmq's own reason.
public struct ZeroMQError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call in words, for example `bind`.
  public let operation: String
  /// The endpoint or option that the call was about, if any.
  public let subject: String?
  /// The `errno` value that libzmq left.
  public let code: Int32

  /// The context was shut down: the thread that owns the socket should close it and end.
  public var isTerminated: Bool { code == ZeroMQError.terminated }
  /// Nothing could be sent or received without waiting, or a time limit passed.
  public var wouldBlock: Bool { code == ZeroMQError.again }

  public var description: String {
    let place = subject.map { " \($0)" } ?? ""
    return "cannot \(operation)\(place): \(String(cString: zmq_strerror(code)))"
  }

  static let terminated = Int32(156_384_712 + 53)
  static let again = Int32(11)
  static let interrupted = Int32(4)

  /// The error of the call that just failed on this thread.
  static func last(_ operation: String, _ subject: String? = nil) -> ZeroMQError {
    ZeroMQError(operation: operation, subject: subject, code: zmq_errno())
  }
}
