/// One thing that is wrong with a configuration: where, what was found, and what would be right.
public struct ConfigurationMistake: Sendable, Equatable, CustomStringConvertible {
  /// File and line, flag, or environment variable.
  public let place: String
  /// The line, where the place is a file's.
  let line: Int?
  /// The key, where the mistake is about one.
  public let key: String?
  /// What is wrong, and what would be right.
  public let problem: String

  public var description: String {
    key.map { "\(place): \($0): \(problem)" } ?? "\(place): \(problem)"
  }

  static func wrongValue(_ setting: Setting, _ texts: [String], at place: String, line: Int?) -> ConfigurationMistake {
    let found = texts.map { "\"\($0)\"" }.joined(separator: ", ")
    return ConfigurationMistake(
      place: place, line: line, key: setting.key, problem: "found \(found); expected \(setting.expectation)")
  }

  /// - Parameter known: the names that would have been right, in the form in which the unknown one was given.
  static func unknown(_ name: String, among known: [String], at place: String, line: Int?) -> ConfigurationMistake {
    let nearest = known.min { editDistance($0, name) < editDistance($1, name) }
    let hint = nearest.map { "; did you mean \($0)?" } ?? ""
    return ConfigurationMistake(place: place, line: line, key: name, problem: "there is no such setting\(hint)")
  }
}

/// All that is wrong with a configuration.
public struct InvalidConfiguration: Error, Sendable, CustomStringConvertible {
  public let mistakes: [ConfigurationMistake]

  public var description: String {
    let count = mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes"
    return "the configuration has \(count):\n" + mistakes.map { "  \($0)" }.joined(separator: "\n")
  }
}

/// The least number of characters to insert, remove or replace that turns one text into the other (Levenshtein).
///
/// - Complexity: O(product of the lengths)
func editDistance(_ first: String, _ second: String) -> Int {
  let second = Array(second)
  var row = Array(0...second.count)
  for (line, character) in first.enumerated() {
    var diagonal = row[0]
    row[0] = line + 1
    for column in second.indices {
      let replaced = diagonal + (character == second[column] ? 0 : 1)
      diagonal = row[column + 1]
      row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
    }
  }
  return row[second.count]
}
