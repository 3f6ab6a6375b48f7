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

  /// What a start finds.
  public struct Newest: Sendable {
    /// The newest checkpoint that is whole; nil where there is none.
    public let checkpoint: Checkpoint?
    public let entry: Entry?
    /// Newer ones that are not, and why. They stay where they are.
    public let skipped: [StoreError]
  }

  public let directory: String
  private let files: any FileSystem
  /// Known to be whole: read or written by this process.
  private var whole: Set<UInt64> = []
  /// Known to be damaged, and reported.
  private var damaged: Set<UInt64> = []
  private var nextSequence: UInt64 = 1

  /// Opens the directory, creating it where it is missing, and clears away what an interrupted write left.
  ///
  /// - Throws: the call that failed.
  public init(
    directory: String, on files: any FileSystem = LocalFileSystem()
  ) throws(StoreError) {
    self.directory = directory
    self.files = files
    try files.makeDirectory(directory)
    try files.removeUnfinished(in: directory)
    nextSequence = (try entries().last?.sequence ?? 0) + 1
  }

  /// All checkpoint files, oldest first.
  public func entries() throws(StoreError) -> [Entry] {
    try files.names(in: directory).compactMap { entry($0) }.sorted { $0.sequence < $1.sequence }
  }

  private static func name(sequence: UInt64, step: UInt64) -> String {
    let digits = String(sequence)
    return "checkpoint-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits)-step-\(step).safetensors"
  }

  private func entry(_ name: String) -> Entry? {
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
  /// - Returns: its entry, and its size in bytes.
  /// - Throws: the call that failed; then the files are as they were before.
  /// - Complexity: O(features)
  public mutating func write(_ checkpoint: Checkpoint) throws(StoreError) -> (entry: Entry, bytes: Int) {
    let sequence = nextSequence
    let step = checkpoint.snapshot.steps
    let path = "\(directory)/\(CheckpointStore.name(sequence: sequence, step: step))"
    let chunks: [[UInt8]]
    do {
      chunks = try checkpoint.encoded()
    } catch {
      // Only a number that JSON has no word for could do this, and the learner keeps all of its numbers finite.
      throw .damaged(path: path, problem: "the model cannot be written: \(error)")
    }
    // A number that was tried is not used again: a failed write may have left a file of that name.
    nextSequence += 1
    let bytes = try files.replace(path, with: chunks)
    whole.insert(sequence)
    return (Entry(sequence: sequence, step: step, path: path), bytes)
  }

  /// Removes all but the newest `count` whole checkpoints. What is damaged is neither counted nor removed.
  ///
  /// - Parameter count: at least 1.
  /// - Returns: the damaged ones that were not reported before.
  /// - Throws: the call that failed.
  public mutating func retain(newest count: Int) throws(StoreError) -> [StoreError] {
    var kept = 0
    var found: [StoreError] = []
    for entry in try entries().reversed() where !damaged.contains(entry.sequence) {
      if !whole.contains(entry.sequence) {
        do throws(StoreError) {
          _ = try Checkpoint(file: entry.path, on: files)
          whole.insert(entry.sequence)
        } catch {
          // What cannot be read now, or by this whittle, may be worth keeping: it counts as damaged does.
          damaged.insert(entry.sequence)
          found.append(error)
          continue
        }
      }
      kept += 1
      if kept > max(count, 1) {
        try files.remove(entry.path)
        whole.remove(entry.sequence)
      }
    }
    return found
  }
}
