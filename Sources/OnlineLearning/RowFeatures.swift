internal import CProcessor

/// Which weights the features of a row have: a type, so that loops over neighbours hold nothing of lists.
protocol RowFeatures {
  /// The index of the feature at a position in the row.
  func index(_ position: Int) -> Int
  /// Asks memory for a weight that is likely to be needed soon.
  func fetchAhead(_ position: Int, _ weights: UnsafePointer<UniformWeights.Coordinate>)
  /// The features in a list, and as many that are likely to be needed next; nil where there is no list.
  var list: (features: UnsafeBufferPointer<UInt32>, ahead: UnsafeBufferPointer<UInt32>)? { get }
}

/// Features in a list.
struct ListedFeatures: RowFeatures {
  let features: UnsafeBufferPointer<UInt32>
  /// As many features, which are likely to be needed next.
  let ahead: UnsafeBufferPointer<UInt32>

  @inline(__always)
  func index(_ position: Int) -> Int { Int(features[position]) }

  @inline(__always)
  func fetchAhead(_ position: Int, _ weights: UnsafePointer<UniformWeights.Coordinate>) {
    prefetch(weights + Int(ahead[position]))
  }

  @inline(__always)
  var list: (features: UnsafeBufferPointer<UInt32>, ahead: UnsafeBufferPointer<UInt32>)? { (features, ahead) }
}

/// Features that follow each other, the same in every row: their weights were just needed.
struct AdjacentFeatures: RowFeatures {
  let first: Int

  @inline(__always)
  func index(_ position: Int) -> Int { first &+ position }

  @inline(__always)
  func fetchAhead(_ position: Int, _ weights: UnsafePointer<UniformWeights.Coordinate>) {}

  @inline(__always)
  var list: (features: UnsafeBufferPointer<UInt32>, ahead: UnsafeBufferPointer<UInt32>)? { nil }
}
