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
    guard configuration.isPlausible, let columns = WeightColumns(columns, expecting: expected) else { return nil }
    var sizes: [RootMeanSquare] = []
    if configuration.penalty.penalize == .scaled {
      let rootMeanSquares = columns.float32(.rootMeanSquares)
      let measured = columns.uint32(.measured)
      sizes = rootMeanSquares.indices.map { RootMeanSquare(value: rootMeanSquares[$0], samples: measured[$0]) }
    }
    let marks = columns.float64(.marks)
    var weights = Weights()
    if configuration.hasOneRate {
      let (values, epochs) = (columns.float32(.values), columns.uint32(.epochs))
      weights.uniform = UniformWeights(
        values.indices.map { UniformWeights.Coordinate(value: values[$0], epoch: epochs[$0], mark: marks[$0]) })
    } else if configuration.optimizer == .ftrl {
      let (gradients, sums) = (columns.float64(.gradients), columns.float64(.sums))
      let coordinates = gradients.indices.map {
        ProximalWeights.Coordinate(gradient: gradients[$0], sum: sums[$0], mark: marks[$0])
      }
      weights.proximal = ProximalWeights(configuration, coordinates: coordinates, sizes: sizes)
    } else {
      let (values, sums, scales) = (columns.float32(.values), columns.float64(.sums), columns.float32(.scales))
      let coordinates = values.indices.map {
        AdaptiveWeights.Coordinate(value: values[$0], scaleOrRate: scales[$0], sum: sums[$0], mark: marks[$0])
      }
      weights.adaptive = AdaptiveWeights(configuration, coordinates: coordinates, sizes: sizes)
    }
    self.init(configuration, state: state, weights)
    guard isPlausible else { return nil }
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
        MemoryLayout<AdaptiveWeights.Coordinate>.stride
      }
    return own + (configuration.penalty.penalize == .scaled ? MemoryLayout<RootMeanSquare>.stride : 0)
  }
}
