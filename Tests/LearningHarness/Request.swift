internal import OnlineLearning

/// One line of JSON: what to learn, and how.
struct Request: Decodable {
  var configuration: LearnerConfiguration
  /// One row a sample, dense.
  var features: [[Float]]
  /// One a row.
  var targets: [Double]
  /// One a row; 1 where it is not given.
  var importances: [Double]?
  /// One a column; "f0", "f1", … where it is not given.
  var names: [String]?
  /// How often all rows are learned. 1 where it is not given.
  var passes: Int?
  /// Every pass learns the rows in another order, drawn from this seed. Not given: in the order in which they stand.
  var shuffleSeed: UInt64?
  /// Whether to learn the last pass a row at a time, each a batch of its own, and answer with the margins before.
  var progressive: Bool?
  /// Rows to predict when all is learned.
  var predict: [[Float]]?

  private enum CodingKeys: String, CodingKey {
    case configuration, features, targets, importances, names, passes, progressive, predict
    case shuffleSeed = "shuffle_seed"
  }
}

/// One line of JSON: what was learned.
struct Answer: Encodable {
  /// One a column.
  var coefficients: [Float]
  var intercept: Double
  var steps: UInt64
  /// The last pass's margins before learning, in the order of learning.
  var progressive: [Double]?
  /// The margins of the rows to predict.
  var predictions: [Double]?
}

/// What is wrong with a request.
struct Refusal: Error, CustomStringConvertible {
  let description: String
}
