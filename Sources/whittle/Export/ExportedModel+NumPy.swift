internal import OnlineLearning

/// Arrays for numpy: a ZIP archive of .npy files, as `numpy.savez` makes it.
extension ExportedModel {
  /// - Throws: `notExpressible` where names end in NUL, which numpy takes for no character, or take too much room.
  func npz() throws(ToolError) -> [UInt8] {
    let names = coefficients.map { $0.name.unicodeScalars.map(\.value) }
    if let place = names.firstIndex(where: { $0.last == 0 }) {
      throw .notExpressible(
        reason: "npz: the name \"\(coefficients[place].name)\" ends in NUL, which numpy leaves out; take csv or json")
    }
    // Every name takes as much room as the longest.
    let width = max(1, names.map(\.count).max() ?? 1)
    guard width * 4 * max(1, names.count) < 1 << 30 else {
      throw .notExpressible(
        reason: "npz: \(names.count) names of up to \(width) characters take more than 1 GB in numpy; take json or csv")
    }
    var texts: [UInt8] = []
    texts.reserveCapacity(width * 4 * names.count)
    for name in names {
      for scalar in name { texts.appendLittleEndian(scalar) }
      texts.append(contentsOf: repeatElement(0, count: 4 * (width - name.count)))
    }
    var values: [UInt8] = []
    for coefficient in coefficients { values.appendLittleEndian(coefficient.value.bitPattern) }
    var intercepts: [UInt8] = []
    intercepts.appendLittleEndian(intercept.bitPattern)
    var steps: [UInt8] = []
    steps.appendLittleEndian(step)
    let word = loss.rawValue.unicodeScalars.map(\.value)
    var losses: [UInt8] = []
    for scalar in word { losses.appendLittleEndian(scalar) }
    var archive = ZipArchive()
    archive.add("names.npy", NumPyFile.bytes("<U\(width)", shape: names.count, texts))
    archive.add("values.npy", NumPyFile.bytes("<f4", shape: coefficients.count, values))
    archive.add("intercept.npy", NumPyFile.bytes("<f8", intercepts))
    archive.add("step.npy", NumPyFile.bytes("<u8", steps))
    archive.add("loss.npy", NumPyFile.bytes("<U\(word.count)", losses))
    return archive.bytes
  }
}

/// A .npy file of version 1.0, after numpy's description of the format:
///
///     0x93 NUMPY | 1 0 | length of the header, UInt16 | header, a Python dictionary, padded with blanks | data
enum NumPyFile {
  /// - Parameters:
  ///   - type: numpy's name of the elements' type.
  ///   - count: how many elements; nil for one that is no array.
  static func bytes(_ type: String, shape count: Int? = nil, _ data: [UInt8]) -> [UInt8] {
    let shape = count.map { "(\($0),)" } ?? "()"
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    // Data begins at a multiple of 64.
    let start = (10 + header.utf8.count + 1 + 63) / 64 * 64
    header += String(repeating: " ", count: start - 10 - header.utf8.count - 1) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes.appendLittleEndian(UInt16(header.utf8.count))
    return bytes + Array(header.utf8) + data
  }
}
