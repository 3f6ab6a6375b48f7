/// What the first bytes of a checkpoint file say, read without the rest and believed without its checksum: enough to
/// tell checkpoints apart, not to restore one.
public struct CheckpointHeader: Sendable {
  /// When it was made, in seconds since 1970.
  public let time: Double
  /// The file's size.
  public let bytes: Int
  /// The kind of checksum, a colon, and its digits.
  public let checksum: String
  /// Of the learner, as JSON.
  public let configuration: String

  /// - Throws: `damaged` where it is no checkpoint's, `newerVersion`, or the call that failed.
  /// - Complexity: O(bytes of the header)
  public init(file path: String, on files: any FileSystem = LocalFileSystem()) throws(StoreError) {
    let (texts, bytes) = try CheckpointHeader.texts(path, files)
    guard texts["format"] == Checkpoint.format, let version = texts["format_version"].flatMap({ Int($0) }),
      let time = texts["time"].flatMap({ Double($0) }), Checkpoint.times.contains(time),
      let checksum = texts["checksum"], let configuration = texts["configuration"]
    else { throw .damaged(path: path, problem: "its header is not that of a checkpoint") }
    if version > Checkpoint.formatVersion {
      throw .newerVersion(path: path, found: version, known: Checkpoint.formatVersion)
    }
    (self.time, self.bytes, self.checksum, self.configuration) = (time, bytes, checksum, configuration)
  }

  private static func texts(
    _ path: String, _ files: any FileSystem
  ) throws(StoreError) -> (texts: [String: String], bytes: Int) {
    let file = try files.open(path, for: .reading)
    let texts: [String: String]
    let bytes: Int
    do throws(StoreError) {
      texts = try TensorReader(file, on: files).header.metadata
      bytes = try files.size(of: file)
    } catch {
      // The error that matters is the first one.
      try? files.close(file)
      throw error
    }
    try files.close(file)
    return (texts, bytes)
  }
}
