public import ModelStore

/// Keeps the catalog of a state directory in step with its checkpoint files.
///
/// Belongs to one thread of the one process that works on the directory (see `StateLock`). Nothing is taken for granted: each
/// call finds what became of the catalog since. One that is missing, damaged or of another schema is made anew,
/// and what fails, because the catalog is locked or the disk full, is made good by the next call.
public struct CatalogKeeper: Sendable {
  /// Of each checkpoint, so many coefficients are kept unless somebody says otherwise.
  public static let defaultLimit = 10_000

  private let directory: String
  private let path: String
  private let limit: Int
  private let files: any FileSystem
  private let anchor = CatalogAnchor()
  /// What the catalog lacks, the newest last.
  private var missing: [CheckpointStore.Entry] = []
  /// Files that cannot be read, and what was in the way; they are not tried again.
  private var unfit: Set<UInt64> = []

  /// - Parameters:
  ///   - directory: the state directory.
  ///   - limit: of each checkpoint, so many of the heaviest coefficients are kept; above 0.
  ///   - files: where the checkpoints are. The catalog itself is SQLite's, which has its own ways.
  public init(directory: String, limit: Int = defaultLimit, on files: any FileSystem = LocalFileSystem()) {
    (self.directory, self.limit, self.files) = (directory, limit, files)
    path = CatalogReader.path(in: directory)
  }

  /// Whether all checkpoints are known to be in the catalog, as far as they can be read.
  public var isComplete: Bool { missing.isEmpty }

  /// Looks whether the catalog is whole, takes out what it should not have, and notes what it lacks, for `addNextMissing`.
  ///
  /// - Returns: why the catalog that was there had to be made anew, if it had to.
  /// - Throws: `busy` or `failed`; then nothing is noted, and `add` begins again.
  /// - Complexity: O(bytes of the catalog), and the headers of all checkpoints are read
  @discardableResult
  public mutating func begin() throws(CatalogError) -> CatalogError? {
    let entries = try entries()
    var checksums: [UInt64: String] = [:]
    for entry in entries { checksums[entry.sequence] = try? CheckpointHeader(file: entry.path, on: files).checksum }
    let limit = limit
    let (known, mended) = try inCatalog { (database) throws(CatalogError) in
      try database.check()
      return try database.change { changes in
        try changes.setLimit(limit)
        let known = try changes.known()
        let files = Dictionary(entries.map { (Int64(clamping: $0.sequence), $0) }) { first, _ in first }
        let wrong = known.filter { id, known in
          guard let entry = files[id] else { return true }
          return entry.name != known.file || checksums[entry.sequence] != known.checksum
            || known.coefficients != min(limit, known.activeSet)
        }
        try changes.remove(wrong.keys)
        return known.filter { wrong[$0.key] == nil }
      }
    }
    note(entries, known)
    return mended
  }

  /// Adds a checkpoint that was just written, and takes out those whose files are gone.
  ///
  /// - Returns: why the catalog that was there had to be made anew, if it had to.
  /// - Throws: `busy` or `failed`; then the catalog is as it was.
  /// - Complexity: O(features)
  @discardableResult
  public mutating func add(
    _ checkpoint: Checkpoint, _ file: CheckpointStore.Written
  ) throws(CatalogError) -> CatalogError? {
    let entries = try entries()
    let entry = CatalogEntry(checkpoint, file, limit: limit)
    let limit = limit
    let (known, mended) = try inCatalog { (database) throws(CatalogError) in
      try database.change { changes in
        try changes.setLimit(limit)
        try changes.add(entry)
        var known = try changes.known()
        let names = Set(entries.map(\.name))
        let gone = known.filter { !names.contains($0.value.file) }
        try changes.remove(gone.keys)
        for id in gone.keys { known[id] = nil }
        return known
      }
    }
    note(entries, known)
    return mended
  }

