/// A segment file, read.
struct JournalSegment {
  let path: String
  let bytes: [UInt8]
  /// Nil where it cannot be read, for `problem`.
  let head: SegmentHead?
  let problem: String

  /// - Throws: the call that failed, or `newerVersion`.
  /// - Complexity: O(bytes)
  init(_ entry: JournalDirectory.Entry, on files: any FileSystem) throws(StoreError) {
    path = entry.path
    let bytes = try files.read(entry.path)
    self.bytes = bytes
    do throws(SegmentHead.Failure) {
      let head = try bytes.span.bytes.withUnsafeBytes { (bytes) throws(SegmentHead.Failure) in try SegmentHead(bytes) }
      guard head.first == entry.first else {
        throw .malformed(problem: "its name says that it begins with message \(entry.first), its header \(head.first)")
      }
      self.head = head
      problem = ""
    } catch {
      switch error {
      case .malformed(let problem):
        head = nil
        self.problem = problem
      case .newerVersion(let found):
        throw .newerVersion(path: entry.path, found: found, known: JournalHeader.formatVersion)
      }
    }
  }

  /// The record that begins at an offset, if one does.
  func place(at offset: Int) -> RecordPlace? {
    guard let head else { return nil }
    return bytes.withUnsafeBytes { RecordPlace(at: offset, in: $0, seed: head.seed) }
  }

  /// All whole records from an offset on, whatever stands between them.
  ///
  /// - Complexity: O(bytes)
  func records(from offset: Int) -> [RecordPlace] {
    guard let head else { return [] }
    var places: [RecordPlace] = []
    var offset = max(offset, head.byteCount)
    while offset < bytes.count {
      if let place = place(at: offset) {
        places.append(place)
        offset += place.length
      } else {
        offset += 8
      }
    }
    return places
  }

  func record(_ place: RecordPlace) -> JournalRecord {
    bytes.withUnsafeBytes { JournalRecord(place, in: $0) }
  }
}
