internal import Glibc

extension Journal {
  /// Where the journal of a state directory lives.
  public static func directory(in state: String) -> String { "\(state)/\(CheckpointStore.journalName)" }

  /// The position of the first message that the journal goes back to; nil where it has no segment.
  ///
  /// - Throws: the call that failed.
  public static func firstPosition(
    in directory: String, on files: any FileSystem = LocalFileSystem()
  ) throws(StoreError) -> UInt64? {
    try JournalDirectory(path: directory, files: files).entries().first?.first
  }

  /// The settings under which the newest segment's messages were accepted, as its header keeps them; nil where there is no journal.
  ///
  /// - Parameter directory: the journal's.
  /// - Throws: the call that failed, or `damaged` where the segment's header cannot be read.
  /// - Complexity: O(bytes of the segment)
  public static func newestSettings(
    in directory: String, on files: any FileSystem = LocalFileSystem()
  ) throws(StoreError) -> String? {
    let segments = JournalDirectory(path: directory, files: files)
    do throws(StoreError) {
      guard let newest = try segments.entries().last else { return nil }
      let segment = try JournalSegment(newest, on: files)
      guard let head = segment.head else { throw .damaged(path: newest.path, problem: segment.problem) }
      return head.header.settings
    } catch {
      if case .system(_, directory, ENOENT) = error { return nil }
      throw error
    }
  }
}
