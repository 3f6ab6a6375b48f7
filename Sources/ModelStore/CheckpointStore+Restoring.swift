/// Making an older checkpoint the one that the next start takes: what is newer is moved aside, and nothing is written.
///
/// The journal goes aside with the newer checkpoints: its messages come after theirs. All of that is many renames, and a
/// start in the middle of them would find checkpoints and a journal that do not belong together. So the first thing to be made
/// is a directory whose name says what is to be done:
///
///     restoring-00000007-20260131T120000Z     all that is newer than checkpoint 7 is on its way into this directory
///     aside-20260131T120000Z                  what it is called when all is there
///
/// That it is made is what decides: before, a crash leaves everything as it was; after, whoever opens the store moves what
/// is left, before anything else is done with it.
extension CheckpointStore {
  /// The journal's directory in a state directory.
  public static let journalName = "journal"

  /// What was moved aside.
  public struct Aside: Sendable, Equatable {
    /// The directory where it is now.
    public let directory: String
    /// What it is called there, in alphabetical order.
    public let names: [String]
  }

  /// A directory of what is being moved aside, by its name.
  private struct Pending {
    static let prefix = "restoring"
    let sequence: UInt64
    let stamp: String

    init(sequence: UInt64, stamp: String) {
      self.sequence = sequence
      self.stamp = stamp
    }

    init?(name: String) {
      let parts = name.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0] == Pending.prefix, let sequence = UInt64(parts[1]), !parts[2].isEmpty
      else { return nil }
      self.init(sequence: sequence, stamp: String(parts[2]))
      guard name == self.name else { return nil }
    }

    var name: String { "\(Pending.prefix)-\(CheckpointStore.digits(sequence))-\(stamp)" }
  }

  /// Makes a checkpoint the newest one, and the one that the next start takes.
  ///
  /// Where this fails, everything is as it was, or what is left to be done is done when the store is opened next.
  ///
  /// - Parameters:
  ///   - entry: one of `entries()` that was read and found whole.
  ///   - stamp: tells what is moved aside now from what was before; without `/`, and not empty.
  /// - Returns: what was moved aside; nil where there was nothing newer and no journal.
  /// - Throws: the call that failed.
  public mutating func restore(_ entry: Entry, stamp: String) throws(StoreError) -> Aside? {
    let pending = Pending(sequence: entry.sequence, stamp: stamp)
    if try newer(than: pending).isEmpty { return nil }
    try files.makeDirectory("\(directory)/\(pending.name)")
    try files.synchronizeDirectory(directory)
    let aside = try finish(pending)
    nextSequence = (try entries().last?.sequence ?? 0) + 1
    return aside
  }

  /// Finishes what a crash interrupted.
  func finishRestoring() throws(StoreError) {
    for pending in try files.names(in: directory).compactMap({ Pending(name: $0) }) { _ = try finish(pending) }
  }

  private func finish(_ pending: Pending) throws(StoreError) -> Aside {
    let place = "\(directory)/\(pending.name)"
    for name in try newer(than: pending) { try files.rename("\(directory)/\(name)", to: "\(place)/\(name)") }
    // Where they are now before where they were: whatever a crash takes back, no file is without a name.
    try files.synchronizeDirectory(place)
    try files.synchronizeDirectory(directory)
    let taken = try files.names(in: directory)
    var name = "aside-\(pending.stamp)"
    var number = 2
    while taken.contains(name) {
      name = "aside-\(pending.stamp)-\(number)"
      number += 1
    }
    let aside = "\(directory)/\(name)"
    try files.rename(place, to: aside)
    try files.synchronizeDirectory(directory)
    return Aside(directory: aside, names: try files.names(in: aside).filter { $0 != "." && $0 != ".." }.sorted())
  }

  /// What is to be moved: the journal first, then the newer checkpoints.
  private func newer(than pending: Pending) throws(StoreError) -> [String] {
    let names = try files.names(in: directory)
    let checkpoints = names.filter { name in
      CheckpointStore.entry(name, in: directory).map { $0.sequence > pending.sequence } ?? false
    }
    return names.filter { $0 == CheckpointStore.journalName } + checkpoints.sorted()
  }
}
