/// What the first bytes of a checkpoint file say, read without the rest and believed without its checksum: enough to
/// tell checkpoints apart, not to restore one.
struct CheckpointHeader {
  /// When it was made, in seconds since 1970.
  let time: Double

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
    let texts: [String: String]
    do throws(StoreError) {
      texts = try TensorReader(file, on: files).header.metadata
    } catch {
      // The error that matters is the first one.
      try? files.close(file)
      throw error
    }
    try files.close(file)
    return texts
  }
}
