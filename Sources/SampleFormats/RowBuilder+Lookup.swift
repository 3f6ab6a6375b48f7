internal import OnlineLearning

/// What becomes of a row's names: features, each once.
extension RowBuilder {
  /// Turns names into features, each once.
  ///
  /// - Returns: how many names are not known, none where they are added; and what no value exceeds, either way.
  mutating func lookUp(
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) -> (unknown: Int, largest: Float) {
    features.refill(count: names.count)
    let found = names.decimals.withSpan { decimals in
      decimals.isEmpty ? .some : features.withMutableSpan { dictionary.find(decimals, into: &$0) }
    }
    if found == .some { lookUpSpelled(&dictionary) }
    if addsNames, let width = dictionary.width { try checkIndices(below: width) }
    if takesDownNames { takeDownNames() }
    if found == .distinct, let largest = RepetitionFinder.largest(values) { return (0, largest) }
    var outcome = repetitions.unite(&features, &values, refusing: refusesRepetition)
    if case .repeated = outcome, dictionary.sharesIndices {
      let repeated = repeatedName()
      outcome = repeated.map { .repeated($0) } ?? repetitions.unite(&features, &values, refusing: false)
    }
    switch outcome {
    case .united(let unknown, let largest): return (unknown, largest)
    case .repeated(let position):
      names.spell()
      throw SampleError(
        .duplicateField, "feature \(quoted(names[position])) stands twice in one sample; name every feature once")
    case .overflow(let position):
      names.spell()
      throw SampleError(
        .featureValue,
        "the values of feature \(quoted(names[position])) add up to more than 3.4e38; they must stay finite")
    }
  }

  private mutating func lookUpSpelled(_ dictionary: inout FeatureSpace) {
    names.spell()
    let (addsNames, limit) = (addsNames, limits.namesWhileDecoding)
    names.withSpan { names in
      bytes.withSpan { bytes in
        features.withMutableSpan { features in
          if addsNames {
            dictionary.intern(names, longNames: bytes, limit: limit, into: &features)
          } else {
            dictionary.find(names, longNames: bytes, into: &features)
          }
        }
      }
    }
  }

  private func checkIndices(below width: Int) throws(SampleError) {
    for position in 0..<names.count where features[position] == FeatureSpace.unknown {
      throw bytes.withSpan { bytes in
        names[position].withBytes(among: bytes) { SampleError(noIndex: $0, below: width) }
      }
    }
  }

  /// The position of a name that stood before, where features of different names may be the same.
  private mutating func repeatedName() -> Int? {
    defer { distinct.truncate(to: 0) }
    for position in 0..<names.count {
      let index = bytes.withSpan { bytes in names[position].withBytes(among: bytes) { distinct.intern($0) } }
      if index < position { return position }
    }
    return nil
  }

  /// Takes the row's features down as they were looked up, before those that share an index are brought together.
  private mutating func takeDownNames() {
    names.spell()
    namedFeatures.removeAll(keepingCapacity: true)
    for position in 0..<names.count {
      let name = bytes.withSpan { bytes in
        names[position].withBytes(among: bytes) { name in
          name.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
        }
      }
      let feature = features[position]
      namedFeatures.append(
        NamedFeature(name: name, value: values[position], feature: feature == FeatureSpace.unknown ? nil : feature))
    }
  }
}
