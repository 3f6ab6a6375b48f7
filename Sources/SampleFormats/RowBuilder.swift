internal import OnlineLearning

/// Adds the features of one row to a batch: the checks that every format shares.
struct RowBuilder {
  /// Whether unknown names are added to the dictionary.
  var addsNames = false
  /// Whether naming a feature twice is a mistake; where it is not, its values add up.
  var refusesRepetition = false
  private var features = 0
  /// Where a feature was last named.
  private struct Mention {
    var row: UInt64 = 0
    /// Its place among the batch's values; nil where its value is zero, which is left out.
    var position: Int?
  }

  /// The number of the row under construction, and for each feature its last mention.
  private var number: UInt64 = 0
  private var mentions: [Mention] = []
  private var composed: [UInt8] = []

  /// Begins a row.
  mutating func begin(addsNames: Bool, refusesRepetition: Bool) {
    self.addsNames = addsNames
    self.refusesRepetition = refusesRepetition
    features = 0
    number += 1
  }

  /// Adds the feature `first + separator + second` with a value, as one-hot names and namespaces need it.
  mutating func add(
    _ first: Span<UInt8>, _ separator: UInt8, _ second: Span<UInt8>, value: Double, limits: SampleLimits,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    var name = composed
    // Taken out for the length of the call, so that the storage is reused and not copied.
    composed = []
    name.removeAll(keepingCapacity: true)
    for position in first.indices { name.append(first[position]) }
    name.append(separator)
    for position in second.indices { name.append(second[position]) }
    defer { composed = name }
    try add(name.span, value: value, limits: limits, &batch, &dictionary)
  }

  /// Adds a feature with a value.
  mutating func add(
    _ name: Span<UInt8>, value: Double, limits: SampleLimits,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    if name.isEmpty { throw SampleError(.featureName, "a feature has an empty name; give it one") }
    if name.count > limits.nameBytes {
      throw SampleError(
        .limit,
        "the name of feature \(quoted(name)) has \(name.count) bytes; limits.name_bytes is \(limits.nameBytes)"
      )
    }
    features += 1
    if features > limits.featuresPerSample {
      throw SampleError(
        .limit, "the sample has more features than limits.features_per_sample, \(limits.featuresPerSample)")
    }
    let number = Float(value)
    guard number.isFinite else {
      throw SampleError(
        .featureValue,
        "the value of feature \(quoted(name)) is \(value); it must be finite and at most 3.4e38")
    }
    guard let feature = try index(of: name, limits, &dictionary) else {
      batch.unknownFeatures += 1
      return
    }
    let place = Int(feature)
    if place >= mentions.count {
      mentions.append(contentsOf: repeatElement(Mention(), count: place + 1 - mentions.count))
    }
    if mentions[place].row == self.number {
      if refusesRepetition {
        throw SampleError(
          .duplicateField, "feature \(quoted(name)) stands twice in one sample; name every feature once")
      }
      if let position = mentions[place].position {
        guard batch.add(number, at: position) else {
          throw SampleError(
            .featureValue, "the values of feature \(quoted(name)) add up to more than 3.4e38; they must stay finite")
        }
        return
      }
    }
    mentions[place] = Mention(row: self.number, position: number == 0 ? nil : batch.values.count)
    batch.append(feature: feature, value: number)
  }

  private func index(
    of name: Span<UInt8>, _ limits: SampleLimits, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) -> UInt32? {
    guard addsNames else { return dictionary.index(of: name) }
    if dictionary.count >= limits.features {
      if let known = dictionary.index(of: name) { return known }
      throw SampleError(
        .limit,
        "feature \(quoted(name)) is new, and the model knows limits.features, \(limits.features), already")
    }
    return dictionary.intern(name)
  }
}

/// A name for an error text: quoted, and cut where it is long.
func quoted(_ name: Span<UInt8>) -> String {
  let shown = min(name.count, 60)
  let text = name.extracting(first: shown).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  return "\"\(text)\(shown < name.count ? "…" : "")\""
}
