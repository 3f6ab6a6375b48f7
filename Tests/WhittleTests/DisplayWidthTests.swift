import Glibc
import Testing

@testable import whittle

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("sleep", 5), ("größe", 5), ("gro\u{308}ße", 5), ("価格", 4), ("ﾃｽﾄ", 3), ("한국", 4), ("\u{1112}\u{1161}", 2),
    ("🎈", 2), ("❤\u{FE0F}", 1), ("🇩🇪", 2), ("ＡＢＣ", 6), ("\u{FFFD}", 1), ("🇩", 1), ("①", 1),
  ])
  func widths(text: String, width: Int) {
    #expect(DisplayWidth.of(text) == width, "\(text)")
  }

  /// The C library's table is the oracle, as far as its version of Unicode goes.
  @Test func agreesWithTheCLibrary() throws {
    typealias Width = @convention(c) (wchar_t) -> Int32
    // Glibc's module has no declaration of it.
    let wcwidth = unsafeBitCast(try #require(dlsym(nil, "wcwidth")), to: Width.self)
    let locale = try #require(newlocale(LC_CTYPE_MASK, "C.UTF-8", nil))
    let before = uselocale(locale)
    defer {
      uselocale(before)
      freelocale(locale)
    }
    var compared = 0
    var others: [String] = []
    for value: UInt32 in 0x20..<0x30000 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.generalCategory != .unassigned else { continue }
      // Names are shown without what only formats.
      let expected = wcwidth(wchar_t(value))
      if expected < 0 || scalar.properties.generalCategory == .format { continue }
      compared += 1
      if DisplayWidth.of(scalar) != Int(expected) { others.append("\(String(value, radix: 16)):\(expected)") }
    }
    #expect(compared > 100_000)
    // Some characters have changed from one version of Unicode to another.
    #expect(others.count < 50, "\(others)")
  }

  @Test func cutsByWidth() {
    #expect(DisplayWidth.cut("sleep", to: 3) == "sle")
    #expect(DisplayWidth.cut("価格", to: 3) == "価")
    #expect(DisplayWidth.cut("o\u{308}x", to: 1) == "o\u{308}")
    #expect(DisplayWidth.cut("❤\u{FE0F}x", to: 2) == "❤x")
    #expect(DisplayWidth.cut("\u{308}", to: 0) == "")
    #expect(DisplayWidth.cut("x", to: -1) == "")
    #expect(DisplayWidth.fitted("sleep", to: 5) == "sleep")
    #expect(DisplayWidth.fitted("sleep", to: 4) == "sle…")
    #expect(DisplayWidth.fitted("価格の", to: 4) == "価…")
    #expect(DisplayWidth.fitted("sleep", to: 1) == "s")
    #expect(DisplayWidth.fitted("sleep", to: 4, glyphs: .ascii) == "sle~")
    #expect(DisplayWidth.padded("価格", to: 6) == "価格  ")
    #expect(DisplayWidth.padded("価格", to: 6, .right) == "  価格")
    #expect(DisplayWidth.padded("価格", to: 3) == "価格")
  }
}
