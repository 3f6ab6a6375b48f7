/// A source of bytes in pieces; an empty piece is the end.
typealias ByteSource = () throws(ToolError) -> [UInt8]

/// The first piece of a source, longer if it was short, without the UTF-8 byte order mark that some editors write.
func firstPiece(of source: ByteSource) throws(ToolError) -> [UInt8] {
  let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  var piece: [UInt8] = []
  // One byte more than the mark: what is left of it must not look like the end.
  while piece.count <= mark.count {
    let more = try source()
    if more.isEmpty { break }
    piece += more
  }
  return piece.starts(with: mark) ? Array(piece.dropFirst(mark.count)) : piece
}
