/// One number a feature that a learner goes on from: what checkpoints hold.
public enum WeightColumn: String, Sendable, CaseIterable {
  /// The weights as of their last touch, unpaid; in the units of the shrinkage clock where all have one rate.
  case values
  /// The clock's epoch at that touch.
  case epochs
  /// The clock's reading at that touch; for FTRL, the step of the first gradient.
  case marks
  /// s of `normalized`: the largest value seen.
  case scales
  /// Sums of squared gradients; for averaged SGD, the integral of the weight.
  case sums
  /// z of FTRL.
  case gradients
  /// σ of `scaled` penalties.
  case rootMeanSquares = "root_mean_squares"
  /// The number of samples, modulo 2³², as of which σ is.
  case measured

  /// A column's numbers.
  public enum Values: Sendable, Equatable {
    case float32([Float])
    case float64([Double])
    case uint32([UInt32])

    public var count: Int {
      switch self {
      case .float32(let values): values.count
      case .float64(let values): values.count
      case .uint32(let values): values.count
      }
    }
  }

  public enum Kind: Sendable {
    case float32, float64, uint32
  }

  public var kind: Kind {
    switch self {
    case .values, .scales, .rootMeanSquares: .float32
    case .marks, .sums, .gradients: .float64
    case .epochs, .measured: .uint32
    }
  }
}

/// Columns by their names, for reading.
struct WeightColumns {
  private let columns: [WeightColumn: WeightColumn.Values]
  let count: Int

  /// - Returns: nil unless all are there, of one length, and each number is one that a learner can come to.
  init?(_ columns: [WeightColumn: WeightColumn.Values], expecting expected: [WeightColumn]) {
    guard let count = columns[.values]?.count ?? columns[.gradients]?.count else { return nil }
    for column in expected {
      guard let values = columns[column], values.count == count, WeightColumns.isPlausible(values, column) else {
        return nil
      }
    }
    self.columns = columns
    self.count = count
  }

  private static func isPlausible(_ values: WeightColumn.Values, _ column: WeightColumn) -> Bool {
    switch (values, column) {
    case (.float32(let values), .scales), (.float32(let values), .rootMeanSquares):
      values.allSatisfy { $0.isFinite && $0 >= 0 }
    case (.float32(let values), .values): values.allSatisfy(\.isFinite)
    case (.float64(let values), .marks), (.float64(let values), .sums), (.float64(let values), .gradients):
      values.allSatisfy(\.isFinite)
    case (.uint32, .epochs), (.uint32, .measured): true
    default: false
    }
  }

  /// A column of zeros where there is none: not every rule has each.
  func float32(_ column: WeightColumn) -> [Float] {
    if case .float32(let values) = columns[column] { return values }
    return Array(repeating: 0, count: count)
  }

  func float64(_ column: WeightColumn) -> [Double] {
    if case .float64(let values) = columns[column] { return values }
    return Array(repeating: 0, count: count)
  }

  func uint32(_ column: WeightColumn) -> [UInt32] {
    if case .uint32(let values) = columns[column] { return values }
    return Array(repeating: 0, count: count)
  }
}
