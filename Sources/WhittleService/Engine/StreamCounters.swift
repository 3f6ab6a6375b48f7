internal import SampleFormats
internal import StreamLearning

/// What has come in since the daemon started.
struct StreamCounters: Sendable {
  var messages: UInt64 = 0
  /// Samples learned.
  var samples: UInt64 = 0
  /// Samples that were not to be learned.
  var unlearned: UInt64 = 0
  /// Samples left out because their source had numbered them before.
  var duplicates: UInt64 = 0
  /// Targets without features that came for no sample that waits.
  var unmatched: UInt64 = 0
  /// Features that a full dictionary forgot.
  var forgottenFeatures: UInt64 = 0
  /// Names for which a full dictionary had no room, as often as they came.
  var refusedFeatures: UInt64 = 0
  var rejected: [SampleError.Reason: UInt64] = [:]

  /// Counts what became of the samples of a message.
  mutating func add(_ outcome: borrowing MessageOutcome) {
    samples += UInt64(outcome.learned)
    unlearned += UInt64(outcome.unlearned)
    unmatched += UInt64(outcome.unmatched)
    duplicates += UInt64(outcome.duplicates.count)
  }
}
