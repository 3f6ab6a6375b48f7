/// The accepted messages on disk, in order, so that those that no checkpoint has learned can be learned again.
///
/// Belongs to one thread of the one process that has the state directory's lock. After a start: `replay`, then `begin` at the position
/// after the last that it gave, then `append` and `synchronize`. After any of these has thrown, the segment is dead: what it had not
/// synchronized may be lost, and only `begin` goes on, with a header that says so.
public final class Journal {
  private enum State {
    case closed
    case open(Open)
    case failed(segment: String, StoreError)
  }

  private struct Open {
    let file: OpenFile
    var header: JournalHeader
    let seed: UInt32
    let headBytes: Int
    var bytes: Int
    /// Bytes from the file's beginning that the system need not keep in memory.
    var forgotten = 0
  }

  /// Synchronized bytes are forgotten by so many, whole pages of memory: the last page is still written to.
  private static let forgettingUnit = 1 << 20

  /// Heads of smaller segments are as short as can be.
  private static let leastSegmentOfPages = 256 << 10

  public let directory: String
  /// The highest position handed to the files; that of the message before the first where there is none yet.
  public private(set) var written: UInt64 = 0
  /// The highest position that is durable, with all before it: in the journal, or, where the segment needs a checkpoint, as soon
  /// as there is one.
  public private(set) var synchronized: UInt64 = 0

  private let segments: JournalDirectory
  private let segmentBytes: Int
  private var state = State.closed

  /// Opens the directory, creating it where it is missing, and clears away what an interrupted `begin` left.
  ///
  /// - Parameter segmentBytes: how large segments get; only one whose first batch is larger exceeds it.
  /// - Throws: the call that failed.
  public init(
    directory: String, on files: any FileSystem = LocalFileSystem(), segmentBytes: Int
  ) throws(StoreError) {
    self.directory = directory
    self.segmentBytes = segmentBytes
    segments = JournalDirectory(path: directory, files: files)
    try files.makeDirectory(directory)
    try segments.removeUnfinished()
  }

  deinit {
    if case .open(let open) = state { try? segments.files.close(open.file) }
  }

  /// Begins a segment: `append` goes on with the message `first`, and the segment is there, whole, when this returns. Its
  /// first batch has phase 0.
  ///
  /// Segments that begin with `first` or a later message have been given up: they are set aside, under names that begin with `aside-`.
  /// Unless the header says that a checkpoint is needed, all before `first` is made durable, should it not be.
  ///
  /// - Parameters:
  ///   - first: at least 1.
  ///   - covered: the position of the newest checkpoint. What it has learned need not be durable here.
  /// - Throws: the call that failed. Then this can be tried again.
  /// - Complexity: O(bytes of the segments set aside, and of those not known to be durable)
  public func begin(at first: UInt64, covered: UInt64 = 0, header: JournalHeader) throws(StoreError) {
    precondition(first > 0, "positions begin with 1")
    if case .open(let open) = state { try? segments.files.close(open.file) }
    state = .closed
    let before = first - 1
    do throws(StoreError) {
      try segments.setAside(from: first)
      if header.needsCheckpoint {
        // Should this process have synchronized more than it now goes on after, that was set aside.
        synchronized = min(synchronized, before)
      } else {
        if before > max(synchronized, covered) { try segments.secure(before: first) }
        synchronized = before
      }
      try create(first, header, phase: 0)
    } catch {
      state = .failed(segment: segments.path(of: first), error)
      throw error
    }
    written = before
  }

  /// Writes a batch. It is durable after the next `synchronize`.
  ///
  /// A segment that would exceed its size is synchronized first, and closed, and another one begun.
  ///
  /// - Parameter batch: begins with the message after `written`. Keeps its records.
  /// - Throws: the call that failed, or `journalFailed` where one has before.
  /// - Complexity: O(bytes of the batch)
  public func append(_ batch: inout JournalBatch) throws(StoreError) {
    guard let first = batch.first, let last = batch.last else { return }
    precondition(first == written + 1, "positions follow each other")
    var open = try segment()
    if open.bytes > open.headBytes, open.bytes + batch.byteCount > segmentBytes { open = try rotate(batch.phase) }
    batch.seal(synchronized: synchronized, seed: open.seed)
    do throws(StoreError) {
      try batch.withUnsafeBytes { (records) throws(StoreError) in
        try segments.files.writeAllDirectly(records, to: open.file, at: open.bytes)
      }
    } catch {
      throw die(open, of: error)
    }
    open.bytes += batch.byteCount
    state = .open(open)
    written = last
  }

