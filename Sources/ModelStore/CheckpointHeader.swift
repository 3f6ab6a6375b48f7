internal import FoundationEssentials

/// What the first bytes of a checkpoint file say, read without the rest and believed without its checksum: enough to
/// tell checkpoints apart, not to restore one.
struct CheckpointHeader {
  /// When it was made, in seconds since 1970.
  let time: Double

  /// The one tensor-like member of the header that is none.
  private struct Texts: Decodable {
    let metadata: [String: String]

    enum CodingKeys: String, CodingKey { case metadata = "__metadata__" }
  }

  /// - Throws: `damaged` where it is no checkpoint's, `newerVersion`, or the call that failed.
  /// - Complexity: O(bytes of the header)
  init(file path: String, on files: any FileSystem) throws(StoreError) {
    let texts = try CheckpointHeader.texts(path, files)
    guard texts["format"] == Checkpoint.format, let version = texts["format_version"].flatMap({ Int($0) }),
      let time = texts["time"].flatMap({ Double($0) }), Checkpoint.times.contains(time)
    else { throw .damaged(path: path, problem: "its header is not that of a checkpoint") }
    if version > Checkpoint.formatVersion {
      throw .newerVersion(path: path, found: version, known: Checkpoint.formatVersion)
    }
    self.time = time
  }

  private static func texts(_ path: String, _ files: any FileSystem) throws(StoreError) -> [String: String] {
    let file = try files.open(path, for: .reading)
    let header: [UInt8]
    do throws(StoreError) {
      let size = try files.size(of: file)
      let start = try files.read(8, of: file, at: 0)
      let length = start.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard start.count == 8, length <= UInt64(size - 8) else {
        throw StoreError.damaged(path: path, problem: "it ends before its header does")
      }
      header = try files.read(Int(length), of: file, at: 8)
    } catch {
      try? files.close(file)
      throw error
    }
    try files.close(file)
    guard let texts = try? JSONDecoder().decode(Texts.self, from: Data(header)) else {
      throw .damaged(path: path, problem: "its header is not the JSON of a safetensors file")
    }
    return texts.metadata
  }
}

extension FileSystem {
  /// Bytes of a file from a place on; fewer where it ends before.
  fileprivate func read(_ count: Int, of file: OpenFile, at offset: Int) throws(StoreError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      var span = bytes.mutableSpan
      let start = filled
      let got = try span.withUnsafeMutableBytes { (buffer) throws(StoreError) in
        try read(into: .init(rebasing: buffer[start...]), from: file, at: offset + start)
      }
      if got == 0 { break }
      filled += got
    }
    bytes.removeLast(count - filled)
    return bytes
  }
}
