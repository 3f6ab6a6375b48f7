@testable import whittle

/// A source that hands out `text` in pieces of `size` bytes.
func source(_ text: String, pieces size: Int = 1 << 16) -> ByteSource {
  source(Array(text.utf8), pieces: size)
}

func source(_ bytes: [UInt8], pieces size: Int = 1 << 16) -> ByteSource {
  var rest = bytes[...]
  return { () throws(ToolError) in
    let piece = Array(rest.prefix(size))
    rest = rest.dropFirst(size)
    return piece
  }
}

/// All samples of a CSV text, as JSON text.
func samples(
  _ csv: String, roles: ColumnRoles = ColumnRoles(), standardization: Standardization? = nil
) throws -> [String] {
  var samples = try CSVSamples(file: "t.csv", roles: roles, standardization: standardization, source(csv))
  var sample: [UInt8] = []
  var all: [String] = []
  while try samples.next(&sample) { all.append(text(sample)) }
  return all
}