  /// Segments that are begun from here on, when this one is full, say that their messages were accepted under other settings.
  public func change(settings: String) {
    guard case .open(var open) = state else { return }
    open.header.settings = settings
    state = .open(open)
  }

  /// Makes all that was appended durable.
  ///
  /// - Throws: the call that failed, or `journalFailed` where one has before.
  public func synchronize() throws(StoreError) {
    var open = try segment()
    if synchronized == written { return }
    do throws(StoreError) {
      try segments.files.synchronize(open.file)
    } catch {
      throw die(open, of: error)
    }
    synchronized = written
    // Only recovery reads it. Otherwise a journal takes new memory as fast as it grows, which costs several times as much to
    // write to as what was just given back, and is counted as the daemon's.
    let end = open.bytes - open.bytes % Journal.forgettingUnit
    guard end > open.forgotten else { return }
    segments.files.forget(open.file, at: open.forgotten, count: end - open.forgotten)
    open.forgotten = end
    state = .open(open)
  }

  /// Makes all durable and closes the segment. Only `begin` goes on.
  ///
  /// - Throws: the call that failed, or `journalFailed` where one has before; the segment is closed all the same.
  public func close() throws(StoreError) {
    if case .closed = state { return }
    try synchronize()
    if case .open(let open) = state {
      state = .closed
      try segments.files.close(open.file)
    }
  }

  /// Removes segments that are not needed to go on after a checkpoint, oldest first; never the newest.
  ///
  /// - Parameters:
  ///   - position: of the oldest checkpoint that recovery is to be possible from.
  ///   - bytes: how many bytes of them to keep for other uses, from the newest on.
  /// - Returns: how many were removed.
  /// - Throws: the call that failed. The journal goes on being usable.
  /// - Complexity: O(segments)
  public func removeCovered(through position: UInt64, keeping bytes: Int) throws(StoreError) -> Int {
    // History has gone on without these, and is recorded up to beyond where they begin.
    var removed = try segments.asideEntries().filter { $0.first <= position }
    let entries = try segments.entries()
    let covered = zip(entries, entries.dropFirst()).prefix { $1.first - 1 <= position }.map { $0.0 }
    var kept = 0
    var remaining = covered.count
    while remaining > 0 {
      kept += try segments.size(of: covered[remaining - 1])
      if kept > bytes { break }
      remaining -= 1
    }
    removed += covered[..<remaining]
    for entry in removed { try segments.files.remove(entry.path) }
    return removed.count
  }

  private func segment() throws(StoreError) -> Open {
    switch state {
    case .open(let open): return open
    case .failed(let segment, let cause): throw .journalFailed(segment: segment, cause: cause)
    case .closed: preconditionFailure("a segment has been begun")
    }
  }

  /// - Parameter phase: where in a page the first record is to lie.
  private func create(_ first: UInt64, _ header: JournalHeader, phase: Int) throws(StoreError) {
    let seed = UInt32.random(in: .min ... .max)
    // In a small segment a page is much, and nothing is written directly.
    let phase = segmentBytes >= Journal.leastSegmentOfPages ? phase : nil
    let head = try SegmentHead.encoded(
      header, first: first, synchronized: synchronized, seed: seed, endingAt: phase)
    let file = try segments.create(segments.path(of: first), head)
    state = .open(Open(file: file, header: header, seed: seed, headBytes: head.count, bytes: head.count))
  }

  /// Closes the segment, all of it durable, and begins the next one.
  private func rotate(_ phase: Int) throws(StoreError) -> Open {
    try synchronize()
    let old = try segment()
    // What was written is durable, whatever closing says.
    try? segments.files.close(old.file)
    var header = old.header
    // This one needs the one before it, no more.
    header.needsCheckpoint = false
    do throws(StoreError) {
      try create(written + 1, header, phase: phase)
    } catch {
      state = .failed(segment: segments.path(of: written + 1), error)
      throw error
    }
    return try segment()
  }

  private func die(_ open: Open, of cause: StoreError) -> StoreError {
    try? segments.files.close(open.file)
    state = .failed(segment: open.file.path, cause)
    return cause
  }
}
