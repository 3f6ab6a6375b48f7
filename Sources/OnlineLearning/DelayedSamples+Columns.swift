/// What a checkpoint keeps of the samples that wait.
extension DelayedSamples {
  /// The samples that wait, oldest first.
  public struct Columns: Sendable, Equatable {
    /// All ids, end to end.
    public var ids: [UInt8] = []
    /// For each sample, where its id ends in `ids`.
    public var idEnds: [Int] = []
    /// The features of all samples, one sample after another.
    public var features: [UInt32] = []
    /// As many.
    public var values: [Float] = []
    /// For each sample, where its features end.
    public var ends: [Int] = []
    /// For each sample, the margin that was given out.
    public var margins: [Double] = []
    /// For each sample, its importance weight.
    public var importances: [Double] = []
    /// For each sample, when it came, by the clock of those who keep it. Seconds.
    public var times: [Double] = []

    public init() {}

    /// The number of samples.
    public var count: Int { idEnds.count }
  }

  /// - Complexity: O(features of the samples + bytes of the ids)
  public var columns: Columns {
    var columns = Columns()
    for (id, number) in order[first...] {
      guard let sample = samples[id], sample.number == number else { continue }
      columns.ids += id
      columns.idEnds.append(columns.ids.count)
      columns.features += sample.features
      columns.values += sample.values
      columns.ends.append(columns.features.count)
      columns.margins.append(sample.margin)
      columns.importances.append(sample.importance)
      columns.times.append(sample.time)
    }
    return columns
  }

  /// Samples as a checkpoint holds them, without bounds until `under` sets some.
  ///
  /// - Parameter space: that of the features.
  /// - Returns: nil where the parts do not fit each other or the space, or hold what no sample has.
  /// - Complexity: O(features of the samples + bytes of the ids)
  public init?(_ columns: Columns, counts: Counts = Counts(), in space: FeatureSpace) {
    self.init(.none)
    // Far beyond any use, so that they can be counted on.
    guard counts.matched <= .max / 2, counts.forgotten <= .max / 2 else { return nil }
    self.counts = counts
    guard
      [columns.ends.count, columns.margins.count, columns.importances.count, columns.times.count]
        .allSatisfy({ $0 == columns.count }), columns.values.count == columns.features.count,
      columns.idEnds.last ?? 0 == columns.ids.count, columns.ends.last ?? 0 == columns.features.count
    else { return nil }
    var (idStart, start) = (0, 0)
    for place in 0..<columns.count {
      let (idEnd, end) = (columns.idEnds[place], columns.ends[place])
      guard idStart...columns.ids.count ~= idEnd, start...columns.features.count ~= end else { return nil }
      let sample = Sample(
        features: Array(columns.features[start..<end]), values: Array(columns.values[start..<end]),
        importance: columns.importances[place], margin: columns.margins[place], time: columns.times[place],
        number: UInt64(place))
      let id = Array(columns.ids[idStart..<idEnd])
      guard sample.isPlausible(in: space), samples.updateValue(sample, forKey: id) == nil else { return nil }
      order.append((id, sample.number))
      (idStart, start) = (idEnd, end)
    }
    nextNumber = UInt64(columns.count)
  }
}

extension DelayedSamples.Sample {
  /// Whether a message can have brought it, and a model have given this margin out.
  fileprivate func isPlausible(in space: FeatureSpace) -> Bool {
    // What is learned on a feature without a name could not be told.
    guard features.allSatisfy({ Int($0) < space.count && space.isListed(Int($0), value: 1) }),
      Set(features).count == features.count, values.allSatisfy(\.isFinite)
    else { return false }
    let largest = values.reduce(1) { $0 + abs(Double($1)) } * LinearLearner.largestWeight
    return importance > 0 && importance <= Double(Float.greatestFiniteMagnitude) && time.isFinite
      // But for rounding.
      && abs(margin) <= 2 * largest
  }
}
