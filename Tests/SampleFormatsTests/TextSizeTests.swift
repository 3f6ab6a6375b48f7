import OnlineLearning
import SampleFormats
import Testing

/// Text at the edge of what is let in: each line is read or refused, with an error of a line.
struct TextSizeTests {
  private static let tenMegabytes = 10_000_000

  private func repeated(_ piece: String, _ count: Int) -> String { String(repeating: piece, count: count) }

  @Test(arguments: ["1 | a:0.@", "1 |n:0.@ a", "1 1:0.@", "1 1:0.@ # comment"])
  func valuesOfTenMegabytes(_ payload: String) throws {
    let bench = Workbench()
    // All of the digits count.
    try bench.decode(payload.replacing("@", with: repeated("7", Self.tenMegabytes)))
    #expect(bench.batch.values == [Float(7.0 / 9)])
  }

  @Test(arguments: ["0.@ | a", "0.@ 1:1", "0.@"])
  func targetsOfTenMegabytes(_ payload: String) throws {
    let bench = Workbench()
    try bench.decode(payload.replacing("@", with: repeated("7", Self.tenMegabytes)))
    #expect(bench.batch.targets == [7.0 / 9])
  }

  @Test(arguments: [
    ("1 | a:@", "must be a number, finite"), ("1 1:@", "must be a number, finite"),
    ("@ | a", "must be numbers, finite"), ("1 @ | a", "must be numbers, finite"),
    ("@ 1:1", "begin with its target, a number, finite"),
    ("1 | a:@x", "must be a number"), ("1 1:@x", "must be a number"), ("@x | a", "must be numbers"),
    ("@x 1:1", "begin with its target"), ("1 @:1", "limits.name_bytes"), ("1 | @:1", "limits.name_bytes"),
    ("1 |@ a", "limits.name_bytes"), ("1 @", "is no feature"), ("1 |n:@ a", "the scale of namespace \"n\""),
    ("1 | @:x", "must be a number"),
  ])
  func longWords(_ payload: String, _ says: String) {
    for count in [2000, 1_000_000] {
      let error = Workbench().error(payload.replacing("@", with: repeated("7", count)))
      #expect(error?.message.contains(says) == true, "\(count): \(error?.message.prefix(300) ?? "none")")
      #expect((error?.message.utf8.count ?? 0) < 300)
    }
  }

  /// What is passed over may be as long as it likes.
  @Test
  func blanksCommentsAndTagsOfTenMegabytes() throws {
    for piece in [" ", "\t", "\r"] {
      let blanks = repeated(piece, Self.tenMegabytes / 2)
      let bench = Workbench()
      try bench.decode("1\(blanks)| a:2\(blanks)")
      #expect(bench.rows == [Row(1, Feature("a", 2))])
      try bench.decode("1\(blanks)7:2\(blanks)# end")
      #expect(bench.rows == [Row(1, Feature("7", 2))])
    }
    let bench = Workbench()
    let long = repeated("ä", Self.tenMegabytes / 2)
    try bench.decode("1 '\(long)| a:2")
    #expect(bench.rows == [Row(1, Feature("a", 2))])
    try bench.decode("#\(long)\n1 7:2 # end")
    #expect(bench.rows == [Row(1, Feature("7", 2))])
    try bench.decode("1 7:2 # \(long)")
    #expect(bench.rows == [Row(1, Feature("7", 2))])
  }

  @Test
  func manySmallThings() throws {
    let bench = Workbench()
    let count = 1_000_000
    try bench.decode("1 " + repeated("|", count) + " a:2")
    #expect(bench.rows == [Row(1, Feature("a", 2))])
    try bench.decode("1 | " + repeated("a ", count))
    #expect(bench.rows == [Row(1, Feature("a", Float(count)))])
    try bench.decode(repeated("\n", count) + "1 | a\n" + repeated(" \r\n", count))
    #expect(bench.rows == [Row(1, Feature("a"))])
    #expect(bench.error("1 " + repeated(":", count))?.reason == .featureName)
    #expect(bench.error("1 | " + repeated(":", count))?.reason == .featureValue)
  }
}
