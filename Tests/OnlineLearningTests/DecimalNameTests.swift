import TestSupport
import Testing

@testable import OnlineLearning

/// Names that are numbers, and how they are found.
@Suite struct DecimalNameTests {
  private func decimal(_ text: String, followedBy rest: String = "") -> DecimalName? {
    let bytes = Array((text + rest).utf8.prefix(8))
    let word = bytes.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
    return DecimalName(word, count: text.utf8.count)
  }

  /// As Swift's own conversions have it.
  @Test(arguments: ["", ":0.25 17", "99999999", "\u{0}\u{0}", "é"])
  func numbersAreTold(_ rest: String) {
    var random = SeededGenerator(seed: 91)
    var texts = [
      "", "0", "00", "01", "007", "9", "10", "12345678", "99999999", "10000000", "123456789", "1a", "a1", " 1", "1 ",
      "+1", "-1", "1.5", "/", ":", "1:", "1/", "\u{0}", "1\u{0}", "٣", "é", "12é",
    ]
    for _ in 0..<2000 {
      texts.append("\(random.below([10, 1000, 100_000_000].randomElement(using: &random)!))")
      let characters: [Character] = ["0", "1", "5", "9", "/", ":", "a"]
      texts.append(String((0..<random.below(10)).map { _ in random.pick(characters) }))
    }
    for text in texts {
      let number = text.utf8.count <= 8 ? UInt32(text).flatMap { "\($0)" == text ? $0 : nil } : nil
      let name = decimal(text, followedBy: rest)
      #expect((name?.number).map { UInt32($0) } == number, "\(text)")
      let utf8 = Array(text.utf8)
      if let name { #expect(name.name == FeatureName(whole: utf8.span), "\(text)") }
      if utf8.count <= FeatureName.wholeBytes {
        let whole = FeatureName(whole: utf8.span)
        #expect((DecimalName(whole)?.number).map { UInt32($0) } == number, "\(text)")
      }
    }
    let long = FeatureName(place: 0x3131, count: 0x100)
    #expect(DecimalName(long) == nil && DecimalName(.vacant) == nil && DecimalName(.empty) == nil)
  }

  @Test func numbersFollowEachOther() throws {
    #expect(DecimalName(-1) == nil && DecimalName(100_000_000) == nil && DecimalName(Int.max) == nil)
    for start in [0, 5, 98, 990, 9_995, 12_345_678, 99_999_980] {
      var name = DecimalName(start)
      for number in start..<start + 30 {
        #expect(name == (number < 100_000_000 ? decimal("\(number)") : nil))
        #expect(name == DecimalName(number))
        name = name?.next
      }
    }
  }

  /// Looks names up together, as they are, and one by one.
  private func check(_ dictionary: FeatureDictionary, _ numbers: [Int], _ comment: String) {
    let names = numbers.map { decimal("\($0)")! }
    var indices = [UInt32](repeating: 0, count: names.count)
    var span = indices.mutableSpan
    let found = dictionary.find(names.span, into: &span)
    let expected = numbers.map { dictionary.index(of: "\($0)") }
    let ascend = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
    #expect(found == (expected.contains(nil) ? .some : ascend ? .distinct : .all), "\(comment)")
    if found != .some { #expect(indices == expected.map { $0! }, "\(comment)") }
  }

  /// Names come and go in all the ways that there are; numbers lie close together, or far apart.
  @Test(arguments: [UInt64](92...99))
  func numbersAreFoundWhateverHappens(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var dictionary = FeatureDictionary()
    let range = seed.isMultiple(of: 2) ? 300 : 3000
    var found = 0
    for step in 0..<600 {
      let comment = "step \(step) seed=\(seed)"
      switch random.below(20) {
      case 0:
        let kept = dictionary.count - min(dictionary.count, random.below(20))
        if dictionary.vacancyCount == 0 { dictionary.truncate(to: kept) }
      case 1:
        // As a model makes room: names are forgotten, and the newest get their indices.
        let start = dictionary.count
        for _ in 0..<random.below(10) { dictionary.intern("\(random.below(range))") }
        let old = (0..<start).filter { !dictionary.isVacant($0) && random.below(5) == 0 }
        dictionary.vacate(old)
        _ = dictionary.fillVacancies(from: start)
      case 2:
        var copy = FeatureDictionary(bytes: dictionary.nameBytes, ends: dictionary.nameEnds, hasVacancies: true)
        copy?.findNames()
        if let copy { dictionary = copy }
      default:
        if dictionary.vacancyCount == 0 || dictionary.namedCount < 200 {
          dictionary.intern(random.below(4) == 0 ? "w\(random.below(50))" : "\(random.below(range))")
        }
      }
      let known = dictionary.names.compactMap { DecimalName($0)?.number }
      var row = (0..<random.below(12)).map { _ in known.isEmpty ? 0 : random.pick(known) }
      if random.below(2) == 0 { row = Set(row).sorted() }
      check(dictionary, row, comment)
      check(dictionary, row + [random.below(2 * range)], comment)
      check(dictionary, row + [99_999_999 - random.below(2)], comment)
      found += known.isEmpty ? 0 : row.count
    }
    #expect(found > 1000, "seed=\(seed)")
  }

  /// At most 48 bytes a name, whichever order numbers come in.
  @Test func memoryOfNumbers() {
    var random = SeededGenerator(seed: 100)
    for order in 0..<3 {
      var dictionary = FeatureDictionary()
      var numbers = Array(0..<30_000)
      if order == 1 { numbers.shuffle(using: &random) }
      if order == 2 { numbers = numbers.map { $0 * 3331 } }
      var largest = 0.0
      for number in numbers {
        dictionary.intern("\(number)")
        if dictionary.count >= 100 { largest = max(largest, Double(dictionary.memory) / Double(dictionary.count)) }
      }
      #expect(largest <= 48 - 32.0 / 3, "\(largest) bytes; the steps at which features are seen may take as many more")
    }
  }
}
