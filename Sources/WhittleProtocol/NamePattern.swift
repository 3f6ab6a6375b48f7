/// A shell's pattern for names of features, matched against a whole name, with regard to case.
///
/// | in the pattern | matches |
/// |---|---|
/// | `*` | any characters, also none |
/// | `?` | one character |
/// | `[abc]`, `[a-z]` | one of these characters; `]` stands first, `-` first or last |
/// | `[!a-z]`, `[^a-z]` | one character that is none of these |
/// | `\*` | the character after `\`, whatever it is, in brackets too |
///
/// A character is a Unicode scalar: a letter and a combining accent are two. A `[` that nothing closes and a `\` at the
/// end stand for themselves; a range that runs backwards holds nothing. Slashes and dots are characters as all others,
/// and classes such as `[[:alpha:]]` are not known.
public struct NamePattern: Sendable, Equatable {
  /// As it was written.
  public let text: String
  private let parts: [Part]
  private let sets: [CharacterSet]

  private enum Part: Equatable {
    case character(UInt32)
    case anyCharacter
    case anyCharacters
    /// One of a set, by its place in `sets`: so that nothing is retained while names are matched.
    case oneOf(Int)
  }

  private struct CharacterSet: Equatable {
    var ranges: [ClosedRange<UInt32>] = []
    var isComplement = false

    func contains(_ character: UInt32) -> Bool {
      ranges.contains { $0.contains(character) } != isComplement
    }
  }

  /// - Complexity: O(length of the pattern), squared where many brackets are not closed.
  public init(_ text: String) {
    self.text = text
    let characters = Array(text.unicodeScalars)
    var parts: [Part] = []
    var sets: [CharacterSet] = []
    var place = 0
    while place < characters.count {
      let character = characters[place]
      place += 1
      switch character {
      case "*":
        if parts.last != .anyCharacters { parts.append(.anyCharacters) }
      case "?": parts.append(.anyCharacter)
      case "\\" where place < characters.count:
        parts.append(.character(characters[place].value))
        place += 1
      case "[":
        if let (set, end) = NamePattern.set(in: characters, at: place) {
          parts.append(.oneOf(sets.count))
          sets.append(set)
          place = end
        } else {
          parts.append(.character(character.value))
        }
      default: parts.append(.character(character.value))
      }
    }
    (self.parts, self.sets) = (parts, sets)
  }

  /// The set that begins after a `[`, and where the pattern goes on after its `]`; nil where none closes it.
  private static func set(in characters: [Unicode.Scalar], at start: Int) -> (set: CharacterSet, end: Int)? {
    var set = CharacterSet()
    var place = start
    if place < characters.count, characters[place] == "!" || characters[place] == "^" {
      set.isComplement = true
      place += 1
    }
    let first = place
    func next() -> Unicode.Scalar? {
      if place + 1 < characters.count, characters[place] == "\\" { place += 1 }
      guard place < characters.count else { return nil }
      place += 1
      return characters[place - 1]
    }
    while place < characters.count {
      if characters[place] == "]", place > first { return (set, place + 1) }
      guard let low = next() else { return nil }
      let isRange = place + 1 < characters.count && characters[place] == "-" && characters[place + 1] != "]"
      guard isRange else {
        set.ranges.append(low.value...low.value)
        continue
      }
      place += 1
      guard let high = next() else { return nil }
      if low <= high { set.ranges.append(low.value...high.value) }
    }
    return nil
  }

  /// Whether all of a name is as the pattern says.
  ///
  /// - Complexity: O(length of the name × length of the pattern) at worst; O(length of the name) with one `*` at the end.
  public func matches(_ name: String) -> Bool { matches(name.utf8.span) }

  /// Whether all of a name is as the pattern says.
  ///
  /// - Parameter name: in UTF-8. What is none matches or does not, and does no harm.
  /// - Complexity: as of a string's.
  public func matches(_ name: Span<UInt8>) -> Bool {
    var (part, place) = (0, 0)
    // Where to go on when what follows the last `*` does not match: that one takes a character more. Those before it
    // need not be tried again: if they took more, the last one would only have less to choose from.
    var retry: (part: Int, place: Int)?
    while true {
      if part < parts.count, parts[part] == .anyCharacters {
        part += 1
        if part == parts.count { return true }
        retry = (part, place)
        continue
      }
      if part == parts.count, place == name.count { return true }
      if place < name.count {
        let (character, length) = NamePattern.character(of: name, at: place)
        if part < parts.count, accepts(character, parts[part]) {
          part += 1
          place += length
          continue
        }
      }
      guard let last = retry, last.place < name.count else { return false }
      let next = last.place + NamePattern.character(of: name, at: last.place).length
      retry = (last.part, next)
      (part, place) = (last.part, next)
    }
  }

  private func accepts(_ character: UInt32, _ part: Part) -> Bool {
    switch part {
    case .character(let wanted): character == wanted
    case .anyCharacter, .anyCharacters: true
    case .oneOf(let set): sets[set].contains(character)
    }
  }

  /// - Precondition: `place` is inside the name.
  private static func character(of name: Span<UInt8>, at place: Int) -> (value: UInt32, length: Int) {
    let lead = name[place]
    let length =
      switch lead {
      case ..<0xC0: 1
      case ..<0xE0: 2
      case ..<0xF0: 3
      default: 4
      }
    if length == 1 { return (UInt32(lead), 1) }
    // No scalar has this value: so a part of one is nothing that a pattern names.
    guard place + length <= name.count else { return (.max, 1) }
    var value = UInt32(lead) & (0x7F >> UInt32(length))
    for offset in 1..<length { value = value << 6 | UInt32(name[place + offset] & 0x3F) }
    return (value, length)
  }
}
