/// Which checkpoints are worth their room: the newest, and ever fewer of the older ones.
///
/// Sequence numbers say what is newer. Times only say what belongs together: checkpoints of the same hour, or of the same
/// day, both of UTC, so that what is together stays together. A clock that is wrong or set anew can put checkpoints into other
/// company, but makes none of them old.
///
/// Of an hour the newest is kept, which is what the model had become by its end, and the same of a day. The hour and the day
/// that the newest checkpoint of all is in are not over, and do not count. Hours without a checkpoint do not count either:
/// a daemon that stood still has forgotten nothing. So one that is kept for its hour is, with 24 hours, kept for 24 at least,
/// and whatever is to be kept later is kept until then.
public struct Retention: Sendable, Equatable {
  /// So many of the newest are kept; at least 1.
  public var newest: Int
  /// For so many hours, besides the one that is not over, the newest of each is kept; 0 keeps none for its hour.
  public var hourly: Int
  /// For so many days, likewise.
  public var daily: Int

  public init(newest: Int = 3, hourly: Int = 24, daily: Int = 30) {
    self.newest = newest
    self.hourly = hourly
    self.daily = daily
  }

  /// A checkpoint, as far as it matters here.
  public struct Checkpoint: Sendable, Equatable {
    public let sequence: UInt64
    /// Seconds since 1970, from 0 to 10¹¹.
    public let time: Double

    public init(sequence: UInt64, time: Double) {
      self.sequence = sequence
      self.time = time
    }

    /// Hours since 1970.
    var hour: Int { Int(time / 3600) }
    /// Days since 1970.
    var day: Int { Int(time / 86_400) }
  }

  /// Those that are not worth keeping, oldest first.
  ///
  /// - Parameter checkpoints: in ascending order of their sequence numbers.
  /// - Complexity: O(checkpoints)
  public func removable(_ checkpoints: [Checkpoint]) -> [Checkpoint] {
    guard let last = checkpoints.last else { return [] }
    var hours = Slots(beside: last.hour, count: hourly)
    var days = Slots(beside: last.day, count: daily)
    var removable: [Checkpoint] = []
    for (age, checkpoint) in checkpoints.reversed().enumerated() {
      // Each is asked for both: what is kept for its hour can be the one of its day.
      let isOfHour = hours.take(checkpoint.hour)
      let isOfDay = days.take(checkpoint.day)
      if age >= max(newest, 1), !isOfHour, !isOfDay { removable.append(checkpoint) }
    }
    return removable.reversed()
  }

  /// The hours or days that have had their checkpoint, seen from the newest back.
  private struct Slots {
    private var taken: Set<Int>
    private var left: Int

    init(beside current: Int, count: Int) {
      taken = [current]
      left = count
    }

    /// Whether this is the first one of its slot, and the slot counts.
    mutating func take(_ slot: Int) -> Bool {
      guard left > 0, taken.insert(slot).inserted else { return false }
      left -= 1
      return true
    }
  }
}
