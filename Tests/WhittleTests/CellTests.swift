import Testing

@testable import whittle

@Suite struct CellTests {
  @Test(arguments: [
    ("", Cell.empty), ("  \t", .empty),
    ("0", .number), ("-0", .number), ("7.5", .number), (" 7.5 ", .number), ("1e5", .number),
    ("1E-5", .number),
    ("1.25e+3", .number), ("123456789012345678", .number), ("4e-400", .number),
    ("+5", .looseNumber(5)), (".5", .looseNumber(0.5)), ("5.", .looseNumber(5)), ("007", .looseNumber(7)),
    ("12345678901234567890123", .looseNumber(1.2345678901234568e22)),
    ("1e999", .notFinite), ("-1e999", .notFinite), ("NaN", .notFinite), ("nan", .notFinite),
    ("inf", .notFinite),
    ("-Infinity", .notFinite), ("+inf", .notFinite),
    ("true", .boolean(true)), ("False", .boolean(false)), ("TRUE", .boolean(true)),
    ("red", .text), ("0x1F", .text), ("2024-01-05", .text), ("1,5", .text), ("-", .text), ("e5", .text),
    ("1e", .text), ("--1", .text), ("1.2.3", .text), ("nano", .text), ("1 2", .text), ("+", .text),
    (".", .text),
  ])
  func says(text: String, cell: Cell) {
    #expect(Cell(Array(text.utf8)[...]) == cell)
  }

  @Test func numbers() {
    func number(_ text: String) -> Double? {
      let bytes = Array(text.utf8)[...]
      return Cell(bytes).number(of: bytes)
    }
    #expect(number(" 7.5 ") == 7.5)
    #expect(number("+5") == 5)
    #expect(number("red") == nil)
    #expect(number("nan") == nil)
    #expect(number("true") == nil)
  }
}
