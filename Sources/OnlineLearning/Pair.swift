internal import CProcessor

/// Two Float64s that are computed with at once.
typealias Pair = SIMD2<Double>

extension Pair {
  /// The greater of each two; the second where one is not a number.
  @inline(__always)
  static func greater(_ a: Pair, _ b: Pair) -> Pair { greater_each(a, b) }

  @inline(__always)
  static func lesser(_ a: Pair, _ b: Pair) -> Pair { lesser_each(a, b) }

  /// Both roots: without the branches for negative numbers that `squareRoot` has.
  @inline(__always)
  var squareRoots: Pair { roots(self) }

  /// Both rounded to Float32.
  @inline(__always)
  var rounded: SIMD2<Float> { rounded_each(self) }

  /// The same, computed as one however the two are used.
  @inline(__always)
  var whole: Pair { together(self) }

  /// Whether any of the two is above.
  @inline(__always)
  func anyExceeds(_ limit: Double) -> Bool { any_greater(self, Pair(repeating: limit)) }

  /// Both without their signs.
  @inline(__always)
  var magnitudes: Pair { CProcessor.magnitudes(self) }

  /// Each widened.
  @inline(__always)
  init(_ first: Float, _ second: Float) { self.init(SIMD2<Float>(first, second)) }
}

extension SIMD2<Float> {
  /// Each followed by one of the other's, computed as one.
  @inline(__always)
  func zipped(with other: SIMD2<Float>) -> SIMD4<Float> { CProcessor.zipped(self, other) }
}
