/// The answer to `coefficients` in binary form: buffers follow it of `values`, `names` and `name_ends`.
public struct BinaryCoefficients: Codable, Sendable, Equatable {
  public var step: UInt64
  public var intercept: Double
  public var features: Int
  public var activeSet: Int
  public var cursor: String?
  public var arrays: [ArrayDescription]

  public init(
    step: UInt64, intercept: Double, features: Int, activeSet: Int, cursor: String?, arrays: [ArrayDescription]
  ) {
    self.step = step
    self.intercept = intercept
    self.features = features
    self.activeSet = activeSet
    self.cursor = cursor
    self.arrays = arrays
  }

  enum CodingKeys: String, CodingKey {
    case step, intercept, features, cursor, arrays
    case activeSet = "active_set"
  }
}

extension Coefficients {
  /// - Throws: where the buffers are not what the answer says.
  public init(_ answer: BinaryCoefficients, _ buffers: [[UInt8]]) throws(BinaryArrays.Mistake) {
    let arrays = try BinaryArrays(answer.arrays, buffers)
    self.init(
      step: answer.step, intercept: answer.intercept, names: try arrays.texts("names", ends: "name_ends"),
      values: try arrays.floats("values"), features: answer.features, activeSet: answer.activeSet)
    cursor = answer.cursor
    guard names.count == values.count else {
      throw BinaryArrays.Mistake(description: "the answer has \(names.count) names and \(values.count) values")
    }
  }
}

/// The answer to `predict` of several samples in binary form: buffers follow it of `predictions`, `margins` and
/// `unknown_features`.
public struct BinaryPredictions: Codable, Sendable, Equatable {
  public var step: UInt64
  public var arrays: [ArrayDescription]

  public init(step: UInt64, arrays: [ArrayDescription]) {
    self.step = step
    self.arrays = arrays
  }
}

extension Predictions {
  /// Its binary form.
  public var binary: (answer: BinaryPredictions, buffers: [[UInt8]]) {
    var arrays = BinaryArrays()
    arrays.append("predictions", predictions)
    arrays.append("margins", margins)
    arrays.append("unknown_features", unknownFeatures)
    return (BinaryPredictions(step: step, arrays: arrays.descriptions), arrays.buffers)
  }

  /// - Throws: where the buffers are not what the answer says.
  public init(_ answer: BinaryPredictions, _ buffers: [[UInt8]]) throws(BinaryArrays.Mistake) {
    let arrays = try BinaryArrays(answer.arrays, buffers)
    self.init(
      step: answer.step, predictions: try arrays.doubles("predictions"), margins: try arrays.doubles("margins"),
      unknownFeatures: try arrays.integers("unknown_features"))
  }
}
