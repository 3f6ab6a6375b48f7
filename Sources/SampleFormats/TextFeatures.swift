internal import CProcessor
internal import OnlineLearning

/// Features of a line of text as they mostly are: a blank, a name, a colon and a decimal number; or no colon, and then the
/// number is 1.
struct TextFeatures {
  /// What their names begin with.
  let prefix: FeatureName
  /// What their values are multiplied by; at most 1e20, either way.
  let scale: Double
  /// Whether their names are whole numbers, and all have values.
  let isIndexed: Bool
  /// Whether it stops at names that are no `DecimalName`, and writes such.
  var isDecimal = false

  /// How many bytes are read from the end of a line on, whatever they are: a word begins at most one byte behind it, and a
  /// number at most 64 behind its word.
  static let margin = 65 + ShortDecimal.margin

  /// Where features are written.
  struct Output {
    /// `DecimalName`s where the style says so, or else `FeatureName`s.
    let names: UnsafeMutableRawPointer
    let values: UnsafeMutablePointer<Float>
    /// For what is only needed on the way.
    let numbers: UnsafeMutablePointer<ShortDecimal>
  }

  /// How much room there must be for the features that stand in so many bytes.
  static func room(for bytes: Int) -> Int {
    // A name and a blank; and one that is written to, but not used.
    bytes / 2 + 2
  }

  /// Reads features up to the first that is anything else: that has a name of more than 15 bytes with its prefix, a number
  /// that is long or has an exponent, more than 63 bytes in all, or a mistake.
  ///
  /// - Parameters:
  ///   - line: the bytes of a line, and `margin` more.
  ///   - place: a blank, or `stop`: where to begin; then where it stopped.
  ///   - stop: where the features end.
  ///   - output: has room for what can stand there.
  /// - Returns: how many it has read.
  func read(_ line: UnsafeRawPointer, from place: inout Int, to stop: Int, _ output: Output) -> Int {
    // Names are put together as memory holds them, and only little endian holds them as their words are.
    if place >= stop || 1.littleEndian != 1 { return 0 }
    let (start, stop) = (line + place + 1, line + stop)
    // The compiler makes a loop of its own of each.
    let (word, count) =
      if isDecimal {
        readDecimals(start, stop, output)
      } else if isIndexed {
        read(start, stop, output, hasPrefix: false, isIndexed: true)
      } else if prefix == .empty {
        read(start, stop, output, hasPrefix: false, isIndexed: false)
      } else {
        read(start, stop, output, hasPrefix: true, isIndexed: false)
      }
    place = word - line - 1
    output.numbers[count] = .zero
    ShortDecimal.write(output.numbers, count, times: scale, to: output.values)
    return count
  }

  /// - Returns: the beginning of the first word that it has not read, or what is behind `stop`; and how many features it
  ///   has read.
  @inline(__always)
  private func read(
    _ start: UnsafeRawPointer, _ stop: UnsafeRawPointer, _ output: Output, hasPrefix: Bool, isIndexed: Bool
  ) -> (UnsafeRawPointer, Int) {
    let room = UInt(bitPattern: FeatureName.wholeBytes &- (hasPrefix ? prefix.count : 0))
    let tables = TextTables.shared
    let (names, stride) = (output.names, MemoryLayout<FeatureName>.stride)
    var (word, read) = (start, 0)
    while word <= stop {
      let start = word
      var (ends, colons) = TextFeatures.places(start, stop - start)
      // A word that does not end within 64 bytes.
      if ends == 0 { break }
      // Fewer words than 64 bytes mostly hold: a fixed number of them needs no guess.
      var left = 4
      repeat {
        let (end, colon) = (ends.trailingZeroBitCount, colons.trailingZeroBitCount)
        if colon < end {
          let length = start + colon - word
          guard UInt(bitPattern: length &- 1) < room, !isIndexed || TextFeatures.isIndex(word, length, tables),
            let number = ShortDecimal(start + colon + 1, end &- colon &- 1, tables)
          else { return (word, read) }
          write(word, length, to: names + read &* stride, hasPrefix: hasPrefix, tables)
          output.numbers[read] = number
          colons &= colons &- 1
          read &+= 1
        } else if word < start + end {
          let length = start + end - word
          guard UInt(bitPattern: length) <= room, !isIndexed else { return (word, read) }
          write(word, length, to: names + read &* stride, hasPrefix: hasPrefix, tables)
          output.numbers[read] = .one
          read &+= 1
        }
        word = start + end + 1
        ends &= ends &- 1
        left &-= 1
      } while left > 0 && ends != 0
    }
    return (word, read)
  }

