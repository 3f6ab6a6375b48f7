/// The segment files of a journal.
///
/// A segment `journal-<first position>.whittle` covers the positions from its first to the one before the next segment's first. What
/// stands in it beyond was given up by a recovery, and later messages got those positions.
struct JournalDirectory {
  /// A segment file, by its name.
  struct Entry: Equatable {
    let first: UInt64
    let path: String
  }

  let path: String
  let files: any FileSystem

  private static let prefix = "journal-"
  private static let suffix = ".whittle"
  private static let asidePrefix = "aside-"
  private var temporaryPath: String { "\(path)/\(type(of: files).temporaryPrefix)journal" }

  private static func name(_ first: UInt64) -> String {
    let digits = String(first)
    return prefix + String(repeating: "0", count: 20 - digits.count) + digits + suffix
  }

  func path(of first: UInt64) -> String { "\(path)/\(JournalDirectory.name(first))" }

  /// The position in a segment's name; nil where the name is none.
  private static func first(_ name: Substring) -> UInt64? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix),
      let first = UInt64(name.dropFirst(prefix.count).dropLast(suffix.count)), first > 0,
      name == JournalDirectory.name(first)
    else { return nil }
    return first
  }

  /// All segments, in order.
  func entries() throws(StoreError) -> [Entry] {
    try files.names(in: path).compactMap { name in
      JournalDirectory.first(name[...]).map { Entry(first: $0, path: "\(path)/\(name)") }
    }.sorted { $0.first < $1.first }
  }

  /// Segments that were set aside, by their first positions.
  func asideEntries() throws(StoreError) -> [Entry] {
    try files.names(in: path).compactMap { name in
      guard name.hasPrefix(JournalDirectory.asidePrefix) else { return nil }
      let rest = name.dropFirst(JournalDirectory.asidePrefix.count)
      // aside-2-journal-…: the same positions were set aside before.
      guard let dash = rest.firstIndex(of: "-"), Int(rest[..<dash]) != nil,
        let first = JournalDirectory.first(rest[rest.index(after: dash)...])
      else { return nil }
      return Entry(first: first, path: "\(path)/\(name)")
    }.sorted { $0.first < $1.first }
  }

  func size(of entry: Entry) throws(StoreError) -> Int {
    let file = try files.open(entry.path, for: .reading)
    defer { try? files.close(file) }
    return try files.size(of: file)
  }

  /// Clears away the segment whose beginning was interrupted.
  func removeUnfinished() throws(StoreError) {
    for name in try files.names(in: path) where "\(path)/\(name)" == temporaryPath { try files.remove(temporaryPath) }
  }

  /// Writes a segment's first bytes and makes them durable under its name before it returns.
  ///
  /// - Returns: the file, open.
  func create(_ path: String, _ bytes: [UInt8]) throws(StoreError) -> OpenFile {
    let temporary = temporaryPath
    let file = try files.open(temporary, for: .writing)
    do throws(StoreError) {
      try bytes.span.bytes.withUnsafeBytes { (bytes) throws(StoreError) in
        try files.writeAll(bytes, to: file, at: 0)
      }
      try files.synchronize(file)
      try files.rename(temporary, to: path)
      try files.synchronizeDirectory(self.path)
    } catch {
      // The error that matters is the first one.
      try? files.close(file)
      try? files.remove(temporary)
      throw error
    }
    return OpenFile(number: file.number, path: path)
  }

  /// Sets aside the segments from a position on, durably; those without messages are removed.
  ///
  /// The last one goes first, and is gone for good before the next: after a crash in between no later one is there without those
  /// before it.
  func setAside(from first: UInt64) throws(StoreError) {
    for entry in try entries().reversed() where entry.first >= first {
      let segment = try JournalSegment(entry, on: files)
      if segment.records(from: 0).count > 0 || segment.head == nil {
        let names = Set(try files.names(in: path))
        var number = 1
        while names.contains(asideName(entry.first, number)) { number += 1 }
        try files.rename(entry.path, to: "\(path)/\(asideName(entry.first, number))")
      } else {
        try files.remove(entry.path)
      }
      try files.synchronizeDirectory(path)
    }
  }

  private func asideName(_ first: UInt64, _ number: Int) -> String {
    "\(JournalDirectory.asidePrefix)\(number)-\(JournalDirectory.name(first))"
  }

  /// Makes durable what can be read before a position, as far as nothing on the disk shows that it is.
  ///
  /// The files are written anew: after a failed fsync the system may show bytes that never reach the disk, and a second fsync
  /// of them succeeds.
  func secure(before first: UInt64) throws(StoreError) {
    let earlier = try entries().filter { $0.first < first }
    // From here on what heads call durable was so on condition of a checkpoint.
    var conditional = UInt64.max
    for entry in earlier where conditional == .max {
      if try JournalSegment(entry, on: files).head?.header.needsCheckpoint == true { conditional = entry.first }
    }
    for entry in earlier.reversed() {
      let segment = try JournalSegment(entry, on: files)
      try files.close(try create(entry.path, segment.bytes))
      // It was begun when all before it was durable.
      if let head = segment.head, head.synchronized >= head.first - 1, head.first < conditional { return }
    }
  }
}
