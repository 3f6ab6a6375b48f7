internal import OnlineLearning

/// The checkpoint files of a state directory.
///
/// Names are `checkpoint-<sequence>-step-<step>.safetensors`; the sequence goes up by one with every file, so the
/// highest is the newest. Files with other names are none of ours and are left alone. Belongs to one process (see
/// `StateLock`) and to one thread of it.
public struct CheckpointStore: Sendable {
  /// A checkpoint file, by its name.
  public struct Entry: Sendable, Equatable {
    public let sequence: UInt64
    public let step: UInt64
    public let path: String

    /// The last part of the path.
    public var name: String { CheckpointStore.name(sequence: sequence, step: step) }
  }

  /// A checkpoint file and what stands in it about itself.
  public struct Written: Sendable, Equatable {
    public let entry: Entry
    /// The file's size.
    public let bytes: Int
    /// As the file has it: the kind of checksum, a colon, and its digits.
    public let checksum: String
    /// Of the learner, as JSON, as the file has it.
    public let configuration: String

    public init(entry: Entry, bytes: Int, checksum: String, configuration: String) {
      (self.entry, self.bytes, self.checksum, self.configuration) = (entry, bytes, checksum, configuration)
    }
  }

  /// What a start finds.
  public struct Newest: Sendable {
    /// The newest checkpoint that is whole; nil where there is none.
    public let checkpoint: Checkpoint?
    public let entry: Entry?
    /// Newer ones that are not, and why. They stay where they are.
    public let skipped: [StoreError]
  }

  /// Where whittled keeps its state if nobody says otherwise.
  public static let defaultDirectory = "whittled-state"

  /// Bytes that the disk is told of at once.
  private static let writtenAtOnce = 4 << 20

  public let directory: String
  let files: any FileSystem
  /// Known to be whole: read or written by this process.
  private var whole: Set<UInt64> = []
  /// Known to be damaged, and reported.
  private var damaged: Set<UInt64> = []
  /// When they were made, as far as that was asked for.
  private var times: [UInt64: Double] = [:]
  var nextSequence: UInt64 = 1

  /// Opens the directory, creating it where it is missing, clears away what an interrupted write left, and finishes what an
  /// interrupted `restore` began.
  ///
  /// - Throws: the call that failed.
  public init(
    directory: String, on files: any FileSystem = LocalFileSystem()
  ) throws(StoreError) {
    self.directory = directory
    self.files = files
    try files.makeDirectory(directory)
    try files.removeUnfinished(in: directory)
    try finishRestoring()
    // A process that was killed may have left a name that does not last yet, and from here on it is relied on.
    try files.synchronizeDirectory(directory)
    nextSequence = (try entries().last?.sequence ?? 0) + 1
  }

  /// All checkpoint files, oldest first.
  public func entries() throws(StoreError) -> [Entry] {
    try CheckpointStore.entries(in: directory, on: files)
  }

  /// All checkpoint files of a directory, oldest first. Changes nothing, and needs no lock.
  public static func entries(
    in directory: String, on files: any FileSystem = LocalFileSystem()
  ) throws(StoreError) -> [Entry] {
    try files.names(in: directory).compactMap { entry($0, in: directory) }.sorted { $0.sequence < $1.sequence }
  }

  private static func name(sequence: UInt64, step: UInt64) -> String {
    "checkpoint-\(digits(sequence))-step-\(step).safetensors"
  }

