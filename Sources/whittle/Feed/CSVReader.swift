/// One record of a CSV file: the bytes of its fields, without quotes.
struct CSVRecord {
  /// The line on which the record begins, from 1.
  fileprivate(set) var line = 0
  fileprivate var bytes: [UInt8] = []
  fileprivate var ends: [Int] = []

  var count: Int { ends.count }

  /// - Precondition: `field` is below `count`.
  subscript(field: Int) -> ArraySlice<UInt8> {
    bytes[(field == 0 ? 0 : ends[field - 1])..<ends[field]]
  }
}

/// Records of RFC 4180 from a source of bytes: commas, quoted fields with doubled quotes, commas and line ends in them.
///
/// Lines end with LF, CRLF or CR. Empty lines are skipped. A quote inside a field that does not begin with one is
/// part of the field.
struct CSVReader {
  private enum State { case fieldStart, plain, quoted, afterQuote }

  private let file: String
  private let source: ByteSource
  private var piece: [UInt8] = []
  private var position = 0
  private var started = false
  private var line = 1
  private var skipsLineFeed = false

  /// - Parameter file: the name for messages.
  init(file: String, _ source: @escaping ByteSource) {
    self.file = file
    self.source = source
  }

  /// Reads the next record into `record`.
  ///
  /// - Returns: false at the end.
  /// - Throws: `badData` for a quote that is not closed, or text after a closing quote.
  mutating func next(_ record: inout CSVRecord) throws(ToolError) -> Bool {
    record.bytes.removeAll(keepingCapacity: true)
    record.ends.removeAll(keepingCapacity: true)
    record.line = line
    var state = State.fieldStart
    var quoteLine = line
    while let byte = try nextByte() {
      if skipsLineFeed {
        skipsLineFeed = false
        if byte == UInt8(ascii: "\n") { continue }
      }
      if state == .quoted {
        if byte == UInt8(ascii: "\"") {
          state = .afterQuote
        } else {
          if byte == UInt8(ascii: "\n") { line += 1 }
          record.bytes.append(byte)
        }
        continue
      }
      switch byte {
      case UInt8(ascii: ","):
        record.ends.append(record.bytes.count)
        state = .fieldStart
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        line += 1
        skipsLineFeed = byte == UInt8(ascii: "\r")
        if state == .fieldStart && record.ends.isEmpty {
          record.line = line
          continue
        }
        record.ends.append(record.bytes.count)
        return true
      case UInt8(ascii: "\"") where state == .fieldStart:
        state = .quoted
        quoteLine = line
      case UInt8(ascii: "\"") where state == .afterQuote:
        record.bytes.append(byte)
        state = .quoted
      default:
        if state == .afterQuote {
          throw .badData(
            file: file, line: line,
            reason:
              "field \(record.ends.count + 1) goes on after its closing quote; a quote within is doubled")
        }
        record.bytes.append(byte)
        state = .plain
      }
    }
    if state == .quoted {
      throw .badData(file: file, line: quoteLine, reason: "the quote that begins here is never closed")
    }
    if state == .fieldStart && record.ends.isEmpty { return false }
    record.ends.append(record.bytes.count)
    return true
  }

  private mutating func nextByte() throws(ToolError) -> UInt8? {
    if position == piece.count {
      piece = started ? try source() : try firstPiece(of: source)
      started = true
      position = 0
      if piece.isEmpty { return nil }
    }
    defer { position += 1 }
    return piece[position]
  }
}
