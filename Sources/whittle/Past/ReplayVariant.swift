internal import OnlineLearning
internal import StreamLearning

/// A combination of hyperparameters.
struct ReplayVariant {
  /// Keys and values that differ from what messages were learned under; none for all as it was.
  var changes: [(hyperparameter: Hyperparameter, text: String)] = []

  /// As people read it.
  var name: String {
    changes.isEmpty ? "as it was" : changes.map { "\($0.hyperparameter.key)=\($0.text)" }.joined(separator: " ")
  }

  func apply(to configuration: inout LearnerConfiguration) {
    // The texts were tried when they were read.
    for (hyperparameter, text) in changes { _ = hyperparameter.assign(text, &configuration) }
  }

  /// Every combination of the values given, after all as it was.
  ///
  /// - Parameter arguments: each a key, `=` and values with commas between them.
  /// - Throws: what is wrong with them, in words.
  static func all(_ arguments: [String]) throws(HyperparameterMistake) -> [ReplayVariant] {
    var variants = [ReplayVariant()]
    var keys: Set<String> = []
    for argument in arguments {
      guard let equals = argument.firstIndex(of: "=") else {
        throw HyperparameterMistake(description: "\"\(argument)\" is not KEY=VALUE or KEY=VALUE,VALUE,…")
      }
      let key = String(argument[..<equals])
      guard let hyperparameter = Hyperparameter.byKey[key] else {
        throw HyperparameterMistake(
          description: "\"\(key)\" is none that a replay can change; there are "
            + Hyperparameter.all.map(\.key).joined(separator: ", "))
      }
      guard keys.insert(key).inserted else { throw HyperparameterMistake(description: "\(key) is set twice") }
      let texts = argument[argument.index(after: equals)...].split(separator: ",", omittingEmptySubsequences: false)
      for text in texts {
        var configuration = LearnerConfiguration()
        guard hyperparameter.assign(String(text), &configuration) else {
          throw HyperparameterMistake(description: "\(key): found \"\(text)\"; expected \(hyperparameter.expectation)")
        }
      }
      variants = variants.flatMap { variant in
        texts.map { ReplayVariant(changes: variant.changes + [(hyperparameter, String($0))]) }
      }
    }
    return arguments.isEmpty ? variants : [ReplayVariant()] + variants
  }
}

struct HyperparameterMistake: Error, CustomStringConvertible {
  let description: String
}
