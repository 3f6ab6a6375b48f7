import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Random damage to valid messages: the decoder never traps, and what it lets through is sound.
struct MutationTests {
  private static let json: [String] = [
    #"{"y": 3.2, "x": {"sleep": 7.5, "hw": 2, "gr\u00f6\u00dfe": -1e-3}, "weight": 2, "id": "r7"}"#,
    #"[{"y": 1, "x": {"a": 1, "color": "red"}}, {"x": {"b": 2}}, {"y": 0, "x": [1, true, null, "ü"], "seq": 4}]"#,
    #" {"y": true, "x": {"\ud83c\udf27": 1, "a\\b\"c": 0.25}, "source": "s", "weight": 1.5e0} "#,
  ]
  private static let text: [String] = [
    "3.2 2 'tag |body:0.5 sleep:7.5 hw |work größe:-1e-3 a:2\n",
    "1 | a:1 b c:3.25\r\n\r\n-1 0.5 tag| b:2 |n a\n| a b\n0 0 |x y",
  ]
  /// Bytes that mean something to either format: a change to them damages more than a random one.
  private static let special =
    Array("{}[]\":,\\u|'0eE+-.n \t\n\r#".utf8) + [0, 0x1F, 0x7F, 0x80, 0xC0, 0xED, 0xF4, 0xFF]

  private func mutated(_ valid: [UInt8], _ others: [[UInt8]], using generator: inout SeededGenerator)
    -> [UInt8]
  {
    var bytes = valid
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      let byte =
        Bool.random(using: &generator)
        ? Self.special.randomElement(using: &generator)! : UInt8.random(in: 0...255, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes.removeSubrange(place...)
      case 1: bytes.insert(byte, at: place)
      case 2:
        let end = Int.random(in: place...bytes.count, using: &generator)
        bytes.removeSubrange(place..<end)
      case 3:
        let other = others.randomElement(using: &generator)!
        bytes.insert(
          contentsOf: other[Int.random(in: 0..<other.count, using: &generator)...].prefix(9), at: place)
      case 4 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      default: if place < bytes.count { bytes[place] = byte }
      }
    }
    return bytes
  }

  private func expectSound(_ bench: Workbench, _ context: @autoclosure () -> String) {
    let batch = bench.batch
    let isSound =
      batch.features.allSatisfy { $0 < bench.model.dictionary.count }
      && batch.values.allSatisfy { $0.isFinite && $0 != 0 } && batch.features.count == batch.values.count
      && batch.rowEnds.last ?? 0 == batch.features.count && batch.rowEnds == batch.rowEnds.sorted()
      && batch.targets.allSatisfy(\.isFinite) && batch.targets.count == batch.count
      && batch.importances.allSatisfy { $0 > 0 && $0.isFinite } && batch.importances.count == batch.count
      && batch.count + batch.unlearned > 0
    #expect(isSound, "\(context()): \(batch)")
    #expect(isUTF8(bench.model.dictionary), "\(context()): a name is not UTF-8")
  }

  private func isUTF8(_ dictionary: FeatureDictionary) -> Bool {
    var start = 0
    for end in dictionary.nameEnds {
      if String(validating: dictionary.nameBytes[start..<end], as: UTF8.self) == nil { return false }
      start = end
    }
    return true
  }

  private func damage(_ seeds: [String], format: SampleDecoder.Format, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let valid = seeds.map { Array($0.utf8) }
    let known = Workbench()
    for message in valid { try known.learn(message, format: format) }
    let before = ModelBits(known.model)
    let bench = Workbench()
    var rejected = 0
    for round in 0..<10_000 {
      bench.model = known.model
      let message = mutated(valid.randomElement(using: &generator)!, valid, using: &generator)
      var context: String { "seed \(seed), round \(round), \(format), bytes \(message)" }
      do throws(SampleError) {
        try bench.decode(message, format: format)
        expectSound(bench, context)
        bench.model.learn(bench.batch)
        let isFinite = bench.model.learner.coefficients().allSatisfy(\.isFinite)
        #expect(isFinite, "\(context)")
      } catch {
        rejected += 1
        #expect(bench.batch.isEmpty, "\(context)")
        #expect(ModelBits(bench.model) == before, "\(context)")
        #expect(!error.message.contains("simdjson"), "\(context): not explained: \(error)")
      }
    }
    // Otherwise the damage would be too light or too heavy to tell anything.
    #expect(1_000...9_900 ~= rejected, "seed \(seed): \(rejected) of 10000 rejected")
  }

  @Test
  func damagedJSON() throws {
    try damage(Self.json, format: .json, seed: 0x1A7E)
  }

  @Test
  func damagedText() throws {
    try damage(Self.text, format: .vw, seed: 0x2B8F)
  }

  @Test
  func damagedMessagesOfBothFormats() throws {
    try damage(Self.json + Self.text, format: .auto, seed: 0x3C90)
  }

  @Test
  func everyTruncation() throws {
    let bench = Workbench()
    for message in (Self.json + Self.text).map({ Array($0.utf8) }) {
      for count in 0..<message.count {
        bench.model = Workbench().model
        do throws(SampleError) {
          try bench.decode(Array(message.prefix(count)))
          expectSound(bench, "the first \(count) of \(message)")
        } catch {
          #expect(bench.batch.isEmpty && bench.names.isEmpty)
        }
      }
    }
  }

  @Test
  func everyByteAlone() {
    let bench = Workbench()
    for byte in UInt8.min...UInt8.max {
      for format in SampleDecoder.Format.allCases where byte != UInt8(ascii: "|") {
        #expect(throws: SampleError.self) { try bench.decode([byte], format: format) }
      }
    }
  }
}
