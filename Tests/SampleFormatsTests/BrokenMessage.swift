import FoundationEssentials
import OnlineLearning
import SampleFormats
import Testing

/// An entry of `Tests/Fixtures/broken-messages.json`, the table that the Python tests read too.
struct BrokenMessage: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  /// The payload, where it is text.
  let text: String?
  /// The payload's bytes, where it is not.
  let hex: String?
  /// `SampleError.Reason` of the error it must meet.
  let reason: String
  /// A piece of the error's message that no other mistake's message has.
  let says: String
  let loss: Loss?

  var testDescription: String { name }

  var payload: [UInt8] {
    if let text { return Array(text.utf8) }
    let digits = Array((hex ?? "").utf8).map { Character(Unicode.Scalar($0)).hexDigitValue ?? 0 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  /// What the message breaks: entries with the same reason and words break the same rule.
  var rule: String { "\(reason): \(says)" }

  /// The error that a model without features meets.
  func error() -> SampleError? {
    do throws(SampleError) {
      try Workbench(loss: loss ?? .squared).decode(payload)
      return nil
    } catch {
      return error
    }
  }

  static let all: [BrokenMessage] = {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let table = fixtures.appending(path: "Fixtures/broken-messages.json")
    // A table that cannot be read must fail loudly, not leave the tests without arguments.
    do {
      return try JSONDecoder().decode([BrokenMessage].self, from: Data(contentsOf: table))
    } catch {
      fatalError("cannot read \(table.path()): \(error)")
    }
  }()
}
