/// Copies of some weights, with all that is kept for them, between learners of one configuration.
extension LinearLearner.Weights {
  /// Makes room for so many without touching it.
  mutating func reserve(_ count: Int) {
    uniform?.coordinates.reserveCapacity(count)
    adaptive?.coordinates.reserveCapacity(count)
    adaptive?.shares.reserve(count)
    proximal?.coordinates.reserveCapacity(count)
    proximal?.shares.reserve(count)
  }

  /// Appends those in a range.
  ///
  /// - Complexity: O(weights in the range)
  mutating func append(_ range: Range<Int>, of other: LinearLearner.Weights) {
    if let other = other.uniform { uniform?.coordinates.append(contentsOf: other.coordinates[range]) }
    if let other = other.adaptive {
      adaptive?.coordinates.append(contentsOf: other.coordinates[range])
      adaptive?.shares.append(range, of: other.shares)
    }
    if let other = other.proximal {
      proximal?.coordinates.append(contentsOf: other.coordinates[range])
      proximal?.shares.append(range, of: other.shares)
    }
  }

  /// Appends those of some features.
  ///
  /// - Complexity: O(features)
  mutating func append(_ features: ArraySlice<UInt32>, of other: LinearLearner.Weights) {
    if let other = other.uniform { uniform?.coordinates.append(features, of: other.coordinates) }
    if let other = other.adaptive {
      adaptive?.coordinates.append(features, of: other.coordinates)
      adaptive?.shares.append(features, of: other.shares)
    }
    if let other = other.proximal {
      proximal?.coordinates.append(features, of: other.coordinates)
      proximal?.shares.append(features, of: other.shares)
    }
  }

  /// Puts saved weights in the places of some features.
  ///
  /// - Parameter saved: has each where the slice has its feature.
  /// - Complexity: O(features)
  mutating func replace(_ features: ArraySlice<UInt32>, by saved: LinearLearner.Weights) {
    if let saved = saved.uniform { uniform?.coordinates.replace(features, by: saved.coordinates) }
    if let saved = saved.adaptive {
      adaptive?.forgetRates()
      adaptive?.coordinates.replace(features, by: saved.coordinates)
      adaptive?.shares.replace(features, by: saved.shares)
    }
    if let saved = saved.proximal {
      proximal?.coordinates.replace(features, by: saved.coordinates)
      proximal?.shares.replace(features, by: saved.shares)
    }
  }

  /// Finds anew what follows from the weights.
  ///
  /// - Complexity: O(weights)
  mutating func measure() { uniform = uniform.map { UniformWeights($0.coordinates) } }
}

extension PenaltyShares {
  fileprivate mutating func reserve(_ count: Int) {
    if measures { sizes.reserveCapacity(count) }
    if hasFactors { classes.reserveCapacity(count) }
  }

  fileprivate mutating func append(_ range: Range<Int>, of other: PenaltyShares) {
    if measures { sizes.append(contentsOf: other.sizes[range]) }
    if !other.classes.isEmpty { classes.append(contentsOf: other.classes[range]) }
  }

  fileprivate mutating func append(_ features: ArraySlice<UInt32>, of other: PenaltyShares) {
    if measures { sizes.append(features, of: other.sizes) }
    if hasFactors { classes.append(features, of: other.classes) }
  }

  fileprivate mutating func replace(_ features: ArraySlice<UInt32>, by saved: PenaltyShares) {
    if measures { sizes.replace(features, by: saved.sizes) }
    if hasFactors { classes.replace(features, by: saved.classes) }
  }
}

extension Array {
  /// Appends the elements that another array has at some places.
  mutating func append(_ places: ArraySlice<UInt32>, of other: [Element]) {
    for place in places { append(other[Int(place)]) }
  }

  /// Puts saved elements at some places.
  ///
  /// - Parameter saved: has each where the slice has its place.
  mutating func replace(_ places: ArraySlice<UInt32>, by saved: [Element]) {
    for position in places.indices { self[Int(places[position])] = saved[position] }
  }
}
