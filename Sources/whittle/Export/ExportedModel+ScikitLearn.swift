internal import OnlineLearning

/// The model as an estimator of scikit-learn that was fitted.
extension ExportedModel {
  /// - Throws: `notExpressible` where there is no feature: scikit-learn has no model of none.
  func scikitLearnPickle() throws(ToolError) -> [UInt8] {
    guard !coefficients.isEmpty, let count = Int32(exactly: coefficients.count) else {
      throw .notExpressible(reason: "sklearn: the model has no features; there is nothing that scikit-learn could load")
    }
    let weights = coefficients.map { Double($0.value) }
    let isClassifier = loss.isClassification
    var pickle = Pickle()
    pickle.call(estimator.module, estimator.name)
    pickle.remember(0)
    pickle.set("coef_", of: 0) { pickle in
      // Classifiers have a row of coefficients for each class but one.
      if isClassifier { pickle.call("numpy", "atleast_2d") { $0.array(weights) } } else { pickle.array(weights) }
    }
    pickle.set("intercept_", of: 0) { pickle in
      if isClassifier { pickle.array([intercept]) } else { pickle.number(intercept) }
    }
    pickle.set("n_features_in_", of: 0) { $0.number(count) }
    pickle.set("feature_names_in_", of: 0) { pickle in
      pickle.call("numpy", "array") { pickle in
        pickle.list(coefficients.map(\.name))
        pickle.string("object")
      }
    }
    if isClassifier {
      pickle.set("classes_", of: 0) { pickle in pickle.array("<i8", [0, 1] as [Int64]) { $0 } }
    }
    // Fitting would set it: what predictions make of the margin.
    if loss == .poisson { pickle.set("_base_loss", of: 0) { $0.call("sklearn._loss", "HalfPoissonLoss") } }
    return pickle.finished
  }

  /// Where scikit-learn keeps the estimator that predicts as the daemon does, or separates classes as it does.
  private var estimator: (module: String, name: String) {
    switch loss {
    case .squared, .huber, .quantile, .epsilonInsensitive: ("sklearn.linear_model", "LinearRegression")
    case .logistic: ("sklearn.linear_model", "LogisticRegression")
    case .hinge, .squaredHinge: ("sklearn.svm", "LinearSVC")
    case .poisson: ("sklearn.linear_model", "PoissonRegressor")
    }
  }
}

extension Pickle {
  /// An array of numpy that can be written to.
  fileprivate mutating func array(_ numbers: [Double]) { array("<f8", numbers) { $0.bitPattern } }

  fileprivate mutating func array<Number, Bits: FixedWidthInteger>(
    _ type: String, _ numbers: [Number], _ bits: (Number) -> Bits
  ) {
    var content: [UInt8] = []
    content.reserveCapacity(numbers.count * Bits.bitWidth / 8)
    for number in numbers { content.appendLittleEndian(bits(number)) }
    call("numpy", "array") { pickle in
      pickle.call("numpy", "frombuffer") { pickle in
        pickle.raw(content)
        pickle.string(type)
      }
    }
  }
}
