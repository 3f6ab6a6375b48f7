import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// Files whose checksum agrees with them, but which no whittle of this version wrote: every rule that the reader
/// checks by itself.
struct ForgedHeaderTests {
  struct Forgery: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let says: String
    let forge: @Sendable (CheckpointFile) -> CheckpointFile

    init(_ name: String, says: String, _ forge: @escaping @Sendable (CheckpointFile) -> CheckpointFile) {
      testDescription = name
      self.says = says
      self.forge = forge
    }
  }

  private static let forgeries: [Forgery] = [
    Forgery("a type that nobody knows", says: "its header is not the JSON") {
      $0.replacing(#""dtype":"U8""#, with: #""dtype":"U9""#)
    },
    Forgery("another type of the same size", says: "tensor \"name_ends\" is F64, not I64") {
      $0.replacing(#""dtype":"I64""#, with: #""dtype":"F64""#)
    },
    Forgery("another type of another size", says: "does not fit the file") {
      $0.replacing(#""dtype":"I64""#, with: #""dtype":"F32""#)
    },
    Forgery("a tensor beyond the end", says: "tensor \"names\" does not fit the file") {
      $0.replacing($0.offsets(of: "names").text, with: "\"data_offsets\":[100000,100008]")
    },
    Forgery("a tensor whose end is as far as numbers go", says: "does not fit the file") {
      $0.replacing($0.offsets(of: "names").text, with: "\"data_offsets\":[0,9223372036854775807]")
    },
    Forgery("a tensor that ends before it begins", says: "does not fit the file") {
      $0.replacing($0.offsets(of: "marks").text, with: "\"data_offsets\":[24,0]")
    },
    Forgery("a tensor before the data", says: "does not fit the file") {
      $0.replacing($0.offsets(of: "marks").text, with: "\"data_offsets\":[-24,0]")
    },
    Forgery("offsets beyond all numbers", says: "its header is not the JSON") {
      $0.replacing($0.offsets(of: "marks").text, with: "\"data_offsets\":[0,99999999999999999999]")
    },
    Forgery("three offsets", says: "does not fit the file") {
      $0.replacing($0.offsets(of: "marks").text, with: "\"data_offsets\":[0,24,24]")
    },
    Forgery("tensors that overlap", says: "overlap") {
      $0.replacing($0.offsets(of: "values").text, with: $0.offsets(of: "coefficients").text)
    },
    Forgery("a shape of two dimensions", says: "does not fit the file") {
      $0.replacing("\"shape\":[3]", with: "\"shape\":[3,1]")
    },
    Forgery("a negative shape", says: "does not fit the file") {
      $0.replacing("\"shape\":[3]", with: "\"shape\":[-3]")
    },
    Forgery("a shape that its bytes contradict", says: "does not fit the file") {
      $0.replacing("\"shape\":[3]", with: "\"shape\":[2]")
    },
    Forgery("no marks", says: "it has no tensor \"marks\"") { $0.replacing("\"marks\":", with: "\"markz\":") },
    Forgery("no epochs", says: "it has no tensor \"epochs\"") {
      $0.replacing("\"epochs\":", with: "\"epochz\":")
    },
    Forgery("a weight that is no number", says: "it holds a number that no learner comes to") {
      $0.setting("values", at: 4, to: [0, 0, 0xC0, 0x7F])
    },
    Forgery("an infinite mark", says: "it holds a number that no learner comes to") {
      $0.setting("marks", at: 16, to: [0, 0, 0, 0, 0, 0, 0xF0, 0x7F])
    },
    Forgery("names that end in descending order", says: "its feature names do not fit their ends") {
      $0.setting("name_ends", to: [9])
    },
    Forgery("names that end before they begin", says: "its feature names do not fit their ends") {
      $0.setting("name_ends", to: Array(repeating: 0xFF, count: 8))
    },
    Forgery("names that do not end", says: "its feature names do not fit their ends") {
      $0.setting("name_ends", at: 16, to: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
    },
    Forgery("a name twice", says: "or one stands twice") { $0.setting("names", to: Array("c".utf8)) },
    Forgery("a configuration that is none", says: "its \"configuration\" cannot be read") {
      $0.replacing(#"\"squared\""#, with: #"\"cubed\""#)
    },
    Forgery("a state that is none", says: "its \"state\" cannot be read") {
      $0.replacing(#"\"steps\":5"#, with: #"\"steps\":-5"#)
    },
    Forgery("more steps than can be counted on", says: "it holds a number that no learner comes to") {
      $0.replacing(#"\"steps\":5"#, with: #"\"steps\":18446744073709551615"#)
    },
    Forgery("more clamped updates than can be counted on", says: "it holds a number that no learner comes to") {
      $0.replacing(#"\"clamped_updates\":0"#, with: #"\"clamped_updates\":18446744073709551615"#)
    },
    Forgery("a clock that runs ahead", says: "it holds a number that no learner comes to") {
      $0.replacing(#"\"steps_since_pull\":1"#, with: #"\"steps_since_pull\":9223372036854775807"#)
    },
    Forgery("a validation that runs ahead", says: "it holds a number that no learner comes to") {
      $0.replacing(#"\"samples_in_stretch\":5"#, with: #"\"samples_in_stretch\":9223372036854775807"#)
    },
    Forgery("a validation without stretches", says: "it holds a number that no learner comes to") {
      $0.replacing(#"\"stretches\":["#, with: #"\"stretches\":[],\"ignored\":["#)
    },
    Forgery("less than no weight", says: "it holds a number that no learner comes to") {
      $0.replacing(#"\"weight\":5"#, with: #"\"weight\":-5"#)
    },
    Forgery("a validation of another loss", says: "it holds a number that no learner comes to") {
      $0.replacing(#"\"squared\""#, with: #"\"hinge\""#)
    },
    Forgery("a version before the first", says: "its format_version is 0") {
      $0.replacing("\"format_version\":\"3\"", with: "\"format_version\":\"0\"")
    },
    Forgery("a version that is none", says: "its \"format_version\" is no number: \"one\"") {
      $0.replacing("\"format_version\":\"3\"", with: "\"format_version\":\"one\"")
    },
    Forgery("a time that is none", says: "its \"time\" is no number") {
      $0.replacing("\"time\":\"", with: "\"time\":\"at ")
    },
    Forgery("another kind of checksum", says: "its checksum is of an unknown kind: \"sha256:") {
      $0.replacing("\"checksum\":\"crc32c:", with: "\"checksum\":\"sha256:")
    },
    Forgery("someone else's", says: "it is a safetensors file, but not one of whittle's") {
      $0.replacing("\"format\":\"whittle checkpoint\"", with: "\"format\":\"pt\"")
    },
    Forgery("no metadata", says: "it is a safetensors file, but not one of whittle's") {
      $0.replacing("\"__metadata__\":{", with: "\"__metadata__\":{},\"other\":{")
        .replacing("\"other\":{", with: "\"ignored\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],")
    },
  ]

  @Test(arguments: forgeries)
  func isDetected(_ forgery: Forgery) throws {
    let directory = try TemporaryDirectory()
    let original = try CheckpointFile.sample()
    let forged = forgery.forge(original)
    #expect(forged.bytes != original.bytes, "the forgery changes nothing")
    let error = try failure(reading: forged.sealed, in: directory)
    #expect(error?.damage?.contains(forgery.says) == true, "\(error.map { "\($0)" } ?? "it was read")")
  }

  /// Histograms that other losses keep.
  @Test(arguments: [
    (Loss.logistic, #"\"negatives\":[0,"#, #"\"negatives\":["#, "its \"state\" cannot be read"),
    (.logistic, #"\"negatives\":[0,"#, #"\"negatives\":[-1,"#, "it holds a number that no learner comes to"),
    (.huber, #"\"bins\":[4112]"#, #"\"bins\":[4112,4112]"#, "its \"state\" cannot be read"),
    (.huber, #"\"bins\":[4112]"#, #"\"bins\":[-4112]"#, "its \"state\" cannot be read"),
    (.huber, #"\"weights\":[5]"#, #"\"weights\":[-5]"#, "it holds a number that no learner comes to"),
  ])
  func forgedHistograms(_ loss: Loss, text: String, other: String, says: String) throws {
    let directory = try TemporaryDirectory()
    let original = try CheckpointFile.sample(loss)
    let forged = original.replacing(text, with: other)
    #expect(forged.bytes != original.bytes, "the forgery changes nothing")
    #expect(try failure(reading: forged.sealed, in: directory)?.damage?.contains(says) == true)
  }

  /// The forger's seal is good: without a forgery the file is read.
  @Test func sealsAreWhatTheReaderExpects() throws {
    let directory = try TemporaryDirectory()
    let file = try CheckpointFile.sample()
    #expect(file.sealed == file.bytes)
    #expect(try failure(reading: file.replacing("\"time\":\"17", with: "\"time\":\"18").sealed, in: directory) == nil)
  }

  @Test(arguments: ["step", "time", "configuration", "state", "checksum", "format", "format_version"])
  func everyTextIsNeededOrIgnored(key: String) throws {
    let directory = try TemporaryDirectory()
    let file = try CheckpointFile.sample().replacing("\"\(key)\":\"", with: "\"\(key)-\":\"")
    let error = try failure(reading: file.sealed, in: directory)
    if key == "step" {
      // For people; the state has it.
      #expect(error == nil)
    } else {
      #expect(error?.damage != nil)
    }
  }

  @Test(arguments: [4, 5, 1_000_000])
  func newerVersionsAreNamed(version: Int) throws {
    let directory = try TemporaryDirectory()
    let file = try CheckpointFile.sample()
      .replacing("\"format_version\":\"3\"", with: "\"format_version\":\"\(version)\"")
    let error = try failure(reading: file.sealed, in: directory)
    #expect(
      error == .newerVersion(path: "\(directory.path)/damaged.safetensors", found: version, known: 3))
    #expect(error?.description.contains("has format version \(version), and this whittle reads up to 3") == true)
  }
}
