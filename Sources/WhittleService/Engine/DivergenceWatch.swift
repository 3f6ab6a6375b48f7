/// Tells when the loss explodes for long, and when it has come down again. A pure state machine: it is given readings
/// of progressive validation.
///
/// What it compares is how far the model's recent loss L is above the recent loss B of the best constant prediction, and
/// for scale how bad a model can be that has learned nothing: Z is the loss of predicting margin 0, where every model
/// starts.
///
///     far    L − B > 10 · max(Z − B, B)
///     near   L − B <  2 · max(Z − B, B)
///
/// B alone would not do as a scale. Targets around 1000 have a small B, and a model without an intercept, or one that is
/// still on its way there, is hundreds of B above it and as healthy as can be; but it is never above Z. And B is 0 where
/// targets do not vary, and negative for Poisson's loss. The scale is at least Z / 2 whatever B is; for the losses of the
/// two-class kind and for Poisson, Z is the same number for every target (log 2 or 1), so it is never small.
///
/// A loss that is far and falls fast is a model that adapts to a stream that has changed, unless updates had to be held
/// back: the mean of weights that go to and fro between the largest ones falls, too. So divergence is a loss that was far
/// in every reading over 1,000 samples or more, and of which at their end three quarters or more are left, or updates were
/// held back; and it is over when every reading over 1,000 samples or more was near. In between, what was last said holds.
struct DivergenceWatch {
  /// What progressive validation says as of one step.
  struct Reading {
    let step: UInt64
    /// The recent mean loss. One that is not finite is far.
    let loss: Double
    /// That of the best constant prediction.
    let bestConstantLoss: Double
    /// The loss of margin 0 for a recent target.
    let zeroLoss: Double
    /// How many updates had to be held back so far.
    var clampedUpdates: UInt64 = 0
  }

  enum Change {
    case began, ended
  }

  private(set) var isDiverging = false
  /// The first of the readings that would change the verdict.
  private var stretch: Reading?
  private var readings = 0.0
  /// Z, from one target a reading.
  private var zeroLoss = 0.0

  private static let far = 10.0
  private static let near = 2.0
  private static let share = 0.75
  /// Samples.
  private static let long: UInt64 = 1000
  /// Readings that Z is the mean over, older ones fading.
  private static let memory = 8.0
  /// Readings before which Z is not known well enough to judge by.
  private static let fewest = 4.0

  /// - Parameter reading: of a later step than the one before.
  /// - Returns: what has just begun or ended, if anything has.
  mutating func take(_ reading: Reading) -> Change? {
    readings += 1
    zeroLoss += (reading.zeroLoss - zeroLoss) / min(readings, Self.memory)
    guard readings >= Self.fewest else { return nil }
    let scale = max(zeroLoss - reading.bestConstantLoss, reading.bestConstantLoss)
    let excess = reading.loss - reading.bestConstantLoss
    // So put that what is no number is far, and never near.
    let contradicts = isDiverging ? excess < Self.near * scale : !(excess <= Self.far * scale)
    guard contradicts else {
      stretch = nil
      return nil
    }
    guard let begin = stretch else {
      stretch = reading
      return nil
    }
    guard reading.step - begin.step >= Self.long else { return nil }
    let adapts = reading.loss < Self.share * begin.loss && reading.clampedUpdates == begin.clampedUpdates
    if !isDiverging, adapts {
      stretch = reading
      return nil
    }
    stretch = nil
    isDiverging.toggle()
    return isDiverging ? .began : .ended
  }
}
