internal import ZeroMQ

/// What a client shows a daemon that asks for keys, and what it asks the daemon to prove: for CURVE.
public struct ClientKeys: Sendable {
  private let own: CurveKeyPair
  private let server: CurveKey

  /// - Parameters:
  ///   - server: the daemon's public key, 40 characters of Z85.
  ///   - secret: this client's secret key, likewise.
  /// - Throws: `unusableKeys` where either is no key.
  public init(server: String, secret: String) throws(ClientError) {
    guard let key = CurveKey(server) else {
      throw .unusableKeys(reason: "the daemon's public key is not 40 characters of Z85")
    }
    guard let own = CurveKeyPair(secretText: secret) else {
      throw .unusableKeys(reason: "the secret key is not 40 characters of Z85")
    }
    (self.server, self.own) = (key, own)
  }

  /// Reads keys as `whittle keygen` writes them.
  ///
  /// - Parameters:
  ///   - server: the daemon's public key, or the path of the file that holds it.
  ///   - secretFile: the path of the file of this client's secret key.
  /// - Throws: `unusableKeys` where a file cannot be read or holds no key, or others than its owner may read the secret one.
  public init(server: String, secretFile: String) throws(ClientError) {
    do {
      if let key = CurveKey(server) {
        self.server = key
      } else {
        self.server = try CurveKeyFile.publicKey(at: server)
      }
      own = try CurveKeyFile.pair(at: secretFile)
    } catch {
      throw .unusableKeys(reason: "\(error)")
    }
  }

  /// Makes a pair of keys: the secret one in a new file that only its owner may read, the public one, followed by a name, in a file
  /// with `.pub` after its path, fit for the daemon's lists.
  ///
  /// - Returns: the public key.
  /// - Throws: `unusableKeys` where either file is there already or cannot be written.
  public static func make(at path: String, name: String) throws(ClientError) -> String {
    do {
      let pair = try CurveKeyPair()
      try CurveKeyFile.write(pair, name: name, to: path)
      return pair.publicKey.text
    } catch {
      throw .unusableKeys(reason: "\(error)")
    }
  }

  /// This client's public key, which the daemon has to have in a list.
  public var publicKey: String { own.publicKey.text }

  fileprivate func apply(to socket: Socket) throws(ZeroMQError) { try socket.showKey(own, to: server) }
}

extension Socket {
  /// Shows the keys to every peer from the next endpoint on; nil shows none.
  func show(_ keys: ClientKeys?) throws(ZeroMQError) { try keys?.apply(to: self) }
}
