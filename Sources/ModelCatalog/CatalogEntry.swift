internal import ModelStore
internal import OnlineLearning

/// What the catalog keeps of one checkpoint, made from its snapshot and from what is known of its file.
struct CatalogEntry {
  let file: CheckpointStore.Written
  let checkpoint: Checkpoint
  private(set) var activeSet = 0
  private(set) var l1Norm = 0.0
  private(set) var l2Norm = 0.0
  /// The heaviest first.
  let heaviest: [HeaviestCoefficients.Element]

  /// Features whose coefficients are in memory at once.
  private static let piece = 1 << 16

  /// - Parameter limit: at most so many coefficients are kept.
  /// - Complexity: O(features), and memory for those that are kept
  init(_ checkpoint: Checkpoint, _ file: CheckpointStore.Written, limit: Int) {
    (self.checkpoint, self.file) = (checkpoint, file)
    let snapshot = checkpoint.snapshot
    var heaviest = HeaviestCoefficients(limit)
    var squares = 0.0
    var piece = [Float](repeating: 0, count: min(CatalogEntry.piece, snapshot.count))
    for start in stride(from: 0, to: snapshot.count, by: CatalogEntry.piece) {
      let range = start..<min(start + CatalogEntry.piece, snapshot.count)
      piece.withUnsafeMutableBytes { bytes in
        let used = range.count * MemoryLayout<Float>.stride
        snapshot.learner.copyCoefficients(range, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<used]))
      }
      // No learner comes to NaN, which SQLite has no word for.
      for (value, index) in zip(piece, range) where value != 0 && !value.isNaN {
        activeSet += 1
        l1Norm += abs(Double(value))
        squares += Double(value) * Double(value)
        heaviest.add(value, at: index)
      }
    }
    l2Norm = squares.squareRoot()
    self.heaviest = heaviest.sorted
  }
}