  /// Adds the newest of the checkpoints that are missing, from its file.
  ///
  /// - Returns: why that file cannot be read, if it cannot; it is not missed any more.
  /// - Throws: `busy` or `failed`; then none is missed until `add` has looked again.
  /// - Complexity: O(bytes of the file), and memory for its model
  public mutating func addNextMissing() throws(CatalogError) -> StoreError? {
    guard let entry = missing.popLast() else { return nil }
    let found: CatalogEntry
    do throws(StoreError) {
      found = try CatalogKeeper.read(entry, limit, files)
    } catch {
      unfit.insert(entry.sequence)
      return error
    }
    do throws(CatalogError) {
      try inCatalog { (database) throws(CatalogError) in try database.change { try $0.add(found) } }
    } catch {
      missing = []
      throw error
    }
    return nil
  }

  /// Makes the whole catalog anew from the checkpoint files, at once: until it is done, readers see the one that was there.
  ///
  /// - Parameters:
  ///   - limit: as for `init`; nil takes that of the catalog that is there, else the default.
  ///   - report: takes why a file cannot be read, which is then left out.
  /// - Returns: how many checkpoints are in it.
  /// - Throws: `busy` or `failed`; then the catalog is as it was.
  public static func rebuild(
    directory: String, limit: Int? = nil, on files: any FileSystem = LocalFileSystem(),
    report: (StoreError) -> Void
  ) throws(CatalogError) -> Int {
    let keeper = CatalogKeeper(directory: directory, on: files)
    let entries = try keeper.entries()
    return try keeper.inCatalog { (database) throws(CatalogError) in
      try database.check()
      return try database.change { changes in
        let limit = try limit ?? changes.limit() ?? defaultLimit
        try changes.setLimit(limit)
        try changes.removeAll()
        var count = 0
        for entry in entries {
          do {
            try changes.add(read(entry, limit, files))
            count += 1
          } catch let error as StoreError {
            report(error)
          }
        }
        return count
      }
    }.result
  }

  /// Removes the catalog of a state directory; nothing happens where there is none.
  public static func remove(directory: String) throws(CatalogError) {
    try CatalogDatabase.remove(path: CatalogReader.path(in: directory))
  }

  private static func read(
    _ entry: CheckpointStore.Entry, _ limit: Int, _ files: any FileSystem
  ) throws(StoreError) -> CatalogEntry {
    let checkpoint = try Checkpoint(file: entry.path, on: files, inBackground: true)
    let header = try CheckpointHeader(file: entry.path, on: files)
    let file = CheckpointStore.Written(
      entry: entry, bytes: header.bytes, checksum: header.checksum, configuration: header.configuration)
    return CatalogEntry(checkpoint, file, limit: limit)
  }

  private func entries() throws(CatalogError) -> [CheckpointStore.Entry] {
    do throws(StoreError) {
      return try CheckpointStore.entries(in: directory, on: files)
    } catch {
      throw .failed(path: directory, problem: "\(error)")
    }
  }

  private mutating func note(_ entries: [CheckpointStore.Entry], _ known: [Int64: CatalogChanges.Known]) {
    missing = entries.filter { known[Int64(clamping: $0.sequence)] == nil && !unfit.contains($0.sequence) }
  }

  /// Opens the catalog for a while, and a second time, made anew, where it turns out to be none.
  @discardableResult
  private func inCatalog<Result>(
    _ body: (CatalogDatabase) throws(CatalogError) -> Result
  ) throws(CatalogError) -> (result: Result, mended: CatalogError?) {
    do throws(CatalogError) {
      return (try once(body), nil)
    } catch {
      guard error.isMendable else { throw error }
      anchor.release()
      try CatalogDatabase.remove(path: path)
      return (try once(body), error)
    }
  }

  private func once<Result>(_ body: (CatalogDatabase) throws(CatalogError) -> Result) throws(CatalogError) -> Result {
    let database = try anchor.database(path)
    let result = try body(database)
    database.emptyLog()
    anchor.hold(database, path)
    return result
  }
}
