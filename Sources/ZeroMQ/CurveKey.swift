internal import CZeroMQ

/// A public key of CURVE, by which a peer is known: 32 bytes, which people write as 40 characters of Z85.
public struct CurveKey: Hashable, Sendable, CustomStringConvertible {
  /// How many characters the text has.
  public static let textLength = 40

  /// In Z85.
  public let text: String
  let bytes: [UInt8]

  /// - Returns: nil where the text is not 40 characters of Z85.
  public init?(_ text: String) {
    guard let bytes = z85Bytes(text) else { return nil }
    self.text = text
    self.bytes = bytes
  }

  /// - Returns: nil where these are not 32 bytes.
  init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    var text = [CChar](repeating: 0, count: CurveKey.textLength + 1)
    guard zmq_z85_encode(&text, bytes, bytes.count) != nil else { return nil }
    self.text = String(z85: text)
    self.bytes = bytes
  }

  public var description: String { text }
}

/// A public key and the secret one that proves to be its owner. What it says of itself never has the secret key in it.
public struct CurveKeyPair: Sendable, CustomStringConvertible, CustomReflectable {
  public let publicKey: CurveKey
  /// The secret key in Z85, for the file that nobody else may read.
  public let secretText: String
  let secretBytes: [UInt8]

  /// Makes a new pair.
  ///
  /// - Throws: when libzmq was built without CURVE.
  public init() throws(ZeroMQError) {
    var (open, secret) = (z85Buffer, z85Buffer)
    if zmq_curve_keypair(&open, &secret) != 0 { throw .last("make a pair of keys") }
    guard let pair = CurveKeyPair(secretText: String(z85: secret)) else { throw .last("make a pair of keys") }
    self = pair
  }

  /// - Returns: nil where the text is not 40 characters of Z85.
  public init?(secretText: String) {
    var open = z85Buffer
    guard let bytes = z85Bytes(secretText), zmq_curve_public(&open, secretText) == 0,
      let key = CurveKey(String(z85: open))
    else { return nil }
    publicKey = key
    self.secretText = secretText
    secretBytes = bytes
  }

  public var description: String { "the keys of \(publicKey)" }
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey.text]) }
}

private let z85Buffer = [CChar](repeating: 0, count: CurveKey.textLength + 1)

private func z85Bytes(_ text: String) -> [UInt8]? {
  // libzmq reads up to the NUL, and looks at characters outside of ASCII in tables that do not have them.
  guard text.utf8.count == CurveKey.textLength, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
  var bytes = [UInt8](repeating: 0, count: 32)
  return zmq_z85_decode(&bytes, text) == nil ? nil : bytes
}

extension String {
  fileprivate init(z85: [CChar]) {
    self.init(decoding: z85.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
