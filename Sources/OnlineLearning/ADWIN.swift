internal import Glibc

/// ADWIN: a window over the newest numbers of a stream, as long as their mean has not changed within it. Memory and the
/// time of a check are logarithmic in its length.
///
/// The window is kept in buckets, each with the sum of 1, 2, 4, … numbers and of the squares of their deviations, oldest
/// first:
///
///     | 4 4 4 | 2 2 2 2 | 1 1 1 1 1 |      at most `buckets` of a size, or the two oldest of them become one
///
/// Between any two buckets it may be cut. Where the means of both sides, of n₀ and n₁ numbers, are further apart than
///
///     ε = √(2 v m ln(2 ln n / δ)) + ⅔ m ln(2 ln n / δ),    m = 1/(n₀ − k + 1) + 1/(n₁ − k + 1)
///
/// for n numbers of variance v and sides of at least k, the oldest bucket goes, and so on until no cut shows a difference.
/// The second term of ε presumes numbers that lie within a range of 1.
///
/// Sources: Bifet and Gavaldà 2007 (Learning from time-changing data with adaptive windowing, SIAM SDM; ADWIN2); Babcock,
/// Datar, Motwani and O'Callaghan 2003 (the variance of buckets); the least length of a side as in MOA and River.
public struct ADWIN: Sendable {
  public struct Parameters: Sendable, Equatable {
    /// δ: about the probability that a check finds a change where there is none; in (0, 1).
    public var delta: Double
    /// A check comes after so many numbers; above 0.
    public var clock: Int
    /// Buckets of one size, at most; above 0.
    public var buckets: Int
    /// k: numbers on either side of a cut, at least; above 0.
    public var leastSide: Int
    /// No check in a window of so few numbers.
    public var grace: Int

    public init(delta: Double = 0.002, clock: Int = 32, buckets: Int = 5, leastSide: Int = 5, grace: Int = 10) {
      self.delta = delta
      self.clock = clock
      self.buckets = buckets
      self.leastSide = leastSide
      self.grace = grace
    }
  }

  /// What a check cut off.
  public struct Change: Sendable, Equatable {
    /// The mean of what was cut off, and of what is left.
    public var meanBefore: Double
    public var meanAfter: Double
  }

  private struct Bucket: Sendable {
    var sum: Double
    /// Σ of squared deviations from the bucket's mean.
    var deviation: Double
  }

  private let parameters: Parameters
  /// By size: row i has the buckets of 2^i numbers, the oldest first.
  private var rows: [[Bucket]] = [[]]
  /// How many numbers the window has.
  public private(set) var count = 0
  private var sum = 0.0
  private var deviation = 0.0
  private var ticks = 0

  public init(_ parameters: Parameters = Parameters()) {
    self.parameters = parameters
  }

  /// The variance of the window; 0 where it is empty.
  public var variance: Double { count > 0 ? max(0, deviation) / Double(count) : 0 }
  /// The mean of the window; 0 where it is empty.
  public var mean: Double { count > 0 ? sum / Double(count) : 0 }

  /// Takes in a number; one that is not finite, or whose square is not, is passed over.
  ///
  /// - Returns: what was cut off, where this was the number for a check and anything was.
  /// - Complexity: O(log count); amortized O(1) between checks
  public mutating func add(_ number: Double) -> Change? {
    guard abs(number) <= 0x1p400 else { return nil }
    count += 1
    if count > 1 {
      let others = Double(count - 1)
      let step = number - sum / others
      deviation += others * step * step / Double(count)
    }
    sum += number
    rows[0].append(Bucket(sum: number, deviation: 0))
    compress()
    ticks += 1
    guard ticks >= parameters.clock else { return nil }
    ticks = 0
    return count > parameters.grace ? cut() : nil
  }

  /// Makes one bucket of the two oldest of a size where there are too many.
  private mutating func compress() {
    var row = 0
    var size = 1.0
    while row < rows.count, rows[row].count > parameters.buckets {
      let (one, other) = (rows[row][0], rows[row][1])
      rows[row].removeSubrange(0..<2)
      if row + 1 == rows.count { rows.append([]) }
      let step = one.sum / size - other.sum / size
      rows[row + 1].append(
        Bucket(
          sum: one.sum + other.sum,
          deviation: one.deviation + other.deviation + size * size * step * step / (size + size)))
      row += 1
      size *= 2
    }
  }

  private mutating func cut() -> Change? {
    var (lost, lostSum) = (0.0, 0.0)
    while count > 1, showsChange {
      let row = rows.count - 1
      let (bucket, size) = (rows[row].removeFirst(), exp2(Double(row)))
      // Where there is one bucket of a size at most, sizes in between may have none.
      while rows.count > 1, rows[rows.count - 1].isEmpty { rows.removeLast() }
      count -= Int(size)
      sum -= bucket.sum
      let step = bucket.sum / size - sum / Double(count)
      deviation -= bucket.deviation + size * Double(count) * step * step / (size + Double(count))
      lost += size
      lostSum += bucket.sum
    }
    return lost > 0 ? Change(meanBefore: lostSum / lost, meanAfter: mean) : nil
  }

  /// Whether there is a cut with means too far apart on its sides.
  private var showsChange: Bool {
    let (total, least) = (Double(count), Double(parameters.leastSide))
    let confidence = log(2 * log(total) / parameters.delta)
    let variance = variance
    var (before, sumBefore) = (0.0, 0.0)
    var size = exp2(Double(rows.count - 1))
    for row in rows.reversed() {
      for bucket in row {
        before += size
        sumBefore += bucket.sum
        let after = total - before
        if after < least { return false }
        if before < least { continue }
        let m = 1 / (before - least + 1) + 1 / (after - least + 1)
        let bound = (2 * m * variance * confidence).squareRoot() + 2.0 / 3 * m * confidence
        if abs(sumBefore / before - (sum - sumBefore) / after) > bound { return true }
      }
      size /= 2
    }
    return false
  }
}
