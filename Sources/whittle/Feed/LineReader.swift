/// Lines of text from a source of bytes, without their ends (LF or CRLF).
struct LineReader {
  /// The number of the line last read, from 1.
  private(set) var number = 0
  private let source: ByteSource
  private var piece: [UInt8] = []
  private var position = 0
  private var started = false

  init(_ source: @escaping ByteSource) {
    self.source = source
  }

  /// Reads the next line into `line`.
  ///
  /// - Returns: false at the end.
  mutating func next(_ line: inout [UInt8]) throws(ToolError) -> Bool {
    line.removeAll(keepingCapacity: true)
    number += 1
    while true {
      if position == piece.count {
        piece = started ? try source() : try firstPiece(of: source)
        started = true
        position = 0
        if piece.isEmpty {
          LineReader.dropCarriageReturn(&line)
          return !line.isEmpty
        }
      }
      if let end = piece[position...].firstIndex(of: UInt8(ascii: "\n")) {
        line += piece[position..<end]
        position = end + 1
        LineReader.dropCarriageReturn(&line)
        return true
      }
      line += piece[position...]
      position = piece.count
    }
  }

  private static func dropCarriageReturn(_ line: inout [UInt8]) {
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
  }
}