  /// The same for names that are numbers.
  @inline(__always)
  private func readDecimals(
    _ start: UnsafeRawPointer, _ stop: UnsafeRawPointer, _ output: Output
  ) -> (UnsafeRawPointer, Int) {
    let tables = TextTables.shared
    let names = output.names.assumingMemoryBound(to: DecimalName.self)
    var (word, read) = (start, 0)
    while word <= stop {
      let start = word
      var (ends, colons) = TextFeatures.places(start, stop - start)
      if ends == 0 { break }
      var left = 4
      repeat {
        let (end, colon) = (ends.trailingZeroBitCount, colons.trailingZeroBitCount)
        if colon < end {
          guard let name = DecimalName(word.loadUnaligned(as: UInt64.self), count: start + colon - word),
            let number = ShortDecimal(start + colon + 1, end &- colon &- 1, tables)
          else { return (word, read) }
          names[read] = name
          output.numbers[read] = number
          colons &= colons &- 1
          read &+= 1
        } else if word < start + end {
          guard !isIndexed, let name = DecimalName(word.loadUnaligned(as: UInt64.self), count: start + end - word)
          else { return (word, read) }
          names[read] = name
          output.numbers[read] = .one
          read &+= 1
        }
        word = start + end + 1
        ends &= ends &- 1
        left &-= 1
      } while left > 0 && ends != 0
    }
    return (word, read)
  }

  /// Where in 64 bytes words end, and where colons stand: a bit for each, the first in the lowest.
  ///
  /// - Parameter left: how many bytes there are up to the end of the last word.
  @inline(__always)
  private static func places(_ start: UnsafeRawPointer, _ left: Int) -> (ends: UInt64, colons: UInt64) {
    let bytes = FourBlocks(start)
    let colons = bytes.places(UInt8(ascii: ":"))
    var ends = bytes.places(UInt8(ascii: " "))
    if bytes.haveControls { ends |= bytes.places(UInt8(ascii: "\t")) | bytes.places(UInt8(ascii: "\r")) }
    if left < 64 { ends = ends & (1 &<< UInt64(left) &- 1) | 1 &<< UInt64(left) }
    return (ends, colons)
  }

  /// Whether a name is a whole number as it is usually written.
  ///
  /// - Parameter count: 1 to 15.
  @inline(__always)
  private static func isIndex(_ name: UnsafeRawPointer, _ count: Int, _ tables: TextTables) -> Bool {
    let digits = (name.loadUnaligned(as: SIMD2<UInt64>.self) ^ 0x3030_3030_3030_3030) & tables.ones(count)
    // Only digits have become numbers up to 9.
    let excess = digits | (digits &+ 0x7676_7676_7676_7676)
    return (excess[0] | excess[1]) & 0x8080_8080_8080_8080 == 0
      && (count == 1 || name.load(as: UInt8.self) != UInt8(ascii: "0"))
  }

  /// Writes a name.
  ///
  /// - Parameters:
  ///   - names: where there is room for two.
  ///   - count: 1 to 15, with the prefix.
  @inline(__always)
  private func write(
    _ word: UnsafeRawPointer, _ count: Int, to names: UnsafeMutableRawPointer, hasPrefix: Bool, _ tables: TextTables
  ) {
    let prefixed = hasPrefix ? prefix.count : 0
    if hasPrefix { names.storeBytes(of: SIMD2(prefix.low, prefix.high), as: SIMD2<UInt64>.self) }
    // Its zeros go beyond the name, where the next will stand.
    let bytes = word.loadUnaligned(as: SIMD2<UInt64>.self) & tables.ones(count)
    (names + prefixed).storeBytes(of: bytes, as: SIMD2<UInt64>.self)
    names.storeBytes(
      of: UInt8(truncatingIfNeeded: prefixed &+ count), toByteOffset: FeatureName.wholeBytes, as: UInt8.self)
  }
}

/// 64 bytes.
private struct FourBlocks {
  private let first, second, third, fourth: SIMD16<UInt8>

  @inline(__always)
  init(_ start: UnsafeRawPointer) {
    first = start.loadUnaligned(as: SIMD16<UInt8>.self)
    second = start.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self)
    third = start.loadUnaligned(fromByteOffset: 32, as: SIMD16<UInt8>.self)
    fourth = start.loadUnaligned(fromByteOffset: 48, as: SIMD16<UInt8>.self)
  }

  /// Where a byte stands: a bit for each place, the first in the lowest.
  @inline(__always)
  func places(_ byte: UInt8) -> UInt64 {
    UInt64(equal_bytes(first, byte)) | UInt64(equal_bytes(second, byte)) &<< 16
      | UInt64(equal_bytes(third, byte)) &<< 32 | UInt64(equal_bytes(fourth, byte)) &<< 48
  }

  /// Whether any byte is below that of a space.
  @inline(__always)
  var haveControls: Bool {
    let least = lesser_bytes(lesser_bytes(first, second), lesser_bytes(third, fourth))
    return equal_bytes(least & 0xE0, 0) != 0
  }
}

extension Scratch<Float> {
  /// Adds the values of features of a line.
  ///
  /// - Parameters: as for `TextFeatures.read`.
  /// - Returns: how many.
  mutating func append(
    of line: borrowing TextLine, from place: inout Int, to stop: Int, _ style: TextFeatures,
    _ names: UnsafeMutableRawPointer, _ numbers: UnsafeMutablePointer<ShortDecimal>
  ) -> Int {
    var added = 0
    append(upTo: TextFeatures.room(for: stop - place)) { values in
      added = line.readFeatures(
        from: &place, to: stop, style, TextFeatures.Output(names: names, values: values, numbers: numbers))
      return added
    }
    return added
  }
}
