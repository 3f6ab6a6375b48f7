internal import OnlineLearning

/// Builds the rows of a batch: the checks that every format shares.
///
/// A row's features are collected first and looked up together when it ends, so that what one of them waits for, memory
/// or a branch that was guessed wrong, holds up none of the others.
struct RowBuilder: ~Copyable {
  private let loss: Loss
  let limits: SampleLimits
  /// Whether samples that have an id and no target are kept, since theirs may come later.
  var keepsIdentified = false
  private var target: Double?
  private var importance = 1.0
  private var purpose = SampleDecoder.Purpose.learn
  /// Whether the row is kept because its target may come later.
  private var waits = false
  /// Whether unknown names are added to the dictionary.
  private(set) var addsNames = false
  var refusesRepetition = false
  var names = RowNames()
  /// As many.
  var values = Scratch<Float>()
  /// Numbers that are about to become values.
  private var numbers = Scratch<ShortDecimal>()
  /// The bytes of names that are too long to stand in themselves, and of one that is being put together.
  var bytes = Scratch<UInt8>()
  /// The names' features, once they have been looked up.
  var features = Scratch<UInt32>()
  var repetitions = RepetitionFinder()
  /// The row's names, where it has to be told which of them are the same. Empty between rows.
  var distinct = FeatureDictionary()
  var interactions: InteractionTable
  /// The pairs of features, by their positions, whose products the row gets.
  var products = Scratch<Product>()
  /// Whether the features of rows are taken down by name.
  var takesDownNames = false
  /// Those of the row that ended last, in their order.
  var namedFeatures: [NamedFeature] = []

  init(loss: Loss, limits: SampleLimits, interactions: [Interaction] = []) {
    self.loss = loss
    self.limits = limits
    self.interactions = InteractionTable(interactions)
  }

  /// Begins a row.
  ///
  /// - Parameters:
  ///   - target: as the message has it; nil where there is none.
  ///   - isIdentified: whether the sample has an id.
  ///   - refusesRepetition: whether naming a feature twice is a mistake; where it is not, its values add up.
  mutating func begin(
    target: Double?, importance: Double, isIdentified: Bool = false, _ purpose: SampleDecoder.Purpose,
    refusesRepetition: Bool
  ) {
    (self.target, self.importance) = (target, importance)
    self.purpose = purpose
    waits = keepsIdentified && isIdentified && target == nil && importance > 0
    // Only a row that is going to be learned brings new names.
    addsNames = purpose != .predict && (target != nil && importance > 0 || waits)
    self.refusesRepetition = refusesRepetition
    names.removeAll()
    values.removeAll()
    bytes.removeAll()
  }

  /// Adds a feature with a value.
  mutating func add(_ name: Span<UInt8>, value: Double) throws(SampleError) {
    let place = bytes.count
    bytes.append(contentsOf: name)
    try addName(from: place, value: value)
  }

  /// Adds the feature `first + separator + second` with a value, as one-hot names and namespaces need it.
  mutating func add(
    _ first: Span<UInt8>, _ separator: UInt8, _ second: Span<UInt8>, value: Double
  ) throws(SampleError) {
    let place = bytes.count
    bytes.append(contentsOf: first)
    bytes.append(separator)
    bytes.append(contentsOf: second)
    try addName(from: place, value: value)
  }

