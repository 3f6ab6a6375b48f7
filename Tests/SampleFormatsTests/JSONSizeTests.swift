import OnlineLearning
import SampleFormats
import Testing

/// Messages at the edge of what is let in: each is read or refused, with an error of a line.
struct JSONSizeTests {
  private static let tenMegabytes = 10_000_000

  private func digits(_ count: Int) -> String { String(repeating: "7", count: count) }

  @Test
  func numbersOfTenMegabytes() throws {
    let bench = Workbench()
    // All of the digits count. The second number stands at the very end, where it has to be copied.
    for payload in [#"{"y": 0.@, "x": {"a": 1}}"#, #"{"x": {}, "y": 0.@}"#, #"{"x": {}, "y": 1e-@}"#] {
      try bench.decode(payload.replacing("@", with: digits(Self.tenMegabytes)))
      #expect(bench.batch.targets == [payload.contains("1e-") ? 0 : 7.0 / 9])
    }
    let error = bench.error(#"{"y": \#(digits(Self.tenMegabytes)), "x": {"a": 1}}"#)
    #expect(error?.message.contains("has more than 64 bits") == true, "\(error?.message.prefix(300) ?? "none")")
  }

  @Test(arguments: [
    ("@", "has more than 64 bits"), ("@.5", "too large for a 64-bit float"), ("1e@", "too large for a 64-bit float"),
    ("@x", "is no number"), ("-@", "has more than 64 bits"), ("@.@.@", "is no number"),
  ])
  func longNumbers(_ number: String, _ says: String) {
    let number = number.replacing("@", with: digits(100_000))
    for payload in [#"{"y": \#(number), "x": {"a": 1}}"#, #"{"x": {}, "y": \#(number)}"#] {
      let error = Workbench().error(payload)
      #expect(error?.reason == .brokenJSON)
      #expect(error?.message.contains(says) == true, "\(error?.message.prefix(300) ?? "none")")
      #expect((error?.message.utf8.count ?? 0) < 300)
    }
  }

  @Test
  func stringsOfTenMegabytes() throws {
    let bench = Workbench()
    let text = String(repeating: "ä", count: Self.tenMegabytes / 2)
    // What is passed over may be as long as it likes.
    try bench.decode(#"{"y": 1, "x": {"a": {"\#(text)": {}, "b": [2]}}}"#)
    #expect(bench.rows == [Row(1, Feature("a.b[0]", 2))])
    let escaped = String(repeating: "\\n", count: Self.tenMegabytes / 2)
    let error = bench.error(#"{"y": 1, "x": {"a": "\#(escaped)"}}"#)
    #expect(error?.message.contains("has 5000002 bytes; limits.name_bytes is 1024") == true)
  }

  @Test(arguments: [
    (#"{"y": 1, "x": {"@": 1}}"#, "limits.name_bytes"), (#"{"y": 1, "x": {"a": "@"}}"#, "limits.name_bytes"),
    (#"{"y": 1, "x": {"@": {"b": 1}}}"#, "limits.name_bytes"), (#"{"y": 1, "x": {}, "id": "@"}"#, "limits.name_bytes"),
    (#"{"y": "@", "x": {}}"#, "must be a number"), (#"{"@": 1}"#, "has no field"),
    (#"{"y": 1, "x": {"a": "@}}"#, "no closing double quote"),
    (#"{"y": 1, "x": {"@": 1, "@": 2}}"#, "limits.name_bytes"),
    (#"{"y": 1, "x": {"@": null, "@": 2}}"#, "stands twice"), (#"{"y": @, "x": {}}"#, "stands where a value should"),
  ])
  func longStrings(_ payload: String, _ says: String) {
    for piece in ["ä", "\\n", "\\\""] {
      let payload = payload.replacing("@", with: String(repeating: piece, count: 100_000))
      let error = Workbench().error(payload)
      #expect(error?.message.contains(says) == true, "\(error?.message.prefix(300) ?? "none")")
      #expect((error?.message.utf8.count ?? 0) < 400)
    }
  }

  @Test(arguments: ["[", "{\"a\":", "[{\"a\":", "[[],"])
  func bracketsOfTenMegabytes(_ piece: String) {
    let text = String(repeating: piece, count: Self.tenMegabytes / piece.utf8.count)
    for payload in [#"{"y": 1, "x": "# + text, #"{"y": 1, "x": "# + text + "}"] {
      let error = Workbench().error(payload)
      #expect(error?.reason == .limit, "\(error?.message ?? "none")")
      #expect(error?.message.contains("limits.nesting_depth") == true)
    }
  }

  @Test
  func manySmallThings() throws {
    let bench = Workbench()
    let count = 100_000
    try bench.decode(#"{"y": 1, "x": {"a": ["# + String(repeating: "[],{},null,", count: count) + "3]}}")
    #expect(bench.rows == [Row(1, Feature("a[\(3 * count)]", 3))])
    let quotes = bench.error("{\"y\": 1, \"x\": {" + String(repeating: "\"\",", count: count) + "}}")
    #expect(quotes?.reason == .brokenJSON)
    let blanks = String(repeating: " \n", count: count)
    try bench.decode(
      #"{"y": 1, "x" \#(blanks): {"a" : \#(blanks) 2 \#(blanks)}}\#(blanks){"y":\#(blanks)2, "x": {}}"#)
    #expect(bench.rows == [Row(1, Feature("a", 2)), Row(2)])
  }
}
