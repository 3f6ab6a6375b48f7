import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Random records, valid and damaged, against a reader of JSON that shares nothing with the decoder.
struct JSONOracleTests {
  /// What a flat record with target `y` comes to; nil where it is to be refused.
  private func expected(_ payload: [UInt8]) -> Row? {
    guard let tree = try? JSONOracle.read(payload), case .object(let members) = tree else { return nil }
    var target: Double?
    var features: [(name: String, value: Double)] = []
    var paths: [String] = []
    for member in members {
      if member.key == "y" {
        switch member.value {
        case .number(let number) where target == nil: target = number
        case .boolean(let flag) where target == nil: target = flag ? 1 : 0
        default: return nil
        }
      } else {
        features += member.value.features(named: member.key)
        paths += member.value.paths(named: member.key)
      }
    }
    let names = features.map(\.name)
    // Swift compares strings by their canonical form, the decoder by their bytes.
    guard let target, target.magnitude <= Double(Float.greatestFiniteMagnitude), isUnique(paths), isUnique(names),
      !names.contains(""), !zip(names, features).contains(where: { !Float($1.value).isFinite })
    else { return nil }
    return Row(
      target: target, importance: 1,
      features: features.map { Feature($0.name, Float($0.value)) }.filter { $0.value != 0 })
  }

  private func isUnique(_ names: [String]) -> Bool { Set(names.map { Array($0.utf8) }).count == names.count }

