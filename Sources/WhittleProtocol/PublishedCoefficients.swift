/// What topic `coefficients` carries: coefficients as of one step, all shrinkage paid, of those that are not zero.
///
/// Names and values are lists that run in parallel, in the order in which the features came (heaviest first in the form `top`);
/// or `arrays` says which buffers follow the JSON: `values` (`<f4`), `names` (`|u1`, the bytes of all, end to end) and `name_ends`
/// (`<i8`, where each ends).
public struct PublishedCoefficients: Codable, Sendable, Equatable {
  public enum Form: String, Codable, Sendable {
    /// All that are not zero.
    case full
    /// The heaviest of them.
    case top
  }

  /// Whether these are all that are not zero, or the heaviest of them.
  public var form: Form
  /// Samples learned over the model's life: its clock.
  public var step: UInt64
  /// What a prediction is where all features are 0.
  public var intercept: Double
  /// How many features the model knows, zero or not.
  public var features: Int
  /// How many coefficients are not zero.
  public var activeSet: Int
  /// Where deltas are published: the `sequence` of the one that led here. The next delta goes on from it.
  public var deltaSequence: UInt64?
  /// The features' names, where they are not in a buffer.
  public var names: [String]?
  /// The coefficient of each name.
  public var values: [Float]?
  /// The buffers behind the JSON, in their order, where names and values are in some.
  public var arrays: [ArrayDescription]?

  public init(
    form: Form, step: UInt64, intercept: Double, features: Int, activeSet: Int, deltaSequence: UInt64? = nil,
    _ coefficients: PublishedValues
  ) {
    self.form = form
    self.step = step
    self.intercept = intercept
    self.features = features
    self.activeSet = activeSet
    self.deltaSequence = deltaSequence
    names = coefficients.names
    values = coefficients.values
    arrays = coefficients.arrays
  }

  enum CodingKeys: String, CodingKey {
    case form, step, intercept, features, names, values, arrays
    case activeSet = "active_set"
    case deltaSequence = "delta_sequence"
  }
}

/// What topic `coefficients.delta` carries: the coefficients that are others than they were before, each with its value of
/// now. One that is 0 has left the active set; all that are not named stay as they were.
public struct CoefficientsDelta: Codable, Sendable, Equatable {
  /// The `sequence` of the delta that led to what this one goes on from; 0 for the first.
  public var baseSequence: UInt64
  /// The step of what it goes on from. It may be later than `step`, where a model was begun anew.
  public var baseStep: UInt64
  /// Samples learned over the model's life: its clock.
  public var step: UInt64
  /// What a prediction is where all features are 0.
  public var intercept: Double
  /// How many features the model knows, zero or not.
  public var features: Int
  /// How many coefficients are not zero.
  public var activeSet: Int
  /// The features' names, where they are not in a buffer.
  public var names: [String]?
  /// The coefficient of each name.
  public var values: [Float]?
  /// The buffers behind the JSON, in their order, where names and values are in some.
  public var arrays: [ArrayDescription]?

  public init(
    baseSequence: UInt64, baseStep: UInt64, step: UInt64, intercept: Double, features: Int, activeSet: Int,
    _ changes: PublishedValues
  ) {
    self.baseSequence = baseSequence
    self.baseStep = baseStep
    self.step = step
    self.intercept = intercept
    self.features = features
    self.activeSet = activeSet
    names = changes.names
    values = changes.values
    arrays = changes.arrays
  }

  enum CodingKeys: String, CodingKey {
    case step, intercept, features, names, values, arrays
    case baseSequence = "base_sequence"
    case baseStep = "base_step"
    case activeSet = "active_set"
  }
}

/// Names and their values as a publication has them: lists in its JSON, or buffers behind it.
public struct PublishedValues: Sendable, Equatable {
  public private(set) var names: [String]?
  public private(set) var values: [Float]?
  public private(set) var arrays: [ArrayDescription]?

  /// Lists.
  public init(names: [String], values: [Float]) {
    self.names = names
    self.values = values
  }

  /// Buffers that are described so.
  public init(arrays: [ArrayDescription]) {
    self.arrays = arrays
  }

  private init(names: [String]?, values: [Float]?, arrays: [ArrayDescription]?) {
    self.names = names
    self.values = values
    self.arrays = arrays
  }

  /// Names and values, one for each.
  ///
  /// - Parameter buffers: the frames behind the JSON.
  /// - Throws: where there are none, or not as many of both.
  fileprivate func pairs(_ buffers: [[UInt8]]) throws(BinaryArrays.Mistake) -> (names: [String], values: [Float]) {
    var (names, values) = (self.names, self.values)
    if let arrays {
      let arrays = try BinaryArrays(arrays, buffers)
      names = try arrays.texts("names", ends: "name_ends")
      values = try arrays.floats("values")
    }
    guard let names, let values else {
      throw BinaryArrays.Mistake(description: "the publication has neither names and values nor arrays")
    }
    guard names.count == values.count else {
      throw BinaryArrays.Mistake(
        description: "the publication has \(names.count) names and \(values.count) values")
    }
    return (names, values)
  }

  fileprivate init(_ coefficients: PublishedCoefficients) {
    self.init(names: coefficients.names, values: coefficients.values, arrays: coefficients.arrays)
  }

  fileprivate init(_ delta: CoefficientsDelta) {
    self.init(names: delta.names, values: delta.values, arrays: delta.arrays)
  }
}

extension PublishedCoefficients {
  /// Names and values, one for each.
  ///
  /// - Parameter buffers: the frames behind the JSON.
  /// - Throws: where there are none, or not as many of both.
  public func pairs(_ buffers: [[UInt8]]) throws(BinaryArrays.Mistake) -> (names: [String], values: [Float]) {
    try PublishedValues(self).pairs(buffers)
  }
}

extension CoefficientsDelta {
  /// Names and values, one for each.
  ///
  /// - Parameter buffers: the frames behind the JSON.
  /// - Throws: where there are none, or not as many of both.
  public func pairs(_ buffers: [[UInt8]]) throws(BinaryArrays.Mistake) -> (names: [String], values: [Float]) {
    try PublishedValues(self).pairs(buffers)
  }
}
