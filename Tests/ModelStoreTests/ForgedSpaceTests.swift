import FoundationEssentials
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// Files whose checksum agrees with them, and whose feature space is none, or another one than their tensors are of.
struct ForgedSpaceTests {
  enum Kind: CaseIterable {
    case dictionary, full, hashed, indexed

    /// A small file of such a space.
    func file() throws -> CheckpointFile {
      let configuration = LearnerConfiguration(
        learningRate: LearningRate(schedule: .constant, initial: 0.1), penalty: Penalty(l1: 0.5))
      let space: FeatureSpace =
        switch self {
        case .dictionary, .full: FeatureSpace()
        case .hashed: FeatureSpace(.hashed(bits: 5), keepingNames: 4)
        case .indexed: FeatureSpace(.indexed(width: 9))
        }
      var model = Model(configuration, space)
      for step in 0..<40 {
        var batch = SampleBatch()
        for name in ["1", "\(step % (self == .full ? 40 : 8))"] where batch.features.isEmpty || name != "1" {
          let utf8 = Array(name.utf8)
          // By row, as messages are decoded: only so are names of hashed features taken down.
          var index: [UInt32] = [0]
          var span = index.mutableSpan
          let row = [FeatureName(whole: utf8.span)]
          model.space.intern(row.span, longNames: Span(), limit: 100, into: &span)
          batch.append(feature: index[0], value: 1)
        }
        batch.endRow(target: 9, importance: 1)
        _ = model.makeRoom(for: &batch, limit: self == .full ? 32 : 1000, keeping: DelayedSamples(.init()))
        model.learn(batch)
      }
      return try CheckpointFile(model)
    }
  }

  struct Forgery: Sendable, CustomTestStringConvertible {
    let kind: Kind
    let name: String
    let says: String
    let forge: @Sendable (CheckpointFile) -> CheckpointFile

    var testDescription: String { "\(kind), \(name)" }

    init(
      _ kind: Kind, _ name: String, says: String = "its feature names do not fit",
      _ forge: @escaping @Sendable (CheckpointFile) -> CheckpointFile
    ) {
      (self.kind, self.name, self.says, self.forge) = (kind, name, says, forge)
    }

    /// Another text for the space.
    static func space(_ kind: Kind, _ text: String, says: String = "its feature names do not fit") -> Forgery {
      Forgery(kind, text, says: says) { file in
        let quoted = text.replacing("\"", with: "\\\"")
        let old = file.header.components(separatedBy: "\"features\":\"")[1].components(separatedBy: "}\"")[0]
        return file.replacing("\"features\":\"\(old)}\"", with: "\"features\":\"\(quoted)\"")
      }
    }
  }

