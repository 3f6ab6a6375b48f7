import Testing

@testable import SampleFormats

/// What stands before the first bar.
struct VWLabelTests {
  @Test(
    arguments: [
      ("|", nil, 1, ""), ("1 |", 1, 1, ""), ("-1.5 2.5 |", -1.5, 2.5, ""), ("  1\t2  |", 1, 2, ""),
      ("1 'tag |", 1, 1, "tag"),
      ("1 2 'tag|", 1, 2, "tag"), ("1 tag|", 1, 1, "tag"), ("tag|", nil, 1, "tag"), ("1|", nil, 1, "1"),
      ("'|", nil, 1, ""),
      ("1 '|", 1, 1, ""), ("1 ''x|", 1, 1, "'x"), ("1 2 0.5|", 1, 2, "0.5"), ("1 'größe:1#2|", 1, 1, "größe:1#2"),
    ] as [(String, Double?, Double, String)])
  func labelImportanceAndTag(_ text: String, _ target: Double?, _ importance: Double, _ tag: String) throws {
    var lines = TextLines()
    var labels = 0
    try lines.forEachLine(of: Array("\(text) a b:2".utf8).span) { (line) throws(SampleError) in
      let label = try VWLabel(line, before: line.place(of: VWText.bar, in: 0..<line.count))
      #expect(label.target == target)
      #expect(label.importance == importance)
      #expect(line.withSpan(label.tag) { $0.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } } == tag)
      labels += 1
    }
    #expect(labels == 1)
  }
}
