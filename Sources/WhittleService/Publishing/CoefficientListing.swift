internal import OnlineLearning
internal import WhittleProtocol

/// Coefficients that were asked for, in their order, as of one step: names and values alone, without the model.
struct CoefficientListing: Sendable {
  let step: UInt64
  let intercept: Double
  let features: Int
  let activeSet: Int
  /// Whether it is told in binary form.
  let binary: Bool
  private var values: [Float] = []
  private var names = FlatNames()

  var count: Int { values.count }
  /// The memory that it takes up.
  var byteCount: Int { values.count * 12 + names.bytes.count }

  /// - Parameters:
  ///   - values: of all of the snapshot's features.
  ///   - chosen: the indices of those to be told, in their order.
  /// - Complexity: O(features + bytes of the chosen names)
  init(_ model: borrowing ModelSnapshot, _ values: [Float], _ chosen: [Int], binary: Bool) {
    step = model.steps
    intercept = model.learner.intercept
    features = model.featureCount
    activeSet = values.count { $0 != 0 }
    self.binary = binary
    self.values.reserveCapacity(chosen.count)
    names.reserveCapacity(chosen.count)
    for index in chosen {
      self.values.append(values[index])
      names.append(model.name(at: index))
    }
  }

  /// Those of a range as an answer.
  ///
  /// - Parameter cursor: by which the rest is asked for.
  /// - Precondition: the range is within `0..<count`.
  /// - Complexity: O(length of the range)
  func answer(_ range: Range<Int>, cursor: String?) -> Answer {
    guard binary else {
      var coefficients = Coefficients(
        step: step, intercept: intercept, names: names.strings(range), values: Array(values[range]),
        features: features, activeSet: activeSet)
      coefficients.cursor = cursor
      return [encodedReply(coefficients)]
    }
    var arrays = BinaryArrays()
    let first = names.start(of: range.lowerBound)
    arrays.append("values", values[range])
    arrays.append("names", bytes: names.bytes[first..<names.start(of: range.upperBound)])
    arrays.append("name_ends", names.ends[range].map { $0 - first })
    let head = BinaryCoefficients(
      step: step, intercept: intercept, features: features, activeSet: activeSet, cursor: cursor,
      arrays: arrays.descriptions)
    return [encodedReply(head)] + arrays.buffers
  }
}

extension EngineSnapshot {
  /// The indices of the features that a question asks for, in its order.
  ///
  /// - Parameters:
  ///   - values: of all features.
  ///   - named: the indices of the features that it names; nil where it names none.
  /// - Complexity: O(features + bytes of their names for `like`), and to sort them for `top`
  func chosen(_ question: CoefficientsQuestion, _ values: [Float], named: [Int]?) -> [Int] {
    var chosen = named ?? values.indices.filter { model.isListed($0, value: values[$0]) }
    if question.active { chosen = chosen.filter { values[$0] != 0 } }
    if let like = question.like {
      let pattern = NamePattern(like)
      chosen = chosen.filter { pattern.matches(model.name(at: $0)) }
    }
    guard let top = question.top else { return chosen }
    // The order of the features settles ties, so that equal models give equal answers.
    return Array(chosen.sorted { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }.prefix(top))
  }
}
