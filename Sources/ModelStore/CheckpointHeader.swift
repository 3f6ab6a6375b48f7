internal import FoundationEssentials

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

  /// The one tensor-like member of the header that is none.
  private struct Texts: Decodable {
    let metadata: [String: String]

    enum CodingKeys: String, CodingKey { case metadata = "__metadata__" }
  }

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
    let header: [UInt8]
    let size: Int
    do throws(StoreError) {
      size = try files.size(of: file)
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
    return (texts.metadata, size)
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