  /// A sequence number as names have it.
  static func digits(_ sequence: UInt64) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  static func entry(_ name: String, in directory: String) -> Entry? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "checkpoint", parts[2] == "step", parts[3].hasSuffix(".safetensors"),
      let sequence = UInt64(parts[1]), sequence < .max, let step = UInt64(parts[3].dropLast(".safetensors".count)),
      name == CheckpointStore.name(sequence: sequence, step: step)
    else { return nil }
    return Entry(sequence: sequence, step: step, path: "\(directory)/\(name)")
  }

  /// The newest checkpoint that is whole. Found by reading, not by trust in names or times.
  ///
  /// - Throws: when the directory cannot be listed, or a file before the first whole one cannot be read or is of a newer
  ///   version.
  /// - Complexity: O(bytes of the files read)
  public mutating func newest() throws(StoreError) -> Newest {
    var skipped: [StoreError] = []
    for entry in try entries().reversed() {
      do throws(StoreError) {
        let checkpoint = try Checkpoint(file: entry.path, on: files)
        whole.insert(entry.sequence)
        return Newest(checkpoint: checkpoint, entry: entry, skipped: skipped)
      } catch {
        // Passing over what a newer whittle wrote, or what the disk does not give back now, would lose what it holds.
        guard case .damaged = error else { throw error }
        damaged.insert(entry.sequence)
        skipped.append(error)
      }
    }
    return Newest(checkpoint: nil, entry: nil, skipped: skipped)
  }

  /// Makes a checkpoint durable as the newest one.
  ///
  /// - Throws: the call that failed; then the files are as they were before.
  /// - Complexity: O(features)
  public mutating func write(_ checkpoint: Checkpoint) throws(StoreError) -> Written {
    let sequence = nextSequence
    let step = checkpoint.snapshot.steps
    let path = "\(directory)/\(CheckpointStore.name(sequence: sequence, step: step))"
    let encoder: CheckpointEncoder
    do {
      encoder = try CheckpointEncoder(checkpoint)
    } catch {
      // Only a number that JSON has no word for could do this, and the learner keeps all of its numbers finite.
      throw .damaged(path: path, problem: "the model cannot be written: \(error)")
    }
    // A number that was tried is not used again: a failed write may have left a file of that name.
    nextSequence += 1
    var checksum: UInt32 = 0
    try files.replace(path) { (file) throws(StoreError) in
      var waiting = 0
      checksum = try encoder.encode { (bytes, offset) throws(StoreError) in
        try files.writeAll(bytes, to: file, at: offset)
        waiting += bytes.count
        // The disk is busy while the next piece is made, and not only when all are.
        if waiting >= CheckpointStore.writtenAtOnce {
          files.startWriting(file, at: 0, count: encoder.size)
          waiting = 0
        }
      }
    }
    whole.insert(sequence)
    times[sequence] = checkpoint.time
    return Written(
      entry: Entry(sequence: sequence, step: step, path: path), bytes: encoder.size,
      checksum: Checkpoint.text(checksum), configuration: encoder.configuration)
  }

  /// Removes the whole checkpoints that are not worth keeping. What is damaged is neither counted nor removed.
  ///
  /// What is removed was read and found whole, and so was what is kept in its stead; of the others only the header is read.
  ///
  /// - Returns: the damaged ones that were found and not reported before.
  /// - Throws: the call that failed.
  /// - Complexity: O(checkpoints) once they are known; each is read once at most
  public mutating func retain(_ retention: Retention) throws(StoreError) -> [StoreError] {
    // Two files of one number were made by nobody's hand but people's: the second stays.
    let entries = Dictionary(try entries().map { ($0.sequence, $0) }) { first, _ in first }
    var found: [StoreError] = []
    var times: [Retention.Checkpoint] = []
    for entry in entries.values.sorted(by: { $0.sequence < $1.sequence }) where !damaged.contains(entry.sequence) {
      if let time = time(of: entry, &found) { times.append(Retention.Checkpoint(sequence: entry.sequence, time: time)) }
    }
    // Whatever turns out to be damaged changes what is to be kept.
    while true {
      let removable = retention.removable(times)
      if removable.isEmpty { return found }
      let gone = Set(removable.map(\.sequence))
      let kept = times.filter { !gone.contains($0.sequence) }
      var needed = kept.suffix(max(retention.newest, 1)) + removable
      let (hours, days) = (Set(removable.map(\.hour)), Set(removable.map(\.day)))
      needed += kept.filter { hours.contains($0.hour) || days.contains($0.day) }
      let unfit = Set(needed.filter { !isWhole(entries[$0.sequence], &found) }.map(\.sequence))
      if unfit.isEmpty {
        for checkpoint in removable { try remove(entries[checkpoint.sequence]) }
        return found
      }
      times.removeAll { unfit.contains($0.sequence) }
    }
  }

  private mutating func remove(_ entry: Entry?) throws(StoreError) {
    guard let entry else { return }
    try files.remove(entry.path)
    whole.remove(entry.sequence)
    times[entry.sequence] = nil
  }

  /// When a checkpoint was made, by its header; nil where that cannot be read, which is then reported.
  private mutating func time(of entry: Entry, _ found: inout [StoreError]) -> Double? {
    if let time = times[entry.sequence] { return time }
    do throws(StoreError) {
      let time = try CheckpointHeader(file: entry.path, on: files).time
      times[entry.sequence] = time
      return time
    } catch {
      damaged.insert(entry.sequence)
      found.append(error)
      return nil
    }
  }

  /// Whether a checkpoint is whole, by reading it where that is not known; what it is not is reported.
  private mutating func isWhole(_ entry: Entry?, _ found: inout [StoreError]) -> Bool {
    guard let entry, !damaged.contains(entry.sequence) else { return false }
    if whole.contains(entry.sequence) { return true }
    do throws(StoreError) {
      _ = try Checkpoint(file: entry.path, on: files, inBackground: true)
      whole.insert(entry.sequence)
      return true
    } catch {
      // What cannot be read now, or by this whittle, may be worth keeping: it counts as damaged does.
      damaged.insert(entry.sequence)
      found.append(error)
      return false
    }
  }
}
