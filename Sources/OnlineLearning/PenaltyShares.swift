/// What each feature's share of the penalty depends on besides λ1 and λ2: its factor f, and its size u where penalties
/// are `scaled`.
struct PenaltyShares: Sendable {
  /// One feature's share: λ1 · f · u of gravity, λ2 · f · u² of decay, and the threshold θ / u.
  struct Share {
    /// f: 1, or what `Penalty.factors` says of its name.
    let factor: Double
    /// u: 1, or the feature's root mean square.
    let size: Double
  }

  private let table: PenaltyFactorTable?
  /// The table's factors.
  private let factors: [Double]
  private let isScaled: Bool
  /// Each feature's class in the table; empty where there are no factors.
  var classes: [UInt8] = []
  /// Empty unless penalties are scaled.
  var sizes: [RootMeanSquare] = []

  init(_ penalty: Penalty, sizes: [RootMeanSquare]) {
    table = penalty.factors.isEmpty ? nil : PenaltyFactorTable(penalty.factors)
    factors = table?.factors ?? []
    isScaled = penalty.penalize == .scaled
    if isScaled { self.sizes = sizes }
  }

  /// Whether all features bear the penalty as it is.
  var isUniform: Bool { table == nil && !isScaled }
  /// Whether any feature bears another share than its size makes.
  var hasFactors: Bool { table != nil }
  /// Whether samples have to be measured.
  var measures: Bool { isScaled }

  /// - Complexity: O(new features)
  mutating func grow(to count: Int) {
    if isScaled, count > sizes.count {
      sizes.append(contentsOf: repeatElement(RootMeanSquare(), count: count - sizes.count))
    }
  }

  /// Looks up the factors of the features that have none yet, by their names.
  ///
  /// - Complexity: O(new features × prefixes)
  mutating func name(to count: Int, _ name: (Int) -> String) {
    guard let table else { return }
    for feature in classes.count..<max(count, classes.count) { classes.append(table.number(of: name(feature))) }
  }

  /// Makes features as they were when they were new, but for their factors.
  mutating func forget(_ features: [Int]) {
    if isScaled { for feature in features { sizes[feature] = RootMeanSquare() } }
  }

  mutating func rename(_ feature: Int, _ name: String) {
    if let table { classes[feature] = table.number(of: name) }
  }

  @inline(__always)
  subscript(feature: Int) -> Share {
    let factor = feature < classes.count ? factors[Int(classes[feature])] : 1
    return Share(factor: factor, size: isScaled ? Double(sizes[feature].value) : 1)
  }

  @inline(__always)
  mutating func measure(_ feature: Int, _ x: Double, at count: UInt64) { sizes[feature].add(x, at: count) }
}
