internal import Glibc

/// What the daemon knows a feed by, so that one that was begun and is started again goes on where it was.
struct FeedIdentity: Equatable {
  let source: String
  /// Whether the messages can be made once more.
  let canGoBack: Bool
  /// Whether the same command makes the same messages under the same source.
  let canResume: Bool

  /// How to go on with a feed that has ended early.
  var advice: String {
    if canResume && canGoBack { return "the same command goes on after it" }
    return canResume
      ? "the same command goes on after it, if the same samples come from the first one on"
      : "it cannot be resumed, since what it reads comes once only"
  }

  /// That of a plan whose files can be read, by what they hold: one that was changed, or stands elsewhere, makes another feed.
  ///
  /// - Parameters:
  ///   - name: the source, where the user names it.
  ///   - isSeekable: whether the files can be read again.
  /// - Throws: `cannotOpen`, `cannotRead`.
  /// - Complexity: O(bytes of the files) without a name
  init(of plan: FeedPlan, name: String?, isSeekable: Bool) throws(ToolError) {
    canGoBack = isSeekable
    canResume = isSeekable || name != nil
    if let name {
      source = name
      return
    }
    let first = plan.sources.first?.path.split(separator: "/").last ?? ""
    guard isSeekable else {
      // Nobody knows what will come: as good as no other has the name.
      source = "pipe-\(FeedDigest.text(UInt64.random(in: 0 ... .max)))"
      return
    }
    var digest = FeedDigest()
    digest.add("1 \(plan.passes) \(plan.batch) \(plan.standardizesFeatures) \(plan.standardizesTarget)")
    digest.add(plan.roles.target ?? "")
    digest.add(plan.roles.weight ?? "")
    digest.add("\(plan.roles.ignored.count)")
    for column in plan.roles.ignored.sorted() { digest.add(column) }
    for source in plan.sources {
      digest.add(source.format.rawValue)
      digest.add(FeedIdentity.canonical(source.path))
      let file = try InputFile(source.path)
      while true {
        let piece = try file.read()
        if piece.isEmpty { break }
        digest.add(piece)
      }
      digest.endText()
    }
    source = "\(first.prefix(40))-\(FeedDigest.text(digest.value))"
  }

  /// The path from the root, without links.
  private static func canonical(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// A hash of texts, one after the other, of 64 bits: tells apart what differs by chance, not what is made to look alike.
struct FeedDigest {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var word: UInt64 = 0
  private var length: UInt64 = 0

  /// The hash of all that was added.
  var value: UInt64 { FeedDigest.mixed(FeedDigest.mixed(state ^ word) ^ length) }

  /// Sixteen digits.
  static func text(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Adds a text and its end.
  mutating func add(_ text: String) {
    add(Array(text.utf8))
    endText()
  }

  /// Adds a piece of a text.
  ///
  /// - Complexity: O(bytes)
  mutating func add(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      var place = 0
      while place < bytes.count, length % 8 != 0 {
        add(bytes[place])
        place += 1
      }
      while place + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        state = FeedDigest.mixed(state ^ word)
        length &+= 8
        place += 8
      }
      while place < bytes.count {
        add(bytes[place])
        place += 1
      }
    }
  }

  /// Sets what was added apart from what will be.
  mutating func endText() {
    state = FeedDigest.mixed(FeedDigest.mixed(state ^ word) ^ length)
    (word, length) = (0, 0)
  }

  private mutating func add(_ byte: UInt8) {
    word |= UInt64(byte) << (length % 8 * 8)
    length &+= 1
    if length % 8 == 0 {
      state = FeedDigest.mixed(state ^ word)
      word = 0
    }
  }

  /// SplitMix64's, a permutation: no two states become one.
  private static func mixed(_ value: UInt64) -> UInt64 {
    var mixed = value &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
