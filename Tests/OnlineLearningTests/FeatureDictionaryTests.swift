import OnlineLearning
import TestSupport
import Testing

@Suite struct FeatureDictionaryTests {
  /// Random additions, look-ups and truncations, against Swift's own array and dictionary.
  @Test(arguments: [UInt64](41...48))
  func behavesLikeTheModel(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var dictionary = FeatureDictionary()
    var names: [String] = []
    var indices: [String: UInt32] = [:]
    // Names of one another's prefixes, of all lengths around the hash's eight bytes, and beyond ASCII.
    func randomName() -> String {
      let length = random.below(20)
      return String((0..<length).map { _ in random.pick(["a", "b", "=", "é", "\0"] as [Character]) })
    }
    for step in 0..<3000 {
      let name = names.isEmpty || random.below(3) > 0 ? randomName() : random.pick(names)
      #expect(dictionary.index(of: name) == indices[name], "step \(step) seed=\(seed)")
      let index = indices[name] ?? UInt32(names.count)
      let added = dictionary.intern(name)
      #expect(added == index, "step \(step) seed=\(seed)")
      if indices[name] == nil {
        indices[name] = index
        names.append(name)
      }
      if random.below(200) == 0 {
        let kept = random.below(names.count + 1)
        dictionary.truncate(to: kept)
        for name in names[kept...] { indices[name] = nil }
        for name in names[kept...] { #expect(dictionary.index(of: name) == nil, "\(name) seed=\(seed)") }
        names.removeLast(names.count - kept)
      }
      #expect(dictionary.count == names.count, "step \(step) seed=\(seed)")
    }
    #expect((0..<dictionary.count).map(dictionary.name(at:)) == names, "seed=\(seed)")
    #expect(names.map { dictionary.index(of: $0) } == names.indices.map { UInt32($0) }, "seed=\(seed)")
    #expect(dictionary.nameBytes == names.flatMap { Array($0.utf8) }, "seed=\(seed)")
  }

  /// The same names in the same order, from the same beginning, and nothing else, have the same stamp.
  @Test(arguments: [UInt64](51...54))
  func stampsTellDictionariesApart(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var dictionary = FeatureDictionary()
    var namesOfStamps: [UInt64: [String]] = [:]
    for step in 0..<3000 {
      var other = dictionary
      switch random.below(8) {
      case 0: other.truncate(to: random.below(other.count + 1))
      case 1: other = dictionary
      default: _ = other.intern("\(random.below(40))")
      }
      let names = (0..<other.count).map(other.name(at:))
      let isSame = names == (0..<dictionary.count).map(dictionary.name(at:))
      #expect((other.stamp == dictionary.stamp) == isSame, "step \(step) seed=\(seed)")
      #expect(namesOfStamps[other.stamp, default: names] == names, "step \(step) seed=\(seed)")
      namesOfStamps[other.stamp] = names
      if random.below(3) > 0 { dictionary = other }
    }
    #expect(FeatureDictionary().stamp != FeatureDictionary().stamp)
  }

  @Test func growsAndKeepsTheOrder() {
    var dictionary = FeatureDictionary()
    for index in 0..<20_000 {
      let added = dictionary.intern("feature \(index)")
      #expect(added == UInt32(index))
    }
    for index in 0..<20_000 { #expect(dictionary.index(of: "feature \(index)") == UInt32(index)) }
    #expect(dictionary.name(at: 12_345) == "feature 12345")
    #expect(dictionary.index(of: "feature 20000") == nil)
    // Forgetting after growth, and learning other names in their place.
    dictionary.truncate(to: 7)
    #expect(dictionary.count == 7)
    #expect(dictionary.index(of: "feature 7") == nil)
    #expect(dictionary.index(of: "feature 6") == 6)
    let added = ["another", "feature 7"].map { dictionary.intern($0) }
    #expect(added == [7, 8])
    dictionary.truncate(to: 100)
    #expect(dictionary.count == 9)
    dictionary.truncate(to: 0)
    #expect(dictionary.count == 0 && dictionary.nameBytes.isEmpty)
  }

  @Test func similarNamesAreDifferentNames() {
    let long = String(repeating: "long ", count: 50_000)
    var names = ["", "\0", "\0\0", long, long + "a", long + "b"]
    for length in 1...40 {
      let stem = String(repeating: "x", count: length)
      names += [stem, stem + "\0", stem + "y", "y" + stem]
    }
    var dictionary = FeatureDictionary()
    for (index, name) in names.enumerated() {
      let added = dictionary.intern(name)
      #expect(added == UInt32(index))
    }
    for (index, name) in names.enumerated() {
      let added = dictionary.intern(name)
      #expect(added == UInt32(index))
      let found = dictionary.name(at: index) == name
      #expect(found, "name \(index)")
    }
  }

  @Test(arguments: [0, 1, 48, 49, 1000])
  func roundTrip(count: Int) throws {
    var dictionary = FeatureDictionary()
    for index in 0..<count { dictionary.intern(index == 5 ? "" : "name \(index * 7)") }
    var copy = try #require(FeatureDictionary(bytes: dictionary.nameBytes, ends: dictionary.nameEnds))
    #expect(copy.count == count)
    #expect(copy.nameBytes == dictionary.nameBytes)
    #expect(copy.nameEnds == dictionary.nameEnds)
    for index in 0..<count { #expect(copy.index(of: dictionary.name(at: index)) == UInt32(index)) }
    let added = copy.intern("new")
    #expect(added == UInt32(count))
    #expect(dictionary.index(of: "new") == nil)
  }

  @Test(arguments: [
    ("abc", [1, 2]), ("abc", [1, 2, 4]), ("abc", [2, 1, 3]), ("abc", [-1, 3]), ("abc", []), ("", [1]),
    ("abc", [3, 3, 3]), ("abab", [2, 4]), ("", [0, 0]), ("abc", [1, 2, 3, 3, 3]), ("abc", [Int.max]),
  ])
  func refusesWhatDoesNotFit(_ bytes: String, ends: [Int]) {
    #expect(FeatureDictionary(bytes: Array(bytes.utf8), ends: ends) == nil)
  }

  @Test func oneEmptyNameIsAName() {
    #expect(FeatureDictionary(bytes: [], ends: [0])?.index(of: "") == 0)
    #expect(FeatureDictionary(bytes: Array("ab".utf8), ends: [1, 1, 2])?.index(of: "b") == 2)
  }

  @Test func copiesAreIndependent() {
    var dictionary = FeatureDictionary()
    dictionary.intern("a")
    let copy = dictionary
    dictionary.intern("b")
    dictionary.truncate(to: 0)
    #expect(copy.count == 1 && copy.index(of: "a") == 0 && copy.index(of: "b") == nil)
  }

  /// The names as a row has them, with the bytes of the long ones.
  private func row(of names: [String]) -> (names: [FeatureName], longNames: [UInt8]) {
    var (row, longNames): ([FeatureName], [UInt8]) = ([], [])
    for name in names {
      let utf8 = Array(name.utf8)
      if utf8.count <= FeatureName.wholeBytes {
        row.append(FeatureName(whole: utf8.span))
      } else {
        row.append(FeatureName(place: longNames.count, count: utf8.count))
        longNames += utf8
      }
    }
    return (row, longNames)
  }

  @Test(arguments: [UInt64](61...66))
  func rowsAreLookedUpAsNamesAre(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var (alone, together) = (FeatureDictionary(), FeatureDictionary())
    for step in 0..<400 {
      let names = (0..<random.below(90)).map { _ in
        String(repeating: random.pick(["x", "yy", "é"]), count: random.below(12)) + "\(random.below(200))"
      }
      let (row, longNames) = row(of: names)
      var indices = [UInt32](repeating: 0, count: names.count)
      var span = indices.mutableSpan
      together.find(row.span, longNames: longNames.span, into: &span)
      #expect(indices == names.map { alone.index(of: $0) ?? FeatureDictionary.unknown }, "step \(step) seed=\(seed)")

      let limit = alone.count + random.below(40)
      var expected: [UInt32] = []
      for name in names {
        guard alone.index(of: name) != nil || alone.count < limit else { break }
        expected.append(alone.intern(name))
      }
      var added = indices.mutableSpan
      let found = together.intern(row.span, longNames: longNames.span, limit: limit, into: &added)
      #expect(found == expected.count && Array(indices.prefix(found)) == expected, "step \(step) seed=\(seed)")
      #expect(together.nameBytes == alone.nameBytes && together.nameEnds == alone.nameEnds)
    }
    #expect(alone.count > 1000)
  }

  /// So many that some share all the bits of their hashes that slots hold.
  @Test func manyNamesAreToldApart() {
    var dictionary = FeatureDictionary()
    for start in stride(from: 0, to: 300_000, by: 1000) {
      let (names, _) = row(of: (start..<start + 1000).map { "n\($0)" })
      var indices = [UInt32](repeating: 0, count: 1000)
      var span = indices.mutableSpan
      let added = dictionary.intern(names.span, longNames: Span(), limit: 1 << 20, into: &span)
      #expect(added == 1000 && indices.elementsEqual(UInt32(start)..<UInt32(start + 1000)))
    }
  }

  @Test func featureTakesAtMost48BytesBesidesItsName() {
    var dictionary = FeatureDictionary()
    var largest = 0.0
    for index in 0..<200_000 {
      dictionary.intern("feature \(index)")
      if index >= 100 { largest = max(largest, Double(dictionary.memory) / Double(dictionary.count)) }
    }
    #expect(largest <= 48, "\(largest) bytes")
    // What is counted is there: names alone take 16 bytes each.
    #expect(dictionary.memory >= 16 * dictionary.count)
  }
}
