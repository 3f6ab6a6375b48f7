extension LinearLearner {
  /// The columns that a learner of this configuration goes on from.
  public static func columns(of configuration: LearnerConfiguration) -> [WeightColumn] {
    var columns: [WeightColumn]
    if configuration.hasOneRate {
      columns = [.values, .epochs, .marks]
    } else if configuration.optimizer == .ftrl {
      columns = [.gradients, .sums, .marks]
    } else {
      columns = [.values, .marks]
      if configuration.optimizer == .normalized { columns.append(.scales) }
      if configuration.optimizer != .sgd || configuration.averagingStart != nil { columns.append(.sums) }
    }
    if configuration.penalty.penalize == .scaled { columns += [.rootMeanSquares, .measured] }
    return columns
  }

  /// One number a feature, its debts unpaid: together with configuration and state, all that a learner goes on from.
  ///
  /// - Complexity: O(features)
  public func column(_ column: WeightColumn) -> WeightColumn.Values? {
    switch column {
    case .rootMeanSquares: return sizes.map { .float32($0.map(\.value)) }
    case .measured: return sizes.map { .uint32($0.map(\.samples)) }
    default: break
    }
    if let coordinates = weights.uniform?.coordinates {
      switch column {
      case .values: return .float32(coordinates.map(\.value))
      case .epochs: return .uint32(coordinates.map(\.epoch))
      case .marks: return .float64(coordinates.map(\.mark))
      default: return nil
      }
    }
    if let coordinates = weights.adaptive?.coordinates {
      switch column {
      case .values: return .float32(coordinates.map(\.value))
      case .scales: return .float32(coordinates.map(\.scaleOrRate))
      case .marks: return .float64(coordinates.map(\.mark))
      case .sums: return .float64(coordinates.map(\.sum))
      default: return nil
      }
    }
    guard let coordinates = weights.proximal?.coordinates else { return nil }
    switch column {
    case .gradients: return .float64(coordinates.map(\.gradient))
    case .sums: return .float64(coordinates.map(\.sum))
    case .marks: return .float64(coordinates.map(\.mark))
    default: return nil
    }
  }

  private var sizes: [RootMeanSquare]? { weights.adaptive?.shares.sizes ?? weights.proximal?.shares.sizes }

  /// A learner as a checkpoint holds it, its debts unpaid, so that it goes on bit for bit.
  ///
  /// - Parameter columns: those that `columns(of:)` names, of one length.
  /// - Returns: nil for columns that do not fit the configuration, and where any of the three holds a number that no learner
  ///   comes to.
  /// - Complexity: O(features)
  public init?(
    _ configuration: LearnerConfiguration, state: State, columns: [WeightColumn: WeightColumn.Values]
  ) {
    let expected = LinearLearner.columns(of: configuration)
    guard let count = expected.first.flatMap({ columns[$0]?.count }),
      expected.allSatisfy({ columns[$0]?.kind == $0.kind && columns[$0]?.count == count })
    else { return nil }
    // One piece of all: its columns side by side, the memory of each aligned for any number.
    let places = expected.map { $0.width * count + 7 & ~7 }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: places.reduce(0, +), alignment: 8)
    defer { memory.deallocate() }
    var piece: [WeightColumn: UnsafeRawBufferPointer] = [:]
    var start = 0
    for (column, place) in zip(expected, places) {
      let own = UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + column.width * count])
      columns[column]?.copy(into: own)
      piece[column] = UnsafeRawBufferPointer(own)
      start += place
    }
    self.init(configuration, state: state, count: count) { $0.place(piece, at: 0) }
  }
}

extension LinearLearner.Weights {
  /// No features yet.
  static func empty(_ configuration: LearnerConfiguration) -> LinearLearner.Weights {
    var weights = LinearLearner.Weights()
    if configuration.hasOneRate {
      weights.uniform = UniformWeights([])
    } else if configuration.optimizer == .ftrl {
      weights.proximal = ProximalWeights(configuration, coordinates: [], sizes: [])
    } else {
      weights.adaptive = AdaptiveWeights(configuration, coordinates: [], sizes: [])
    }
    return weights
  }
}

extension LinearLearner {
  /// The bytes that a weight takes, with all that its rule keeps for it, besides a byte for the feature's factor where
  /// there are factors.
  public static func bytesPerWeight(_ configuration: LearnerConfiguration) -> Int {
    let own =
      if configuration.hasOneRate {
        MemoryLayout<UniformWeights.Coordinate>.stride
      } else if configuration.optimizer == .ftrl {
        MemoryLayout<ProximalWeights.Coordinate>.stride
      } else {
        AdaptiveWeights.bytesPerWeight(configuration)
      }
    return own + (configuration.penalty.penalize == .scaled ? MemoryLayout<RootMeanSquare>.stride : 0)
  }
}
