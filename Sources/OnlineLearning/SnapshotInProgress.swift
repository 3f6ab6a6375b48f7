/// A snapshot that is being copied, a piece at a time, from a model that goes on learning.
///
///     0 ─────────────── copied ─────────────── count ─────────────▶
///       in the snapshot   │  still in the model   │  came later
///                            and saved, if changed
///
/// A feature that is not copied yet is saved before it first changes. So no message costs more than its own features do, and
/// what there is to copy is copied in the order in which it lies in memory. When all is copied, what was saved goes to its
/// place.
struct SnapshotInProgress: Sendable {
  /// What the snapshot is going to be, as far as it is copied.
  private var space: FeatureSpace
  private var learner: LinearLearner
  private let validation: ProgressiveValidation
  private let featureCount: Int

  /// How many features, names, steps of last sights and bytes of long names there are to copy.
  private let count: Int
  private let nameCount: Int
  private let seenCount: Int
  private let longCount: Int
  private let bytesPerFeature: Int
  private var copied = 0

  /// The features that were saved, and what they were.
  private var savedFeatures: [UInt32] = []
  private var savedWeights: LinearLearner.Weights
  private var savedNames: [FeatureName] = []
  private var savedSights: [UInt64] = []
  /// How many of them are at their places.
  private var placed = 0
  /// A bit for each feature, in rows that are made when the first bit is set.
  private var isSaved: [[UInt64]]
  /// Whether nothing has changed since the snapshot was begun.
  private(set) var isCurrent = true

  /// Features that are copied at once.
  private static let piece = 1024
  /// Bytes of long names that are copied at once.
  private static let longPiece = 1 << 16
  /// Features to a row of bits.
  private static let row = 1 << 15

  /// - Precondition: all known features are part of the learner.
  init(_ learner: LinearLearner, _ space: FeatureSpace, _ validation: ProgressiveValidation) {
    let dictionary = space.dictionary
    count = learner.count
    nameCount = dictionary.count
    seenCount = min(space.lastSeen.count, count)
    longCount = dictionary.longNames.count
    featureCount = space.featureCount
    bytesPerFeature =
      LinearLearner.bytesPerWeight(learner.configuration)
      + (nameCount > 0 ? MemoryLayout<FeatureName>.stride + MemoryLayout<UInt64>.stride : 0)
    self.validation = validation
    self.space = space.withoutNames()
    self.learner = LinearLearner(learner.configuration, state: learner.state, .empty(learner.configuration))
    savedWeights = .empty(learner.configuration)
    isSaved = Array(repeating: [], count: count / SnapshotInProgress.row + 1)
    // Memory that is asked for once takes no time before it is written to.
    self.learner.weights.reserve(count)
    self.space.dictionary.names.reserveCapacity(nameCount)
    self.space.dictionary.longNames.reserveCapacity(longCount)
    self.space.lastSeen.reserveCapacity(seenCount)
  }

  /// Saves features that are about to change.
  ///
  /// - Parameters:
  ///   - features: indices, in any order, some of them often; those that came later need no saving.
  ///   - learner: the model's, unchanged so far.
  ///   - space: likewise.
  /// - Complexity: O(features)
  mutating func save(_ features: some Sequence<UInt32>, of learner: LinearLearner, _ space: FeatureSpace) {
    isCurrent = false
    if copied == count { return }
    let first = savedFeatures.count
    for feature in features where Int(feature) >= copied && Int(feature) < count {
      let (row, place) = Int(feature).quotientAndRemainder(dividingBy: SnapshotInProgress.row)
      if isSaved[row].isEmpty { isSaved[row] = Array(repeating: 0, count: SnapshotInProgress.row / 64) }
      let bit = UInt64(1) << UInt64(place % 64)
      if isSaved[row][place / 64] & bit != 0 { continue }
      isSaved[row][place / 64] |= bit
      savedFeatures.append(feature)
    }
    let new = savedFeatures[first...]
    savedWeights.append(new, of: learner.weights)
    if nameCount > 0 { savedNames.append(new, of: space.dictionary.names) }
    for feature in new { savedSights.append(Int(feature) < seenCount ? space.lastSeen[Int(feature)] : 0) }
  }

  /// Copies about so many bytes more, at least one piece.
  ///
  /// - Returns: the snapshot where it is complete, and all of it is handed over.
  /// - Precondition: the model has all features that it had when the snapshot was begun.
  mutating func copy(_ bytes: Int, of learner: LinearLearner, _ space: FeatureSpace) -> ModelSnapshot? {
    precondition(learner.count >= count && space.dictionary.count >= nameCount)
    var left = bytes
    repeat {
      if copied < count {
        left -= copyFeatures(of: learner, space)
      } else if self.space.dictionary.longNames.count < longCount {
        left -= copyLongNames(of: space.dictionary)
      } else if placed < savedFeatures.count {
        left -= placeSaved()
      } else {
        return ModelSnapshot(
          Model(self.space, learner: self.learner, validation: validation), featureCount: featureCount)
      }
    } while left > 0
    return nil
  }

  /// Copies all that changes could reach, so that none needs to be told of.
  ///
  /// - Complexity: O(features + bytes of long names)
  mutating func copyAll(of learner: LinearLearner, _ space: FeatureSpace) {
    isCurrent = false
    while copied < count { _ = copyFeatures(of: learner, space) }
    while self.space.dictionary.longNames.count < longCount { _ = copyLongNames(of: space.dictionary) }
  }

  private mutating func copyFeatures(of learner: LinearLearner, _ space: FeatureSpace) -> Int {
    let range = copied..<min(copied + SnapshotInProgress.piece, count)
    self.learner.weights.append(range, of: learner.weights)
    self.space.dictionary.names.append(contentsOf: space.dictionary.names[range.clamped(to: 0..<nameCount)])
    self.space.lastSeen.append(contentsOf: space.lastSeen[range.clamped(to: 0..<seenCount)])
    copied = range.upperBound
    return range.count * bytesPerFeature
  }

  private mutating func copyLongNames(of dictionary: FeatureDictionary) -> Int {
    let start = space.dictionary.longNames.count
    let end = min(start + SnapshotInProgress.longPiece, longCount)
    space.dictionary.longNames.append(contentsOf: dictionary.longNames[start..<end])
    return end - start
  }

  private mutating func placeSaved() -> Int {
    let range = placed..<min(placed + SnapshotInProgress.piece, savedFeatures.count)
    let features = savedFeatures[range]
    learner.weights.replace(features, by: savedWeights)
    for position in range {
      let feature = Int(savedFeatures[position])
      if feature < nameCount { space.dictionary.names[feature] = savedNames[position] }
      if feature < seenCount { space.lastSeen[feature] = savedSights[position] }
    }
    placed = range.upperBound
    // Their places lie all over memory.
    return range.count * 2 * bytesPerFeature
  }
}
