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
}