  private struct Writer {
    var generator: SeededGenerator
    private static let keys = [
      "a", "b", "a.b", "c", "a[0]", "größe", "", "e=f", "long name of more bytes", "🌧", "\u{1}",
    ]
    private static let texts = ["", "red", "\"\\/\u{8}\u{c}\n\r\t", "gelb ☔️", "f", "\u{7F}", "0.5", "{[,:]}"]
    private static let numbers = [
      "0", "-0", "1", "-1.5", "1e3", "2.5E-3", "12345678", "123456789012", "0.1234567890123456", "-98765.4321e+2",
      "1e-400", "9223372036854775807", "18446744073709551615", "0.00000000000000000000001",
    ]

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &generator)! }
    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }
    mutating func blanks() -> String { chance(4) ? pick([" ", "  ", "\n", "\t", "\r\n"]) : "" }

    mutating func string(_ text: String) -> String {
      var written = "\""
      for scalar in text.unicodeScalars {
        let short: [Unicode.Scalar: String] = [
          "\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{8}": "\\b", "\u{c}": "\\f",
        ]
        if let escape = short[scalar] {
          written += escape
        } else if scalar == "/", chance(2) {
          written += "\\/"
        } else if scalar.value < 0x20 || chance(12) {
          for unit in String(Character(scalar)).utf16 {
            let digits = String(unit, radix: 16, uppercase: chance(2))
            written += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          }
        } else {
          written.unicodeScalars.append(scalar)
        }
      }
      return written + "\""
    }

    mutating func value(depth: Int) -> String {
      switch Int.random(in: 0..<(depth > 3 ? 8 : 11), using: &generator) {
      case 0: return pick(["true", "false"])
      case 1: return "null"
      case 2, 3: return string(pick(Self.texts))
      case 8: return list("[", "]") { $0.value(depth: depth + 1) }
      case 9, 10: return object(depth: depth + 1)
      default: return pick(Self.numbers)
      }
    }

    mutating func object(depth: Int, target: String? = nil) -> String {
      var keys = Self.keys.shuffled(using: &generator)
      let atTarget = target.map { _ in Int.random(in: 0...3, using: &generator) }
      var position = 0
      return list("{", "}", atLeast: target == nil ? 0 : 4) { writer in
        defer { position += 1 }
        if position == atTarget { return writer.string("y") + ":" + target! }
        // A key again, now and then.
        let key = writer.chance(40) ? writer.pick(Self.keys) : keys.popLast()!
        return writer.string(key) + writer.blanks() + ":" + writer.blanks() + writer.value(depth: depth)
      }
    }

    mutating func list(
      _ opener: String, _ closer: String, atLeast: Int = 0, _ element: (inout Writer) -> String
    ) -> String {
      let elements = (0..<max(atLeast, Int.random(in: 0..<6, using: &generator))).map { _ in
        blanks() + element(&self) + blanks()
      }
      return opener + (elements.isEmpty ? blanks() : elements.joined(separator: ",")) + closer
    }

    mutating func record() -> String {
      blanks() + object(depth: 0, target: pick(["1", "-2.5", "0.1234567890123456789", "true", "1e39"])) + blanks()
    }
  }

  private var flat: JSONFields {
    var fields = JSONFields()
    fields.layout = .flat
    return fields
  }

  private func row(_ payload: [UInt8]) -> Row? {
    let bench = Workbench(limits: SampleLimits(nestingDepth: 1000), fields: flat)
    do throws(SampleError) {
      try bench.decode(payload, format: .json)
      return bench.rows.first
    } catch {
      return nil
    }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func randomRecords(seed: UInt64) {
    var writer = Writer(generator: SeededGenerator(seed: seed))
    var accepted = 0
    for round in 0..<500 {
      let record = Array(writer.record().utf8)
      let expected = expected(record)
      #expect(row(record) == expected, "seed \(seed), round \(round): \(String(decoding: record, as: UTF8.self))")
      if expected != nil { accepted += 1 }
    }
    #expect(60...440 ~= accepted, "seed \(seed): \(accepted) of 500 are valid")
  }

  @Test(arguments: [UInt64(5), 6, 7, 8])
  func damagedRecords(seed: UInt64) {
    var writer = Writer(generator: SeededGenerator(seed: seed))
    let special = Array("{}[]\":,\\u0eE+-. \n\tntf".utf8) + [0, 0x0C, 0x1A, 0x1F, 0x7F, 0x80, 0xC3, 0xE2, 0xFF]
    var accepted = 0
    for round in 0..<800 {
      var record: [UInt8] = []
      repeat { record = Array(writer.record().utf8) } while expected(record) == nil
      for _ in 0..<Int.random(in: 1...2, using: &writer.generator) {
        let place = Int.random(in: 0..<record.count, using: &writer.generator)
        switch Int.random(in: 0..<4, using: &writer.generator) {
        case 0: record.remove(at: place)
        case 1: record.insert(writer.pick(special), at: place)
        case 2: record[place] = writer.pick(special)
        default: record.removeSubrange(place...)
        }
        if record.isEmpty { record = [UInt8(ascii: " ")] }
      }
      // What the target may be besides a number is another test's concern.
      let expected = expected(record)
      if expected == nil, isUnlearned(record) { continue }
      #expect(row(record) == expected, "seed \(seed), round \(round): \(record)")
      if expected != nil { accepted += 1 }
    }
    #expect(80...700 ~= accepted, "seed \(seed): \(accepted) of 800 are valid")
  }

  /// Elements are as members whose names are the positions; most are numbers, which are read another way than the rest.
  @Test(arguments: [UInt64(9), 10, 11, 12])
  func elementsAreMembersByPosition(seed: UInt64) {
    var writer = Writer(generator: SeededGenerator(seed: seed))
    let spaces = [FeatureSpace(), FeatureSpace(.hashed(bits: 20)), FeatureSpace(.indexed(width: 120))]
    let (byPosition, byName) = (spaces.map { Workbench(space: $0) }, spaces.map { Workbench(space: $0) })
    var accepted = 0
    for round in 0..<400 {
      let count = Int.random(in: 0...writer.pick([3, 20, 130]), using: &writer.generator)
      let elements = (0..<count).map { _ in
        writer.chance(count + 1) ? writer.value(depth: 2) : writer.pick(["-0.5", "3", "true"])
      }
      let members = elements.enumerated().map { "\"\($0)\":\($1)" }
      let purpose: SampleDecoder.Purpose = writer.pick([.learn, .learn, .answer, .predict])
      let target = writer.chance(4) ? "" : "\"y\":1,"
      for (array, object) in zip(byPosition, byName) {
        let payloads = ["[\(elements.joined(separator: ","))]", "{\(members.joined(separator: ","))}"]
        let errors = zip([array, object], payloads).map { $0.error("{\(target)\"x\":\($1)}", for: purpose) }
        let comment = Comment(rawValue: "seed \(seed), round \(round), \(purpose): \(payloads[0])")
        #expect(errors[0]?.reason == errors[1]?.reason, comment)
        #expect(array.batch.features == object.batch.features && array.batch.values == object.batch.values, comment)
        #expect(array.batch.unknownFeatures == object.batch.unknownFeatures, comment)
        if errors[0] == nil { accepted += 1 }
      }
      #expect(byPosition[0].names == byName[0].names, "seed \(seed), round \(round)")
    }
    #expect(accepted > 600, "seed \(seed)")
  }

  /// Whether a record is refused by `expected` only because it has no target.
  private func isUnlearned(_ payload: [UInt8]) -> Bool {
    guard let tree = try? JSONOracle.read(payload), case .object(let members) = tree else { return false }
    return !members.contains { $0.key == "y" && $0.value != .null }
  }
}
