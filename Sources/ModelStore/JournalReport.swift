/// What a recovery made of a journal.
public struct JournalReport: Sendable, Equatable {
  /// Messages at the journal's end that were given up, though some of them may be whole.
  public struct Dropped: Sendable, Equatable {
    /// The first of them.
    public let position: UInt64
    /// Where they stand, and how many bytes in each segment.
    public private(set) var segments: [(path: String, bytes: Int)] = []
    /// How many whole records are among them.
    public private(set) var records = 0
    /// Why it is right to give them up, as a sentence.
    public let reason: String

    public var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }

    public static func == (one: Dropped, other: Dropped) -> Bool {
      one.position == other.position && one.records == other.records && one.reason == other.reason
        && one.segments.elementsEqual(other.segments) { $0 == $1 }
    }

    init(position: UInt64, reason: String) {
      self.position = position
      self.reason = reason
    }

    mutating func add(_ path: String, bytes: Int, records: Int) {
      segments.append((path, bytes))
      self.records += records
    }
  }

  /// Messages that had been durable and cannot be read any more.
  public struct Gap: Sendable, Equatable {
    /// The file that is damaged, and where.
    public let path: String
    public let offset: Int
    /// The first message of the gap.
    public let position: UInt64
    /// At least so many.
    public let missing: UInt64
    public let problem: String

    var error: StoreError {
      .journalDamaged(path: path, offset: offset, position: position, missing: missing, problem: problem)
    }
  }

  /// The position of the last message; that of the checkpoint where there was none after it.
  public internal(set) var last: UInt64
  /// How many messages were given to be learned.
  public internal(set) var records = 0
  /// The bytes of their records.
  public internal(set) var bytes = 0
  /// What was given up at the end; nil where there was nothing.
  public internal(set) var dropped: Dropped?
  /// What is missing; only where recovery was to go on past damage.
  public internal(set) var gaps: [Gap] = []

  init(after position: UInt64) {
    last = position
  }
}
