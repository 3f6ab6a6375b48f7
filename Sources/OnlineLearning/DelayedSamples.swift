/// Samples that were predicted and wait for their targets, bounded in number and in age.
///
/// A sample keeps the features that it had when it was predicted, and the margin that was given out: what its target says
/// about the prediction, it says about that one.
public struct DelayedSamples: Sendable {
  /// How many are kept, and for how long.
  public struct Bounds: Sendable, Equatable, Codable {
    /// At most so many; 0 keeps none.
    public var samples: Int
    /// Seconds; above 0.
    public var age: Double

    public init(samples: Int = 10_000, age: Double = 86_400) {
      self.samples = samples
      self.age = age
    }

    /// Keeps all, forever.
    static let none = Bounds(samples: .max, age: .infinity)
  }

  /// A sample that waits.
  public struct Sample: Sendable {
    public let features: [UInt32]
    public let values: [Float]
    public let importance: Double
    /// The margin that was given out.
    public let margin: Double
    let time: Double
    let number: UInt64
  }

  /// What has become of samples so far.
  public struct Counts: Sendable, Equatable, Codable {
    /// Kept until their targets came.
    public var matched: UInt64 = 0
    /// Let go because too many waited, or for too long, or because their id came anew.
    public var forgotten: UInt64 = 0

    public init() {}
  }

  public private(set) var bounds: Bounds
  public internal(set) var counts = Counts()
  var samples: [[UInt8]: Sample] = [:]
  /// Ids in the order in which they came, from `first` on; those whose number differs from their sample's are gone.
  var order: [(id: [UInt8], number: UInt64)] = []
  private(set) var first = 0
  var nextNumber: UInt64 = 0

  public init(_ bounds: Bounds) { self.bounds = bounds }

  /// The same samples under other bounds, which hold from here on.
  ///
  /// - Complexity: O(samples that are too many)
  public func under(_ bounds: Bounds) -> DelayedSamples {
    var changed = self
    changed.bounds = bounds
    while changed.samples.count > bounds.samples { changed.forgetOldest() }
    return changed
  }

  /// How many wait.
  public var count: Int { samples.count }

  /// Keeps a row of a batch until its target comes. An id that waits already waits anew, with these features.
  ///
  /// - Parameters:
  ///   - time: seconds by any clock that does not go back.
  ///   - margin: as it was given out.
  /// - Complexity: O(features of the row), amortized
  public mutating func keep(
    _ row: Int, of batch: borrowing SampleBatch, id: ArraySlice<UInt8>, margin: Double, at time: Double
  ) {
    guard bounds.samples > 0 else { return }
    forget(before: time - bounds.age)
    let range = batch.range(of: row)
    let sample = Sample(
      features: [UInt32](copying: batch.featureList[batch.listRange(of: row)]),
      values: [Float](copying: batch.values[range]), importance: batch.importances[row],
      margin: margin, time: time, number: nextNumber)
    nextNumber += 1
    let id = [UInt8](copying: id)
    if samples.updateValue(sample, forKey: id) != nil { counts.forgotten += 1 }
    order.append((id, sample.number))
    while samples.count > bounds.samples { forgetOldest() }
    tidyUp()
  }

  /// Hands a sample over whose target has come; nil where none of this id waits, or it has waited too long.
  ///
  /// - Complexity: O(1), amortized
  public mutating func take(_ id: ArraySlice<UInt8>, at time: Double) -> Sample? {
    forget(before: time - bounds.age)
    guard let sample = samples.removeValue(forKey: Array(id)) else { return nil }
    counts.matched += 1
    return sample
  }

  /// Tells the features of all samples that wait, some of them often.
  ///
  /// - Complexity: O(features of the samples)
  func forEachFeature(_ body: (UInt32) -> Void) {
    for sample in samples.values { sample.features.forEach(body) }
  }

  private mutating func forget(before time: Double) {
    while first < order.count {
      if let oldest = samples[order[first].id], oldest.number == order[first].number, oldest.time >= time { return }
      forgetOldest()
    }
  }

  private mutating func forgetOldest() {
    let (id, number) = order[first]
    order[first].id = []
    first += 1
    guard samples[id]?.number == number else { return }
    samples[id] = nil
    counts.forgotten += 1
  }

  /// Lets go of ids in the order that wait no more, once they are most of it.
  private mutating func tidyUp() {
    guard order.count > 64 + 2 * samples.count else { return }
    order = order[first...].filter { samples[$0.id]?.number == $0.number }
    first = 0
  }
}

extension Array {
  /// The elements, and room for no more: `Array(slice)` of a slice that is all of an array would share that one's storage,
  /// which may have room for the largest message that ever came.
  fileprivate init(copying slice: ArraySlice<Element>) {
    self.init()
    reserveCapacity(slice.count)
    append(contentsOf: slice)
  }
}
