internal import ZeroMQ

extension Socket {
  /// Binds an endpoint of the configuration; an address in brackets is IPv6, every other is IPv4 or a path.
  /// libzmq would otherwise tell `127.0.0.1` as an IPv6 address to whoever asks where it listens.
  ///
  /// - Returns: the endpoint in full.
  /// - Throws: when the endpoint is taken or does not exist here.
  func listen(on endpoint: String) throws(ZeroMQError) -> String {
    try set(.ipv6(endpoint.hasPrefix("tcp://[")))
    return try bind(endpoint)
  }
}
