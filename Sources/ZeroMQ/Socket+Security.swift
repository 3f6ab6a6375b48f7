internal import CZeroMQ
internal import Glibc

/// CURVE, for the endpoints that are bound or connected to from then on.
extension Socket {
  /// Peers have to hold a secret key whose public one the context's authenticator admits. This side may bind or connect.
  ///
  /// Without an authenticator libzmq admits every key: it has to be there before the first endpoint, and until the socket is closed.
  ///
  /// - Parameters:
  ///   - own: what peers know this side by.
  ///   - domain: what the authenticator is told that they want to get into; not empty.
  public func demandKeys(_ own: CurveKeyPair, domain: String) throws(ZeroMQError) {
    try set(ZMQ_CURVE_SERVER, [1, 0, 0, 0], "CURVE")
    try set(ZMQ_CURVE_SECRETKEY, own.secretBytes, "the secret key")
    try set(ZMQ_ZAP_DOMAIN, Array(domain.utf8), "the domain")
  }

  /// Shows this side's key to a peer that holds the secret one of `server`. This side may bind or connect.
  public func showKey(_ own: CurveKeyPair, to server: CurveKey) throws(ZeroMQError) {
    try set(ZMQ_CURVE_SERVERKEY, server.bytes, "the server's key")
    try set(ZMQ_CURVE_PUBLICKEY, own.publicKey.bytes, "the public key")
    try set(ZMQ_CURVE_SECRETKEY, own.secretBytes, "the secret key")
  }

  /// Sets who may connect to an endpoint that is bound, where it is a file.
  ///
  /// - Parameters:
  ///   - mode: as of any file: who can write to it can connect.
  ///   - group: its group; nil for the one that it has.
  /// - Throws: where the process may not.
  public func setAccess(of endpoint: String, mode: UInt32, group: UInt32?) throws(ZeroMQError) {
    guard endpoint.hasPrefix("ipc://"), !endpoint.hasPrefix("ipc://@") else { return }
    let path = String(endpoint.dropFirst("ipc://".count))
    // The group first: the mode is for it.
    if let group, chown(path, uid_t.max, group) != 0 {
      throw ZeroMQError(operation: "set the group of", subject: path, code: errno)
    }
    if chmod(path, mode) != 0 { throw ZeroMQError(operation: "set the mode of", subject: path, code: errno) }
  }

  // What the value is stays out of the error.
  private func set(_ code: Int32, _ value: [UInt8], _ name: String) throws(ZeroMQError) {
    if zmq_setsockopt(handle, code, value, value.count) != 0 { throw .last("set", name) }
  }
}
