/// Mean and spread of a column, in one pass (Welford).
struct Moments: Equatable {
  private(set) var count = 0
  private(set) var mean = 0.0
  private var squares = 0.0
  /// Whether every cell that is not empty holds a number.
  var isNumeric = true

  mutating func add(_ number: Double) {
    count += 1
    let difference = number - mean
    mean += difference / Double(count)
    squares += difference * (number - mean)
  }

  /// Of the population: divided by n.
  var standardDeviation: Double { count == 0 ? 0 : (squares / Double(count)).squareRoot() }

  /// nil for a column whose numbers are all the same.
  var scale: Scale? {
    standardDeviation == 0 ? nil : Scale(mean: mean, standardDeviation: standardDeviation)
  }
}

/// The shift and scale of one column.
struct Scale: Equatable {
  let mean: Double
  let standardDeviation: Double

  func standardize(_ number: Double) -> Double { (number - mean) / standardDeviation }
}

/// What a first pass over the files found, by column name.
struct Standardization: Equatable {
  var features: [String: Scale] = [:]
  /// Numeric columns that never change; they say nothing and are left out.
  var constant: Set<String> = []
  var target: Scale?

  /// - Parameters:
  ///   - target: nil leaves the target as it is.
  ///   - standardizesFeatures: false leaves the features as they are.
  /// - Throws: `badData` when the target is to be standardized and never changes.
  init(moments: [String: Moments], target: Moments?, standardizesFeatures: Bool) throws(ToolError) {
    if standardizesFeatures {
      for (name, moments) in moments where moments.isNumeric {
        if let scale = moments.scale { features[name] = scale } else { constant.insert(name) }
      }
    }
    if let target {
      guard let scale = target.scale else {
        throw .badData(
          file: "--standardize-target", line: nil,
          reason: target.count == 0 ? "the files have no rows" : "the target is \(target.mean) in every row")
      }
      self.target = scale
    }
  }
}
