/// Keys from the bytes that a terminal sends.
struct KeyReader {
  enum Key: Equatable {
    case character(Character)
    case up, down, pageUp, pageDown, home, end
  }

  private var pending: [UInt8] = []

  /// Keys that are complete with these bytes; those of keys that this tool has no use for are dropped.
  mutating func keys(_ bytes: some Sequence<UInt8>) -> [Key] {
    var keys: [Key] = []
    for byte in bytes {
      if pending.isEmpty {
        if byte == 0x1B { pending = [byte] } else { keys += KeyReader.plain(byte) }
      } else if pending.count == 1 {
        if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") {
          pending.append(byte)
        } else {
          // Escape alone, and then another key.
          pending = []
          if byte == 0x1B { pending = [byte] } else { keys += KeyReader.plain(byte) }
        }
      } else {
        pending.append(byte)
        // A sequence ends with a byte from this range (ECMA-48, 5.4).
        guard (0x40...0x7E).contains(byte) else {
          if pending.count > 16 { pending = [] }
          continue
        }
        if let key = KeyReader.sequences[String(decoding: pending.dropFirst(2), as: UTF8.self)] { keys.append(key) }
        pending = []
      }
    }
    return keys
  }

  private static func plain(_ byte: UInt8) -> [Key] {
    byte < 0x7F ? [.character(Character(Unicode.Scalar(byte)))] : []
  }

  private static let sequences: [String: Key] = [
    "A": .up, "B": .down, "H": .home, "F": .end, "5~": .pageUp, "6~": .pageDown, "1~": .home, "4~": .end,
    "7~": .home, "8~": .end,
  ]
}
