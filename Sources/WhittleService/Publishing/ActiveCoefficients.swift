internal import OnlineLearning

/// The coefficients that are not zero, or the heaviest of them, as of one step: without the model that they are of.
struct ActiveCoefficients: Sendable {
  let step: UInt64
  let intercept: Double
  let features: Int
  let activeSet: Int
  /// The indices of those that are here.
  let indices: [Int]
  let values: [Float]
  let names: FlatNames

}

extension ActiveCoefficients {
  /// - Parameters:
  ///   - values: of all of the snapshot's features.
  ///   - top: so many of the heaviest, heaviest first; nil for all, in the order in which the features came.
  /// - Complexity: O(features + bytes of the names), and O(features · log top) for the heaviest
  init(_ snapshot: ModelSnapshot, _ values: [Float], top: Int? = nil) {
    let active = values.indices.filter { values[$0] != 0 }
    var indices = active
    if let top, top < active.count {
      var heaviest = HeaviestCoefficients(top)
      for index in active { heaviest.add(values[index], at: index) }
      indices = heaviest.sorted.map(\.index)
    } else if top != nil {
      indices.sort { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }
    }
    var names = FlatNames()
    names.reserveCapacity(indices.count)
    for index in indices { names.append(snapshot.name(at: index)) }
    self.init(
      step: snapshot.steps, intercept: snapshot.learner.intercept, features: snapshot.featureCount,
      activeSet: active.count, indices: indices, values: indices.map { values[$0] }, names: names)
  }
}

/// Coefficients by name that are others than they were.
struct CoefficientChanges: Sendable {
  private(set) var values: [Float] = []
  private(set) var names = FlatNames()

  /// From all active coefficients to all active coefficients of a later time, whatever came between. A value of 0 has
  /// left the active set.
  ///
  /// - Complexity: O(coefficients of both + bytes of their names)
  init(from old: ActiveCoefficients, to new: ActiveCoefficients) {
    var left: [ArraySlice<UInt8>] = []
    var (before, after) = (0, 0)
    // Both are in the order of their indices. An index may have got another name meanwhile, and a name another index.
    while before < old.indices.count || after < new.indices.count {
      let oldIndex = before < old.indices.count ? old.indices[before] : .max
      let newIndex = after < new.indices.count ? new.indices[after] : .max
      let isSame = oldIndex == newIndex && old.names[before] == new.names[after]
      if oldIndex <= newIndex {
        if !isSame { left.append(old.names[before]) }
      }
      if newIndex <= oldIndex, !isSame || old.values[before].bitPattern != new.values[after].bitPattern {
        names.append(new.names[after])
        values.append(new.values[after])
      }
      if oldIndex <= newIndex { before += 1 }
      if newIndex <= oldIndex { after += 1 }
    }
    guard !left.isEmpty else { return }
    let stayed = Set((0..<names.count).map { names[$0] })
    for name in left where !stayed.contains(name) {
      names.append(name)
      values.append(0)
    }
  }
}
