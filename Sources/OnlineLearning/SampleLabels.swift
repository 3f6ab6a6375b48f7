/// What samples are called by those who sent them: an id, a source and a number in its sequence. Only for samples that
/// have any of them, in their order.
public struct SampleLabels: Sendable {
  /// The labels of one sample.
  public struct Label: Sendable {
    /// The sample's place in its message, from 0; samples that are not to be learned count too.
    public let sample: Int
    /// The sample's row in the batch; nil where it is not to be learned.
    public fileprivate(set) var row: Int?
    /// Its number among the samples of its source, below 2⁶³.
    public let seq: UInt64?
    /// Whether the sample has no features but a target, which is that of an earlier one of this id.
    public let isTargetOnly: Bool
    /// Where its id and its source stand among all bytes.
    fileprivate(set) var id: Range<Int>?
    fileprivate(set) var source: Range<Int>?
  }

  /// What numbers a message as a whole among those of its source.
  public struct MessageLabel: Sendable, Equatable {
    /// UTF-8; empty for a source without a name.
    public var source: [UInt8]
    /// Below 2⁶³.
    public var seq: UInt64
    /// The number of the message that must have come before this one, below `seq`; nil where it does not matter.
    public var previous: UInt64?

    public init(source: [UInt8], seq: UInt64, previous: UInt64? = nil) {
      self.source = source
      self.seq = seq
      self.previous = previous
    }
  }

  /// That of this message; nil where it has none.
  public var message: MessageLabel?
  private var labels: [Label] = []
  private var bytes: [UInt8] = []

  public init() {}

  /// How many samples have labels.
  public var count: Int { labels.count }

  /// Whether any sample has an id.
  public private(set) var hasIDs = false

  /// - Precondition: `place` is below `count`.
  public subscript(place: Int) -> Label { labels[place] }

  /// The UTF-8 of a label's id; nil where it has none.
  ///
  /// - Complexity: O(1)
  public func id(of label: Label) -> ArraySlice<UInt8>? { label.id.map { bytes[$0] } }

  /// The UTF-8 of a label's source; nil where it has none.
  ///
  /// - Complexity: O(1)
  public func source(of label: Label) -> ArraySlice<UInt8>? { label.source.map { bytes[$0] } }

  /// Adds a sample's labels, to which `setID` and `setSource` may then add.
  ///
  /// - Complexity: O(1), amortized
  public mutating func append(sample: Int, row: Int?, seq: UInt64?, isTargetOnly: Bool = false) {
    labels.append(Label(sample: sample, row: row, seq: seq, isTargetOnly: isTargetOnly))
  }

  /// Gives the sample added last its id.
  ///
  /// - Precondition: there is one.
  /// - Complexity: O(bytes), amortized
  public mutating func setID(_ id: Span<UInt8>) {
    labels[labels.count - 1].id = append(id)
    hasIDs = true
  }

  /// Gives the sample added last a number for its id: the same id as the number's decimal digits.
  ///
  /// - Precondition: there is one.
  /// - Complexity: O(1), amortized
  public mutating func setID(_ id: Int64) {
    let start = bytes.count
    if id < 0 { bytes.append(UInt8(ascii: "-")) }
    var divisor: UInt64 = 1
    while id.magnitude / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(id.magnitude / divisor % 10))
      divisor /= 10
    }
    labels[labels.count - 1].id = start..<bytes.count
    hasIDs = true
  }

  /// Gives the sample added last its source.
  ///
  /// - Precondition: there is one.
  /// - Complexity: O(bytes), amortized
  public mutating func setSource(_ source: Span<UInt8>) {
    labels[labels.count - 1].source = append(source)
  }

  private mutating func append(_ text: Span<UInt8>) -> Range<Int> {
    let start = bytes.count
    text.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    return start..<bytes.count
  }

  /// The labels of rows that were taken out go with them; those of later rows follow.
  ///
  /// - Parameter rows: ascending.
  mutating func removeRows(_ rows: [Int]) {
    // Labels are in the order of the rows.
    var passed = 0
    var kept = 0
    for place in labels.indices {
      var label = labels[place]
      if let row = label.row {
        while passed < rows.count, rows[passed] < row { passed += 1 }
        if passed < rows.count, rows[passed] == row { continue }
        label.row = row - passed
      }
      labels[kept] = label
      kept += 1
    }
    labels.removeLast(labels.count - kept)
    if labels.isEmpty { hasIDs = false }
  }

  /// Empties it and keeps its storage.
  public mutating func removeAll() {
    message = nil
    // Labels may be gone already, with their rows, and what they named is not.
    if labels.isEmpty, bytes.isEmpty { return }
    labels.removeAll(keepingCapacity: true)
    hasIDs = false
    bytes.removeAll(keepingCapacity: true)
  }
}
