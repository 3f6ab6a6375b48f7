/// What processors with AVX2 do with a row: passes over uniform weights, four features at a time.
///
/// This module alone is compiled for such processors: whoever calls it has looked (`has_avx2`). Nothing of it is inlined
/// elsewhere, and it has no types for others, whose code the linker would share.
///
/// All have in common:
///
/// - `features`: `count` indices of weights; `values`: as many; `ahead`: as many features, which are likely to be needed next.
/// - `count`: at least 1.
/// - `weights`: of 16 bytes each, as `WideRow` shows.
/// - `paid`: room for eight Float64s for every four features, begun ones too.
///
/// Complexity: O(count)
public enum WideRows {
  /// Σ v x where nothing is owed.
  @inline(never)
  public static func settle(
    _ features: UnsafePointer<UInt32>, _ values: UnsafePointer<Float>, ahead: UnsafePointer<UInt32>, count: Int,
    _ weights: UnsafeMutableRawPointer, _ paid: UnsafeMutableRawPointer
  ) -> Double {
    WideRow(features: features, values: values, ahead: ahead, count: count, weights: weights, paid: paid)
      .settle()
  }

  /// Σ v x where nothing is owed but decay; nil where a weight is not of this epoch.
  @inline(never)
  public static func settleDecay(
    _ features: UnsafePointer<UInt32>, _ values: UnsafePointer<Float>, ahead: UnsafePointer<UInt32>, count: Int,
    _ weights: UnsafeMutableRawPointer, _ paid: UnsafeMutableRawPointer, epoch: UInt32
  ) -> Double? {
    WideRow(features: features, values: values, ahead: ahead, count: count, weights: weights, paid: paid)
      .settleDecay(epoch: epoch)
  }

  /// Σ v x after gravity up to `pull`.
  @inline(never)
  public static func settleGravity(
    _ features: UnsafePointer<UInt32>, _ values: UnsafePointer<Float>, ahead: UnsafePointer<UInt32>, count: Int,
    _ weights: UnsafeMutableRawPointer, _ paid: UnsafeMutableRawPointer, pull: Double
  ) -> Double {
    WideRow(features: features, values: values, ahead: ahead, count: count, weights: weights, paid: paid)
      .settleGravity(pull)
  }

  /// The same, where weights may be of earlier epochs; nil where one is.
  @inline(never)
  public static func settleGravity(
    _ features: UnsafePointer<UInt32>, _ values: UnsafePointer<Float>, ahead: UnsafePointer<UInt32>, count: Int,
    _ weights: UnsafeMutableRawPointer, _ paid: UnsafeMutableRawPointer, pull: Double, epoch: UInt32
  ) -> Double? {
    WideRow(features: features, values: values, ahead: ahead, count: count, weights: weights, paid: paid)
      .settleGravity(pull, epoch: epoch)
  }

  /// Moves paid weights against the row, and rounds each once.
  @inline(never)
  public static func move(
    _ features: UnsafePointer<UInt32>, _ values: UnsafePointer<Float>, ahead: UnsafePointer<UInt32>, count: Int,
    _ weights: UnsafeMutableRawPointer, _ paid: UnsafeMutableRawPointer, by push: Double
  ) {
    WideRow(features: features, values: values, ahead: ahead, count: count, weights: weights, paid: paid)
      .move(by: push)
  }

  /// The same, with the epoch that they are of.
  @inline(never)
  public static func move(
    _ features: UnsafePointer<UInt32>, _ values: UnsafePointer<Float>, ahead: UnsafePointer<UInt32>, count: Int,
    _ weights: UnsafeMutableRawPointer, _ paid: UnsafeMutableRawPointer, by push: Double, epoch: UInt32
  ) {
    WideRow(features: features, values: values, ahead: ahead, count: count, weights: weights, paid: paid)
      .move(by: push, epoch: epoch)
  }

  /// The same, with the epoch and the mark.
  @inline(never)
  public static func move(
    _ features: UnsafePointer<UInt32>, _ values: UnsafePointer<Float>, ahead: UnsafePointer<UInt32>, count: Int,
    _ weights: UnsafeMutableRawPointer, _ paid: UnsafeMutableRawPointer, by push: Double, epoch: UInt32, mark: Double
  ) {
    WideRow(features: features, values: values, ahead: ahead, count: count, weights: weights, paid: paid)
      .move(by: push, epoch: epoch, mark: mark)
  }
}
