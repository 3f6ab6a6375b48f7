import FoundationEssentials
import Testing

/// An entry of `Tests/Fixtures/broken-configurations.json`, the table that the Python tests read too.
struct BrokenConfiguration: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  /// The file.
  let yaml: String
  /// For each mistake that it makes, in order, a piece of the line that reports it. It begins with the line's number
  /// where that is known.
  let says: [String]

  var testDescription: String { name }

  static let all: [BrokenConfiguration] = {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let table = fixtures.appending(path: "Fixtures/broken-configurations.json")
    // A table that cannot be read must fail loudly, not leave the tests without arguments.
    // A table that cannot be read must fail loudly, not leave the tests without arguments.
    do {
      return try JSONDecoder().decode([BrokenConfiguration].self, from: Data(contentsOf: table))
    } catch {
      fatalError("cannot read \(table.path()): \(error)")
    }
  }()
}
