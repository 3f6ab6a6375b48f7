/// The mean losses of blocks of samples, each predicted before it was learned: what watches over the loss need to know,
/// at the price of an addition a sample.
public struct LossBlocks: Sendable {
  /// Samples to a block.
  public static let samples = 32

  private var sum = 0.0
  /// Samples of the block that is being filled.
  private var count = 0
  private var isKept = false
  private var means: [Double] = []

  /// Whether there are blocks to take.
  public var isEmpty: Bool { means.isEmpty }

  init() {}

  /// Keeps blocks from now on, beginning with a new one. Whoever asks for this has to take them now and then.
  mutating func keep() { self = LossBlocks(isKept: true) }

  private init(isKept: Bool) { self.isKept = isKept }

  @inline(__always)
  mutating func add(_ loss: Double) {
    sum += loss
    count &+= 1
    if count == LossBlocks.samples { complete() }
  }

  @inline(never)
  private mutating func complete() {
    if isKept { means.append(sum / Double(LossBlocks.samples)) }
    (sum, count) = (0, 0)
  }

  /// The blocks since the last time, the oldest first.
  ///
  /// - Returns: their means, and how many samples have come since the last of them.
  mutating func take() -> (means: [Double], samplesSince: Int) {
    let taken = means
    means.removeAll(keepingCapacity: means.capacity <= 1024)
    return (taken, count)
  }
}
