internal import OnlineLearning

/// How far each source has got in numbering its samples or messages, so that what comes again is told from what is new.
///
/// A source numbers upwards; it may leave numbers out, and it may begin anywhere. A number that is not above the last one has
/// been here before: a duplicate. What was left out on the way is missing; should it come later, it counts as a
/// duplicate, since what was learned in between cannot be taken back.
public struct SourceSequences: Sendable, Equatable {
  /// One source's numbers.
  public struct Progress: Sendable, Equatable, Codable {
    /// The highest number so far.
    public fileprivate(set) var last: UInt64
    /// How many numbers below it never came in order.
    public fileprivate(set) var missing: UInt64 = 0
    /// How many came that were not above the last one.
    public fileprivate(set) var duplicates: UInt64 = 0
  }

  /// What a number turned out to be.
  public enum Arrival: Sendable, Equatable {
    /// The next one, or the first of its source.
    case inOrder
    /// So many were left out before it.
    case afterGap(missing: UInt64)
    /// It, or a later one, was here before.
    case duplicate
  }

  private var names = FeatureDictionary()
  private var progress: [Progress] = []

  public init() {}

  /// The number of sources.
  public var count: Int { progress.count }

  /// Each source and its numbers, in the order in which the sources came.
  ///
  /// - Complexity: O(sources)
  public var all: [(source: String, progress: Progress)] {
    progress.indices.map { (names.name(at: $0), progress[$0]) }
  }

  /// Numbers of all sources that are missing, and that came again.
  ///
  /// - Complexity: O(sources)
  public var totals: (missing: UInt64, duplicates: UInt64) {
    progress.reduce(into: (0, 0)) {
      $0.0 = $0.0.addingReportingOverflow($1.missing).partialValue
      $0.1 &+= $1.duplicates
    }
  }

  /// Whether anything of this source has come.
  ///
  /// - Complexity: O(length of the name) on average
  public func knows(_ source: Span<UInt8>) -> Bool { names.index(of: source) != nil }

  /// The highest number of a source so far; nil where nothing of it has come.
  ///
  /// - Complexity: O(length of the name) on average
  public func last(of source: Span<UInt8>) -> UInt64? { names.index(of: source).map { progress[Int($0)].last } }

  /// Takes in a number of a source, which becomes known.
  ///
  /// - Parameter number: below 2⁶³.
  /// - Complexity: O(length of the name) on average
  public mutating func take(_ number: UInt64, of source: Span<UInt8>) -> Arrival {
    guard let index = names.index(of: source).map({ Int($0) }) else {
      _ = names.intern(source)
      progress.append(Progress(last: number))
      return .inOrder
    }
    let last = progress[index].last
    guard number > last else {
      progress[index].duplicates &+= 1
      return .duplicate
    }
    progress[index].last = number
    let missing = number - last - 1
    if missing == 0 { return .inOrder }
    progress[index].missing = min(progress[index].missing.addingReportingOverflow(missing).partialValue, .max / 2)
    return .afterGap(missing: missing)
  }

  public static func == (one: SourceSequences, other: SourceSequences) -> Bool {
    one.progress == other.progress && one.names.nameEnds == other.names.nameEnds
      && one.names.nameBytes == other.names.nameBytes
  }
}

extension SourceSequences: Codable {
  private struct Entry: Codable {
    var source: String
    var progress: Progress
  }

  /// Throws for names that stand twice.
  public init(from decoder: any Decoder) throws {
    self.init()
    var entries = try decoder.unkeyedContainer()
    while !entries.isAtEnd {
      let entry = try entries.decode(Entry.self)
      let known = names.count
      guard Int(names.intern(Array(entry.source.utf8).span)) == known else {
        throw DecodingError.dataCorruptedError(in: entries, debugDescription: "a source stands twice")
      }
      progress.append(entry.progress)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var entries = encoder.unkeyedContainer()
    for (source, progress) in all { try entries.encode(Entry(source: source, progress: progress)) }
  }
}
