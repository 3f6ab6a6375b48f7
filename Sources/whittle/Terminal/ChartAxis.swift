internal import Glibc

/// Even numbers for people along an axis, and the range that they span.
struct ChartAxis: Equatable {
  let lowest: Double
  let highest: Double
  /// Ascending, from `lowest` to `highest`.
  let ticks: [Double]
  let labels: [String]

  /// An axis that has room for all of `values`.
  ///
  /// - Parameters:
  ///   - values: finite.
  ///   - ticks: about so many of them, at least 1.
  init(_ values: [Double], ticks count: Int) {
    // Beyond this the difference of two numbers may be infinite.
    let bounded = values.map { min(max($0, -1e300), 1e300) }
    var low = bounded.min() ?? 0
    var high = bounded.max() ?? 1
    // What differs less than this differs by rounding; and ticks must be far enough apart to be counted.
    let least = max(max(low.magnitude, high.magnitude) * 1e-9, 1e-290)
    if high - low < least {
      if low >= 0 { high = low + max(low, 1) } else { low = high - max(-high, 1) }
    }
    let step = ChartAxis.step(above: (high - low) / Double(max(count, 1)))
    let first = (low / step).rounded(.down)
    let last = max((high / step).rounded(.up), first + 1)
    lowest = first * step
    highest = last * step
    ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    // As many digits as tell neighbours apart.
    let digits = Int(log10(max(lowest.magnitude, highest.magnitude) / step)) + 2
    // -0 is 0.
    labels = ticks.map { Format.number($0 == 0 ? 0 : $0, digits: max(digits, 3)) }
  }

  /// 1, 2 or 5 times a power of ten, not below `rough`.
  private static func step(above rough: Double) -> Double {
    let power = pow(10, floor(log10(rough)))
    return [1, 2, 5].map { $0 * power }.first { $0 >= rough } ?? 10 * power
  }

  /// 0 at `lowest`, 1 at `highest`.
  func share(_ value: Double) -> Double {
    min(max((min(max(value, -1e300), 1e300) - lowest) / (highest - lowest), 0), 1)
  }
}
