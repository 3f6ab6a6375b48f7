import Foundation
import Testing

@testable import ZeroMQ

struct CurveKeyTests {
  /// The pairs that libzmq's own manual shows.
  private static let known = [
    (public: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", secret: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"),
    (public: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", secret: "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"),
  ]

  @Test func publicKeysFollowFromSecretOnes() throws {
    for pair in Self.known {
      let made = try #require(CurveKeyPair(secretText: pair.secret))
      #expect(made.publicKey.text == pair.public)
      #expect(made.secretText == pair.secret)
      #expect(CurveKey(pair.public) == made.publicKey)
    }
  }

  @Test func newPairsAreNewAndWhole() throws {
    let pairs = try (0..<20).map { _ in try CurveKeyPair() }
    #expect(Set(pairs.map(\.publicKey)).count == pairs.count)
    for pair in pairs {
      #expect(CurveKeyPair(secretText: pair.secretText)?.publicKey == pair.publicKey)
      #expect(CurveKey(bytes: pair.publicKey.bytes) == pair.publicKey)
    }
  }

  @Test(arguments: [
    "", "short", String(repeating: "x", count: 39), String(repeating: "x", count: 41),
    String(repeating: "\u{e9}", count: 20), String(repeating: "\u{e9}", count: 40),
    "\0" + String(repeating: "x", count: 39), String(repeating: "\"", count: 40),
    String(repeating: "x", count: 39) + " ",
  ])
  func whatIsNoKey(_ text: String) {
    #expect(CurveKey(text) == nil)
    #expect(CurveKeyPair(secretText: text) == nil)
  }

  @Test func aPairSaysNothingOfItsSecret() throws {
    let pair = try CurveKeyPair()
    var dumped = ""
    dump(pair, to: &dumped)
    for text in ["\(pair)", String(reflecting: pair), "\([pair])", dumped] {
      #expect(!text.contains(pair.secretText))
      #expect(text.contains(pair.publicKey.text))
    }
  }
}

struct CurveKeyFileTests {
  private let directory: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "keys-\(UInt64.random(in: .min ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    directory = url.path
  }

  private func write(_ text: String, to name: String, mode: Int = 0o644) throws -> String {
    let path = "\(directory)/\(name)"
    try Data(text.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func whatIsWrittenIsRead() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let pair = try CurveKeyPair()
    let path = "\(directory)/a.key"
    try CurveKeyFile.write(pair, name: "größe and more", to: path)
    #expect(try mode(path) == 0o600)
    #expect(try mode(path + ".pub") == 0o644)
    #expect(try CurveKeyFile.pair(at: path).secretText == pair.secretText)
    #expect(try CurveKeyFile.publicKey(at: path + ".pub") == pair.publicKey)
    let listed = [CurveKeyFile.Entry(key: pair.publicKey, name: "größe and more")]
    #expect(try CurveKeyFile.list(at: path + ".pub") == listed)
    #expect(try CurveKeyFile.list(at: directory) == listed)
    #expect(throws: CurveKeyFileError.exists(path: path + ".pub")) {
      try CurveKeyFile.write(pair, name: "", to: path)
    }
  }

  @Test func listsAsPeopleWriteThem() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let keys = try (0..<3).map { _ in try CurveKeyPair().publicKey }
    let text = "# pumps\n\n\(keys[0])\n  \(keys[1])\t a  pump \r\n#\n#\(keys[0])\n\(keys[2]) x # y"
    let path = try write(text, to: "list")
    #expect(
      try CurveKeyFile.list(at: path) == [
        CurveKeyFile.Entry(key: keys[0], name: ""), CurveKeyFile.Entry(key: keys[1], name: "a  pump"),
        CurveKeyFile.Entry(key: keys[2], name: "x # y"),
      ])
    #expect(throws: CurveKeyFileError.noPublicKey(path: path, line: nil)) { try CurveKeyFile.publicKey(at: path) }
  }

  @Test func noKeyLooksLikeAComment() throws {
    #expect(CurveKey("#" + String(repeating: "0", count: 39)) == nil)
    #expect(try CurveKeyPair().publicKey.text.hasPrefix("#") == false)
  }

  @Test(arguments: [
    (0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false), (0o602, false), (0o610, false),
    (0o4777, false),
  ])
  func secretsAreForTheirOwner(mode: Int, isFine: Bool) throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let pair = try CurveKeyPair()
    let path = try write(pair.secretText + "\n", to: "secret", mode: mode)
    if isFine {
      #expect(try CurveKeyFile.pair(at: path).publicKey == pair.publicKey)
    } else {
      let error = #expect(throws: CurveKeyFileError.self) { try CurveKeyFile.pair(at: path) }
      guard case .exposed = error else { return #expect(Bool(false), "\(String(describing: error))") }
      #expect(error.map { "\($0)".contains("chmod 600 \(path)") } == true)
    }
  }

  @Test(arguments: [0o664, 0o646, 0o666])
  func listsAreChangedByTheirOwner(mode: Int) throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = try write("\(try CurveKeyPair().publicKey)\n", to: "a.pub", mode: mode)
    for place in [path, directory] {
      #expect(throws: CurveKeyFileError.writable(path: path, mode: "0" + String(mode, radix: 8))) {
        try CurveKeyFile.list(at: place)
      }
    }
  }
}
