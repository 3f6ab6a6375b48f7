/// Pieces of learners, for files: what is kept about some features, without arrays of it for all.
extension LinearLearner {
  /// Writes a column's numbers for some features, as `column` has them.
  ///
  /// - Parameter bytes: as many as the numbers take, aligned for them.
  /// - Precondition: the column is one of `columns(of:)` for the configuration, and the range lies below `count`.
  /// - Complexity: O(features in the range)
  public func copy(_ column: WeightColumn, _ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) {
    switch column {
    case .rootMeanSquares: gather(shares?.sizes, range, bytes) { $0.value }
    case .measured: gather(shares?.sizes, range, bytes) { $0.samples }
    case .values:
      gather(weights.uniform?.coordinates, range, bytes) { $0.value }
      gather(weights.adaptive?.coordinates, range, bytes) { $0.value }
    case .epochs: gather(weights.uniform?.coordinates, range, bytes) { $0.epoch }
    case .marks:
      gather(weights.uniform?.coordinates, range, bytes) { $0.mark }
      gather(weights.adaptive?.coordinates, range, bytes) { $0.mark }
      gather(weights.proximal?.coordinates, range, bytes) { $0.mark }
    case .scales: gather(weights.adaptive?.coordinates, range, bytes) { $0.scaleOrRate }
    case .sums:
      gather(weights.adaptive?.coordinates, range, bytes) { $0.sum }
      gather(weights.proximal?.coordinates, range, bytes) { $0.sum }
    case .gradients: gather(weights.proximal?.coordinates, range, bytes) { $0.gradient }
    }
  }

  /// Writes the coefficients of some features as of now, each a Float32.
  ///
  /// - Parameter bytes: as many as the numbers take, aligned for them.
  /// - Precondition: the range lies below `count`.
  /// - Complexity: O(features in the range)
  public func copyCoefficients(_ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) {
    if let uniform = weights.uniform {
      let (clock, penalty) = (state.clock, configuration.penalty)
      let scale = clock.scale
      return gather(uniform.coordinates, range, bytes) { Float(clock.settled($0, penalty) * scale) }
    }
    let numbers = bytes.assumingMemoryBound(to: Float.self)
    for (place, feature) in range.enumerated() { numbers[place] = coefficient(feature) }
  }

  private var shares: PenaltyShares? { weights.adaptive?.shares ?? weights.proximal?.shares }
}

@inline(__always)
private func gather<Element, Number: BitwiseCopyable>(
  _ elements: [Element]?, _ range: Range<Int>, _ bytes: UnsafeMutableRawBufferPointer, _ number: (Element) -> Number
) {
  guard let elements else { return }
  precondition(bytes.count == range.count * MemoryLayout<Number>.stride && elements.indices.contains(range))
  let numbers = bytes.bindMemory(to: Number.self)
  elements.withUnsafeBufferPointer { elements in
    let own = UnsafeBufferPointer(rebasing: elements[range])
    for place in own.indices { numbers[place] = number(own[place]) }
  }
}

extension Range<Int> {
  fileprivate func contains(_ other: Range<Int>) -> Bool {
    other.isEmpty || lowerBound <= other.lowerBound && other.upperBound <= upperBound
  }
}