  /// Adds features of a line of text as they mostly are, up to the first that is anything else.
  ///
  /// - Parameters:
  ///   - place: where to begin; then where it stopped.
  ///   - stop: where the features end.
  ///   - prefix: what their names begin with.
  ///   - scale: what their values are multiplied by.
  mutating func addFeatures(
    of line: borrowing TextLine, from place: inout Int, to stop: Int, _ prefix: FeatureName, scale: Double,
    isIndexed: Bool = false
  ) {
    let room = TextFeatures.room(for: stop - place)
    // What the limits forbid is for those to read who tell what is wrong.
    guard place < stop, limits.nameBytes >= FeatureName.wholeBytes, abs(scale) <= 1e20,
      room <= limits.featuresPerSample - names.count
    else { return }
    var style = TextFeatures(prefix: prefix, scale: scale, isIndexed: isIndexed)
    let numbers = numbers.room(for: room)
    if names.areDecimal, prefix == .empty, line.isDigit(place + 1) {
      style.isDecimal = true
      names.appendDecimals(upTo: room) { names in
        values.append(of: line, from: &place, to: stop, style, UnsafeMutableRawPointer(names), numbers)
      }
      if place >= stop { return }
      style.isDecimal = false
    }
    names.append(upTo: room) { names in
      values.append(of: line, from: &place, to: stop, style, UnsafeMutableRawPointer(names), numbers)
    }
  }

  /// Adds members of an object in JSON as they mostly are, up to the first that is anything else.
  ///
  /// - Parameters:
  ///   - place: where to begin; then where it stopped.
  ///   - stop: where the members end.
  mutating func addMembers(of value: JSONReader.Value, from place: inout Int, to stop: Int) {
    // What the limits forbid is for those to read who tell what is wrong.
    guard limits.nameBytes >= FeatureName.wholeBytes else { return }
    let limit = min(stop - place, limits.featuresPerSample - names.count)
    names.append(upTo: limit) { names in
      var added = 0
      values.append(upTo: limit) { values in
        while added < limit, let (name, number) = value.feature(at: place) {
          names[added] = name
          values[added] = number
          added &+= 1
          place &+= 1
        }
        return added
      }
      return added
    }
  }

  /// Adds elements of an array in JSON as they mostly are, numbers and booleans, up to the first that is anything else.
  ///
  /// - Parameters:
  ///   - place: where to begin; then where it stopped.
  ///   - stop: where the elements end.
  ///   - position: the position of the first in the array, its name; then of the one at `place`.
  mutating func addElements(
    of value: JSONReader.Value, from place: inout Int, to stop: Int, at position: inout Int
  ) {
    // What the limits forbid is for those to read who tell what is wrong.
    guard limits.nameBytes >= FeatureName.wholeBytes, names.areDecimal else { return }
    let limit = min(stop - place, limits.featuresPerSample - names.count)
    let numbers = values.room(for: limit)
    let start = place
    names.appendDecimals(from: position, upTo: limit) { added in
      guard let number = value.number(at: start &+ added) else { return false }
      numbers[added] = number
      return true
    }
    let added = names.count - values.count
    values.append(upTo: limit) { _ in added }
    place += added
    position += added
  }

  /// Adds a feature whose name stands at the end of `bytes`.
  mutating func addName(from place: Int, value: Double) throws(SampleError) {
    let count = bytes.count - place
    if count > FeatureName.wholeBytes {
      if count > limits.nameBytes {
        throw tooLong(bytes.withSpan { SampleFormats.quoted($0.extracting(place...)) }, count)
      }
      return try append(FeatureName(place: place, count: count), value: value)
    }
    let name = bytes.withSpan { FeatureName(whole: $0.extracting(place...)) }
    bytes.truncate(to: place)
    try add(name, value: value)
  }

  /// Adds a feature with a value.
  ///
  /// - Parameter name: one that stands in itself.
  @inline(__always)
  mutating func add(_ name: FeatureName, value: Double) throws(SampleError) {
    if name.count == 0 { throw SampleError(.featureName, "a feature has an empty name; give it one") }
    if name.count > limits.nameBytes { throw tooLong(quoted(name), Int(name.count)) }
    try append(name, value: value)
  }

  @inline(__always)
  private mutating func append(_ name: FeatureName, value: Double) throws(SampleError) {
    guard names.count < limits.featuresPerSample else { throw tooMany() }
    let number = Float(value)
    guard number.isFinite else { throw outOfRange(name, value) }
    names.append(name)
    values.append(number)
  }