  private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private static let words: [Forgery] = [
    .space(.dictionary, "{}", says: "its \"features\" cannot be read"),
    .space(.dictionary, "[]", says: "its \"features\" cannot be read"),
    .space(.dictionary, #"{"space": "trie"}"#, says: "its \"features\" cannot be read"),
    .space(.dictionary, #"{"space": "dictionary", "searched_at": -1}"#, says: "its \"features\" cannot be read"),
    .space(.dictionary, #"{"space": "dictionary", "bits": 3}"#),
    .space(.dictionary, #"{"space": "indexed", "width": 8}"#),
    // Of spaces as large as there are, and of larger ones, only the words are in the file.
    .space(.indexed, #"{"space": "indexed", "width": 1073741824}"#, says: "its tensors differ in length"),
    .space(.indexed, #"{"space": "indexed", "width": 1073741825}"#),
    .space(.indexed, #"{"space": "indexed", "width": 9223372036854775807}"#),
    .space(.indexed, #"{"space": "indexed", "width": 99999999999999999999}"#, says: "its \"features\" cannot be read"),
    .space(.indexed, #"{"space": "indexed", "width": 8}"#, says: "its tensors differ in length"),
    .space(.indexed, #"{"space": "indexed", "width": 0}"#), .space(.indexed, #"{"space": "indexed", "width": -9}"#),
    .space(.indexed, #"{"space": "indexed"}"#), .space(.indexed, #"{"space": "dictionary"}"#, says: "differ in length"),
    .space(.indexed, #"{"space": "hashed", "bits": 5}"#, says: "it has no tensor \"name_indices\""),
    .space(.hashed, #"{"space": "hashed", "bits": 30}"#, says: "its tensors differ in length"),
    .space(.hashed, #"{"space": "hashed", "bits": 31}"#), .space(.hashed, #"{"space": "hashed", "bits": 0}"#),
    .space(.hashed, #"{"space": "hashed", "bits": -5}"#),
    .space(.hashed, #"{"space": "hashed", "bits": 4611686018427387904}"#),
    .space(.hashed, #"{"space": "hashed", "bits": 5, "width": 32}"#), .space(.hashed, #"{"space": "hashed"}"#),
    .space(.hashed, #"{"space": "dictionary"}"#, says: "its tensors differ in length"),
    .space(.hashed, #"{"space": "indexed", "width": 32}"#),
  ]

  private static let times = "its features were seen later than its last step"

  private static let tensors: [Forgery] = [
    // A time that has not come: the steps since would be less than none.
    .space(.full, #"{"space": "dictionary", "searched_at": 41}"#, says: times),
    .space(.full, #"{"space": "dictionary", "searched_at": 18446744073709551615}"#, says: times),
    Forgery(.full, "seen later", says: times) { $0.setting("last_seen", at: 8, to: bytes(Int64(42))) },
    Forgery(.full, "seen at the end of time", says: times) { $0.setting("last_seen", at: 8, to: bytes(Int64.max)) },
    Forgery(.full, "seen before the beginning") { $0.setting("last_seen", at: 8, to: bytes(Int64(-1))) },
    Forgery(.full, "not even a number", says: "tensor \"last_seen\" is F64") {
      let place = $0.offsets(of: "last_seen").text
      return $0.replacing("\(place),\"dtype\":\"I64\"", with: "\(place),\"dtype\":\"F64\"")
    },
    // The name of a feature with a weight is gone.
    Forgery(.full, "a weight without a name", says: times) {
      $0.setting("values", to: Array(repeating: 0x41, count: 4 * 32))
    },
    Forgery(.hashed, "an index out of range") { $0.setting("name_indices", to: bytes(UInt32.max)) },
    Forgery(.hashed, "indices that descend") { $0.setting("name_indices", to: bytes(UInt32(31))) },
    Forgery(.hashed, "a name without bytes") { $0.setting("name_ends", to: bytes(Int64(0))) },
    Forgery(.hashed, "a name that ends before it begins") { $0.setting("name_ends", at: 8, to: bytes(Int64(-1))) },
    Forgery(.hashed, "a name that does not end") { $0.setting("name_ends", to: bytes(Int64.max)) },
  ]

  @Test(arguments: words + tensors)
  func isDetected(_ forgery: Forgery) throws {
    let directory = try TemporaryDirectory()
    let original = try forgery.kind.file()
    let forged = forgery.forge(original)
    #expect(forged.bytes != original.bytes, "the forgery changes nothing")
    let error = try failure(reading: forged.sealed, in: directory)
    #expect(error?.damage?.contains(forgery.says) == true, "\(error.map { "\($0)" } ?? "it was read")")
  }

  /// What is forged is there, and without a forgery each file is read.
  @Test(arguments: Kind.allCases)
  func whatIsPossibleIsRead(_ kind: Kind) throws {
    let directory = try TemporaryDirectory()
    let file = try kind.file()
    #expect(try failure(reading: file.sealed, in: directory) == nil)
    #expect(file.header.contains("\"last_seen\":") == (kind == .full))
    #expect(file.header.contains("\"name_indices\":") == (kind == .hashed))
    let model = try Checkpoint(file: directory.write(file.sealed, to: "model")).model
    switch kind {
    case .full:
      #expect(model.space.featureCount < model.space.count, "there should be vacancies")
      let latest = [
        file.setting("last_seen", at: 8, to: ForgedSpaceTests.bytes(Int64(41))),
        Forgery.space(.full, #"{"space": "dictionary", "searched_at": 40}"#).forge(file),
      ]
      for other in latest {
        #expect(other.bytes != file.bytes)
        #expect(try failure(reading: other.sealed, in: directory) == nil)
      }
    case .hashed: #expect(model.space.names.ends.count >= 2)
    case .dictionary, .indexed: break
    }
  }
}
