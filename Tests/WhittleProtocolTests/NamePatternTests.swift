import Glibc
import TestSupport
import Testing
import WhittleProtocol

@Suite struct NamePatternTests {
  @Test(
    arguments: [
      ("", [""], ["a"]),
      ("price", ["price"], ["prices", "pric", "Price", ""]),
      ("price*", ["price", "price_of_tea"], ["a price"]),
      ("*", ["", "a/b.c", ".hidden"], []),
      ("p?", ["pé", "p中", "p😀"], ["p", "pab", "pe\u{301}"]),
      ("[abc]1", ["a1"], ["d1", "1"]),
      ("[a-z]*", ["z"], ["A"]),
      ("[!a-z]", ["A", "é"], ["a", ""]),
      ("[^a]", ["b", "^"], ["a"]),
      ("[α-ω]", ["λ"], ["l"]),
      ("[]x]", ["]", "x"], []),
      ("[x-]", ["-"], ["y"]),
      ("[z-a]", [], ["m", "z"]),
      ("[a", ["[a"], ["a"]),
      (#"\*"#, ["*"], ["a"]),
      (#"color\=[\]!]"#, ["color=]", "color=!"], ["color=x"]),
      (#"a\"#, [#"a\"#], ["a"]),
      ("a[0].b", ["a0.b"], ["a[0].b"]),
      (#"a\[0].b"#, ["a[0].b"], ["a0.b"]),
    ])
  func matchesWholeNames(pattern: String, these: [String], notThose: [String]) {
    for name in these { #expect(NamePattern(pattern).matches(name), "\(pattern) and \(name)") }
    for name in notThose { #expect(!NamePattern(pattern).matches(name), "\(pattern) and \(name)") }
  }

  /// The C library is the oracle. Each letter may be spelled with more bytes: that changes nothing.
  @Test func agreesWithFnmatch() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    let wide: [Character: String] = ["a": "é", "b": "ж", "c": "中", "d": "😀"]
    func widened(_ text: String) -> String { text.map { wide[$0] ?? String($0) }.joined() }
    var matched = 0
    for _ in 0..<200_000 {
      var pattern = text(of: Array("abcd**??[[]]!^-\\"), upTo: 9, &random)
      // What a last backslash stands for the standard leaves open; and glibc takes a `[` that nothing closes for nothing at all
      // where a range in it has no end.
      while pattern.last == "\\" || pattern.last == "-" { pattern.removeLast() }
      let name = text(of: Array("aabbcd[]!-\\*"), upTo: 6, &random)
      let expected = fnmatch(pattern, name, 0) == 0
      if expected { matched += 1 }
      let found = [
        NamePattern(pattern).matches(name), NamePattern(widened(pattern)).matches(widened(name)),
      ]
      #expect(found == [expected, expected], "seed \(seed): pattern \(pattern), name \(name)")
      if found != [expected, expected] { return }
    }
    #expect(matched > 5000)
  }

  private func text(of characters: [Character], upTo count: Int, _ random: inout SeededGenerator) -> String {
    String((0..<random.below(count + 1)).map { _ in random.pick(characters) })
  }

  /// A matcher that tries every way would not come back from this before the sun is gone.
  @Test func manyStarsTakeNoExponentialTime() {
    let pattern = NamePattern(String(repeating: "a*", count: 60) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 5000)))
    #expect(pattern.matches(String(repeating: "a", count: 5000) + "b"))
  }

  @Test func bytesThatAreNoTextDoNoHarm() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<10_000 {
      let name = (0..<random.below(6)).map { _ in UInt8.random(in: 0x60...0xFF, using: &random) }
      let isMatched = NamePattern("*").matches(name.span)
      #expect(isMatched, "seed \(seed): \(name)")
      let isAsLong = (0...name.count).contains { NamePattern(String(repeating: "?", count: $0)).matches(name.span) }
      #expect(isAsLong, "seed \(seed): \(name)")
    }
  }
}
