import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// Files whose checksum agrees with them, and that hold samples waiting for their targets that no message can have brought.
struct ForgedDelayedTests {
  struct Forgery: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let says: String
    let forge: @Sendable (CheckpointFile) -> CheckpointFile

    init(
      _ name: String, says: String = "its samples that wait for targets do not fit",
      _ forge: @escaping @Sendable (CheckpointFile) -> CheckpointFile
    ) {
      (testDescription, self.says, self.forge) = (name, says, forge)
    }

    /// A tensor's element.
    static func element<Element: BitwiseCopyable & Sendable>(
      _ tensor: String, _ element: Element, at place: Int = 0
    ) -> Forgery {
      Forgery("\(tensor)[\(place)] = \(element)") { file in
        let bytes = withUnsafeBytes(of: element) { Array($0) }
        return file.setting("delayed_\(tensor)", at: place * bytes.count, to: bytes)
      }
    }
  }

  /// Three features, of which the last one's place is vacant, and three samples that wait: a of 0 and 1, ab of 1, and one
  /// without features and without a name.
  private static func file() throws -> CheckpointFile {
    var model = Model(LearnerConfiguration(penalty: Penalty(l1: 9)))
    var delayed = DelayedSamples(DelayedSamples.Bounds())
    for (id, features) in [("a", [0, 1]), ("ab", [1]), ("", [])] {
      var batch = SampleBatch()
      for feature in features { batch.append(feature: model.space.intern("f\(feature)"), value: 2) }
      batch.endRow(target: .nan, importance: 1)
      delayed.keep(0, of: batch, id: Array(id.utf8)[...], margin: 0.5, at: 7)
    }
    model.space.intern("gone")
    // A full dictionary forgets what has no weight and does not wait.
    model.learn([RandomStream.Sample(features: [], target: 1, importance: 1)])
    var batch = SampleBatch()
    for name in ["x", "y"] { batch.append(feature: model.space.intern(name), value: 1) }
    batch.endRow(target: 1, importance: 1)
    let room = model.makeRoom(for: &batch, limit: 3, keeping: delayed)
    model.forgetUnusedNames(for: &batch)
    #expect(room.forgotten == 1)
    return CheckpointFile(
      try Checkpoint(model, delayed: delayed, position: 12, time: 1).encoded())
  }

  private static let forgeries: [Forgery] = [
    .element("id_ends", Int64(-1)), .element("id_ends", Int64(4)), .element("id_ends", Int64.max),
    .element("id_ends", Int64.min), .element("id_ends", Int64(2), at: 2),
    .element("ends", Int64(-1)), .element("ends", Int64(9)), .element("ends", Int64.max, at: 1),
    .element("ends", Int64(1), at: 1), .element("ends", Int64(2), at: 2),
    .element("features", UInt32(3)), .element("features", UInt32.max), .element("features", UInt32(1)),
    .element("values", Float.nan), .element("values", Float.infinity, at: 2),
    .element("margins", Double.nan), .element("margins", Double.infinity), .element("margins", 1e32),
    .element("margins", -3e30, at: 2),
    .element("importances", 0.0), .element("importances", -1.0), .element("importances", Double.nan),
    .element("importances", 3.5e38), .element("times", Double.nan), .element("times", -Double.infinity),
    Forgery("an id twice, that without bytes") { $0.setting("delayed_id_ends", to: [0, 0, 0, 0, 0, 0, 0, 0]) },
    Forgery("no margins", says: "it has no tensor \"delayed_margins\"") {
      $0.replacing("\"delayed_margins\":", with: "\"delayed_marginz\":")
    },
    Forgery("margins of another type", says: "tensor \"delayed_margins\" is I64, not F64") {
      let place = $0.offsets(of: "delayed_margins").text
      return $0.replacing("\(place),\"dtype\":\"F64\"", with: "\(place),\"dtype\":\"I64\"")
    },
    Forgery("fewer margins than samples") {
      // The two tensors stand next to each other: one gets what the other loses.
      let (margins, others) = ($0.offsets(of: "delayed_margins"), $0.offsets(of: "delayed_importances"))
      return $0.replacing(
        margins.text + ",\"dtype\":\"F64\",\"shape\":[3]",
        with: "\"data_offsets\":[\(margins.start),\(margins.end - 8)],\"dtype\":\"F64\",\"shape\":[2]"
      ).replacing(
        others.text + ",\"dtype\":\"F64\",\"shape\":[3]",
        with: "\"data_offsets\":[\(others.start - 8),\(others.end)],\"dtype\":\"F64\",\"shape\":[4]")
    },
    Forgery("counts that are none", says: "its \"delayed\" cannot be read") {
      $0.setting(["delayed", "matched"], to: "-1")
    },
    Forgery("more than can be counted on") { $0.setting(["delayed", "forgotten"], to: "18446744073709551615") },
    Forgery("a position that is none", says: "its \"position\" is no number: \"-1\"") {
      $0.replacing("\"position\":\"12\"", with: "\"position\":\"-1\"")
    },
    Forgery("a position that cannot be counted on", says: "its \"position\" is 18446744073709551615") {
      $0.replacing("\"position\":\"12\"", with: "\"position\":\"18446744073709551615\"")
    },
  ]

  @Test(arguments: forgeries)
  func isDetected(_ forgery: Forgery) throws {
    let directory = try TemporaryDirectory()
    let original = try ForgedDelayedTests.file()
    let forged = forgery.forge(original)
    #expect(forged.bytes != original.bytes, "the forgery changes nothing")
    let error = try failure(reading: forged.sealed, in: directory)
    #expect(error?.damage?.contains(forgery.says) == true, "\(error.map { "\($0)" } ?? "it was read")")
  }

  /// A feature whose place is vacant would get a weight that nobody could name.
  @Test func featuresWithoutANameDoNotWait() throws {
    let directory = try TemporaryDirectory()
    var file = try ForgedDelayedTests.file()
    let ends = file.offsets(of: "name_ends")
    let last = file.data[ends.end - 16..<ends.end - 8]
    // The third feature's name is gone, and so are its bytes.
    file = file.setting("delayed_features", at: 8, to: [2, 0, 0, 0])
    #expect(try failure(reading: file.sealed, in: directory) == nil, "the third feature has a name")
    let names = file.offsets(of: "names")
    let count = names.end - names.start
    file = file.setting("name_ends", at: 16, to: Array(last)).replacing(
      names.text + ",\"dtype\":\"U8\",\"shape\":[\(count)]",
      with: "\"data_offsets\":[\(names.start),\(names.end - 1)],\"dtype\":\"U8\",\"shape\":[\(count - 1)]")
    let ids = file.offsets(of: "delayed_ids")
    #expect(ids.start == names.end)
    file = file.replacing(ids.text, with: "\"data_offsets\":[\(ids.start - 1),\(ids.end - 1)]")
    file.data.remove(at: names.end - 1)
    let problem = try failure(reading: file.sealed, in: directory)?.damage
    #expect(problem?.contains("its samples that wait for targets do not fit") == true, "\(problem ?? "it was read")")
  }

  /// Without a forgery it is read, and so is one whose numbers are others, but possible ones.
  @Test(arguments: [
    Forgery("nothing") { $0 }, .element("margins", -1.9e30), .element("times", -1e300), .element("values", 0 as Float),
    .element("importances", 3.4e38), .element("values", -3.4e38 as Float), .element("features", UInt32(2)),
    Forgery("other counts") { $0.setting(["delayed", "forgotten"], to: "77") },
    Forgery("another position") { $0.replacing("\"position\":\"12\"", with: "\"position\":\"9223372036854775807\"") },
  ])
  func whatIsPossibleIsRead(_ other: Forgery) throws {
    let directory = try TemporaryDirectory()
    let file = other.forge(try ForgedDelayedTests.file())
    #expect(try failure(reading: file.sealed, in: directory) == nil)
    #expect(try Checkpoint(file: directory.write(file.sealed, to: "model")).delayed.count == 3)
  }
}
