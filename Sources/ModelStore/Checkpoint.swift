internal import FoundationEssentials
public import OnlineLearning

/// A model as one file keeps it, and how that file is laid out.
///
/// A checkpoint is a safetensors file, so Python, Rust and JavaScript read it without us. Its tensors, one element a
/// feature in the order in which the features came:
///
/// | tensor | type | what |
/// |---|---|---|
/// | `coefficients` | F32 | the coefficients as of the checkpoint's step, all shrinkage paid: what people want |
/// | those of `LinearLearner.columns(of:)` for its configuration | | the weights as the learner keeps them: what recovery needs |
/// | `names` | U8 | all names' UTF-8, end to end |
/// | `name_ends` | I64 | where each name ends in `names`; an index whose feature was forgotten has a name without bytes |
/// | `last_seen` | I64 | the step at which each feature was last seen, for the first so many; only once half the dictionary is full |
///
/// Features that are hashed have their hashes' order, and only some have names: then there is, one element a name,
///
/// | `name_indices` | U32 | which feature the name belongs to; ascending |
///
/// and features that are indices have their own order and no names. Where samples wait for their targets there are, oldest
/// sample first,
///
/// | `delayed_ids` | U8 | all samples' ids, end to end |
/// | `delayed_id_ends` | I64 | where each id ends in `delayed_ids` |
/// | `delayed_features` | U32 | the features of all samples, one sample after another |
/// | `delayed_values` | F32 | their values |
/// | `delayed_ends` | I64 | where each sample ends in both |
/// | `delayed_margins`, `delayed_importances`, `delayed_times` | F64 | the margin given out, the importance weight, when it came |
///
/// and its `__metadata__` the texts `format` ("whittle checkpoint"), `format_version`, `step`, `time` (Unix seconds),
/// `position`, `configuration`, `features`, `state`, `sequences`, `delayed` and `overrides` (JSON), and `checksum`: the CRC-32C of
/// the whole file with the checksum's own eight digits taken as zeros.
public struct Checkpoint: Sendable {
  /// The version that this whittle writes, and the newest that it reads.
  ///
  /// Version 1 knew no optimizer but `sgd`; what it lacks has its default. Where there are no `sequences`, no source had
  /// numbered anything; where there is no `position`, there was no journal, where there is nothing `delayed`, no sample
  /// waited, and where there are no `overrides`, nothing had been set while the daemon ran. Before version 3 histograms of
  /// scores had all their bins.
  public static let formatVersion = 3

  /// The model as of the checkpoint's step.
  public let snapshot: ModelSnapshot
  /// How far the sources of samples had got.
  public let sequences: SourceSequences
  /// The samples that wait for their targets. Those of a file have no bounds.
  public let delayed: DelayedSamples
  /// Which settings of the learner were not as the daemon's configuration said.
  public let overrides: SettingOverrides
  /// How many messages the journal had counted, all of which are part of this.
  public let position: UInt64
  /// When it was made, in seconds since 1970.
  public let time: Double

  /// - Parameter delayed: their features are the model's.
  public init(
    _ snapshot: ModelSnapshot, sequences: SourceSequences = SourceSequences(),
    delayed: DelayedSamples = DelayedSamples(DelayedSamples.Bounds()),
    overrides: SettingOverrides = SettingOverrides(), position: UInt64 = 0, time: Double
  ) {
    self.snapshot = snapshot
    self.sequences = sequences
    self.delayed = delayed
    self.overrides = overrides
    self.position = position
    self.time = time
  }

  /// The model, to go on from.
  ///
  /// - Complexity: O(1) for a checkpoint that was read
  public var model: Model { snapshot.model }

  /// As above, of a model that does not change.
  public init(
    _ model: Model, sequences: SourceSequences = SourceSequences(),
    delayed: DelayedSamples = DelayedSamples(DelayedSamples.Bounds()),
    overrides: SettingOverrides = SettingOverrides(), position: UInt64 = 0, time: Double
  ) {
    self.init(
      ModelSnapshot(model), sequences: sequences, delayed: delayed, overrides: overrides, position: position, time: time
    )
  }

  /// The `state` text.
  struct State: Codable {
    var learner: LinearLearner.State
    var validation: ProgressiveValidation
  }

  static let format = "whittle checkpoint"
  static let checksumPrefix = "crc32c:"

  /// Where the checksum's digits stand in a header: its only place with the prefix, because quotes inside the other
  /// texts are escaped.
  static func checksumDigits(in header: Span<UInt8>) -> Range<Int>? {
    let pattern = Array("\"checksum\":\"\(checksumPrefix)".utf8)
    guard header.count >= pattern.count + 8 else { return nil }
    for start in 0...(header.count - pattern.count - 8) {
      var matched = 0
      while matched < pattern.count, header[start + matched] == pattern[matched] { matched += 1 }
      if matched == pattern.count { return start + matched..<start + matched + 8 }
    }
    return nil
  }

  /// A checksum as the metadata has it.
  static func text(_ checksum: UInt32) -> String {
    checksumPrefix + String(decoding: digits(checksum), as: UTF8.self)
  }

  /// A checksum as eight hexadecimal digits.
  static func digits(_ checksum: UInt32) -> [UInt8] {
    let digits = String(checksum, radix: 16)
    return Array(repeating: UInt8(ascii: "0"), count: 8 - digits.count) + Array(digits.utf8)
  }
}