  /// Whether the row has no feature.
  var isEmpty: Bool { names.count == 0 }

  /// Ends a row that may have an id, which is of interest only where targets may come later.
  ///
  /// - Parameters:
  ///   - id: empty where it has none.
  ///   - place: where it stands, if that is known.
  ///   - isTargetOnly: whether it brings the target of an earlier sample of this id.
  mutating func end(
    id: Span<UInt8>, at place: Int? = nil, isTargetOnly: Bool, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    let (sample, row) = (batch.count + batch.unlearned, batch.count)
    try end(&batch, &dictionary)
    if id.isEmpty || !keepsIdentified { return }
    guard id.count <= limits.nameBytes else {
      throw SampleError(
        .limit, "the id of the sample has \(id.count) bytes; limits.name_bytes is \(limits.nameBytes)", at: place)
    }
    batch.labels.append(
      sample: sample, row: batch.count > row ? row : nil, seq: nil, isTargetOnly: isTargetOnly && target != nil)
    batch.labels.setID(id)
  }

  /// Ends the row: keeps it, or drops it where it is not to be learned.
  mutating func end(_ batch: inout SampleBatch, _ dictionary: inout FeatureSpace) throws(SampleError) {
    if !interactions.isEmpty { try interact() }
    let (unknown, largest) = try lookUp(&dictionary)
    let kept = try keptLabel(batch)
    batch.unknownFeatures += unknown
    if addsNames { batch.refusedFeatures += unknown }
    guard let kept else {
      batch.unlearned += 1
      return
    }
    features.withSpan { features in
      values.withSpan { values in batch.append(features, values, bound: dictionary.count, largest: largest) }
    }
    batch.endRow(target: kept.target, importance: kept.importance)
    if purpose == .predict { batch.noteUnknownFeatures() }
  }

  /// The target and importance weight that the row is kept with; nil where it is not kept.
  private func keptLabel(
    _ batch: borrowing SampleBatch
  ) throws(SampleError) -> (target: Double, importance: Double)? {
    guard batch.count + batch.unlearned < limits.samplesPerMessage else {
      throw SampleError(
        .limit, "the message has more samples than limits.samples_per_message, \(limits.samplesPerMessage)")
    }
    var normalized: Double?
    if let target {
      normalized = loss.normalizedTarget(target)
      if normalized == nil {
        throw SampleError(
          .target, "the target is \(target); with loss \(loss.rawValue) it must be \(loss.targetRequirement)")
      }
    }
    guard importance >= 0, importance <= Double(Float.greatestFiniteMagnitude) else {
      throw SampleError(
        .importance, "the importance weight is \(importance); it must be at least 0 and at most 3.4e38")
    }
    if purpose == .predict { return (.nan, 1) }
    if let normalized, importance > 0 { return (normalized, importance) }
    return purpose == .answer || waits ? (.nan, max(importance, .leastNormalMagnitude)) : nil
  }

  func tooLong(_ name: String, _ count: Int) -> SampleError {
    SampleError(
      .limit, "the name of feature \(name) has \(count) bytes; limits.name_bytes is \(limits.nameBytes)")
  }

  func tooMany() -> SampleError {
    SampleError(
      .limit, "the sample has more features than limits.features_per_sample, \(limits.featuresPerSample)")
  }

  private func outOfRange(_ name: FeatureName, _ value: Double) -> SampleError {
    SampleError(
      .featureValue, "the value of feature \(quoted(name)) is \(value); it must be finite and at most 3.4e38")
  }

  func quoted(_ name: FeatureName) -> String {
    bytes.withSpan { bytes in name.withBytes(among: bytes) { SampleFormats.quoted($0) } }
  }
}

/// A name for an error text: quoted, and cut where it is long.
func quoted(_ name: Span<UInt8>) -> String {
  let shown = min(name.count, 60)
  let text = name.extracting(first: shown).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  return "\"\(text)\(shown < name.count ? "…" : "")\""
}
