import FoundationEssentials
import ModelStore
import TestSupport
import Testing

@Suite struct SourceSequenceTests {
  /// A source's numbers as a set: what is missing are the holes below the highest, from the first one on.
  private struct Seen {
    var first: UInt64?
    var inOrder: Set<UInt64> = []
    var duplicates: UInt64 = 0

    mutating func take(_ number: UInt64) -> SourceSequences.Arrival {
      guard let highest = inOrder.max() else {
        first = number
        inOrder.insert(number)
        return .inOrder
      }
      if number <= highest {
        duplicates += 1
        return .duplicate
      }
      inOrder.insert(number)
      let left = (highest + 1..<number).count
      return left == 0 ? .inOrder : .afterGap(missing: UInt64(left))
    }

    var missing: UInt64 {
      guard let first, let highest = inOrder.max() else { return 0 }
      return UInt64((first...highest).count { !inOrder.contains($0) })
    }
  }

  @Test(arguments: UInt64(0)..<30)
  func numbersAreToldApart(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let names = ["", "a", "b", "größe", String(repeating: "long", count: 50)]
    var expected: [String: Seen] = [:]
    var sequences = SourceSequences()
    for _ in 0..<400 {
      let name = random.pick(names)
      let number = UInt64.random(in: 0...60, using: &random)
      let comment: Comment = "seed=\(seed) \(name) \(number)"
      #expect(sequences.knows(Array(name.utf8).span) == (expected[name] != nil), comment)
      #expect(
        sequences.take(number, of: Array(name.utf8).span) == expected[name, default: Seen()].take(number), comment)
      // From a file, nothing is forgotten.
      if random.pick([true, false]) {
        let text = try JSONEncoder().encode(sequences)
        let restored = try JSONDecoder().decode(SourceSequences.self, from: text)
        #expect(restored == sequences, comment)
        sequences = restored
      }
    }
    #expect(sequences.count == expected.count)
    for (source, progress) in sequences.all {
      let seen = try #require(expected[source])
      #expect(progress.last == seen.inOrder.max())
      #expect(progress.missing == seen.missing && progress.duplicates == seen.duplicates, "seed=\(seed) \(source)")
    }
    #expect(sequences.totals.missing == expected.values.reduce(0) { $0 + $1.missing })
    #expect(sequences.totals.duplicates == expected.values.reduce(0) { $0 + $1.duplicates })
  }

  @Test func theHighestNumbersFit() {
    var sequences = SourceSequences()
    let highest = UInt64(Int64.max)
    #expect(sequences.take(0, of: [UInt8]().span) == .inOrder)
    #expect(sequences.take(highest, of: [UInt8]().span) == .afterGap(missing: highest - 1))
    #expect(sequences.take(highest, of: [UInt8]().span) == .duplicate)
  }

  @Test func aSourceThatStandsTwiceIsRefused() {
    let entry = #"{"source": "a", "progress": {"last": 1, "missing": 0, "duplicates": 0}}"#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(SourceSequences.self, from: Data("[\(entry), \(entry)]".utf8))
    }
  }
}
