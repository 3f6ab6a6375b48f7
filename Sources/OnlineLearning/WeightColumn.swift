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

    var kind: Kind {
      switch self {
      case .float32: .float32
      case .float64: .float64
      case .uint32: .uint32
      }
    }

    /// - Parameter bytes: as many as the numbers take.
    func copy(into bytes: UnsafeMutableRawBufferPointer) {
      switch self {
      case .float32(let values): values.withUnsafeBytes { bytes.copyMemory(from: $0) }
      case .float64(let values): values.withUnsafeBytes { bytes.copyMemory(from: $0) }
      case .uint32(let values): values.withUnsafeBytes { bytes.copyMemory(from: $0) }
      }
    }
  }

  public enum Kind: Sendable {
    case float32, float64, uint32
  }

  /// The bytes of one number.
  var width: Int { kind == .float64 ? 8 : 4 }

  public var kind: Kind {
    switch self {
    case .values, .scales, .rootMeanSquares: .float32
    case .marks, .sums, .gradients: .float64
    case .epochs, .measured: .uint32
    }
  }
}

/// The same features' numbers of several columns, for reading.
struct WeightColumns {
  private let columns: [WeightColumn: UnsafeRawBufferPointer]
  let count: Int

  /// - Parameter columns: the numbers' bytes as in memory, aligned for them.
  /// - Returns: nil unless all that are expected are there, of one length.
  init?(_ columns: [WeightColumn: UnsafeRawBufferPointer], expecting expected: [WeightColumn]) {
    guard let first = expected.first, let bytes = columns[first]?.count else { return nil }
    let count = bytes / first.width
    guard expected.allSatisfy({ columns[$0]?.count == count * $0.width }) else { return nil }
    self.columns = columns
    self.count = count
  }

  /// Whether each number by itself is one that a learner can come to.
  var isPlausible: Bool {
    columns.keys.allSatisfy { column in
      switch column {
      case .scales, .rootMeanSquares: float32(column)?.allSatisfy { $0.isFinite && $0 >= 0 } ?? false
      case .values: float32(column)?.allSatisfy(\.isFinite) ?? false
      case .marks, .sums, .gradients: float64(column)?.allSatisfy(\.isFinite) ?? false
      case .epochs, .measured: true
      }
    }
  }

  /// nil where there is no such column: not every rule has each.
  func float32(_ column: WeightColumn) -> UnsafeBufferPointer<Float>? { numbers(column, .float32) }
  func float64(_ column: WeightColumn) -> UnsafeBufferPointer<Double>? { numbers(column, .float64) }
  func uint32(_ column: WeightColumn) -> UnsafeBufferPointer<UInt32>? { numbers(column, .uint32) }

  private func numbers<Number>(_ column: WeightColumn, _ kind: WeightColumn.Kind) -> UnsafeBufferPointer<Number>? {
    column.kind == kind ? columns[column]?.assumingMemoryBound(to: Number.self) : nil
  }
}
