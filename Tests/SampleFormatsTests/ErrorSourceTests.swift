import OnlineLearning
import SampleFormats
import Testing

/// Errors say who sent what they are about, where that was read before.
struct ErrorSourceTests {
  private static let envelope = #"{"source": "pump-3", "seq": 17}"#
  private static let dense = #"{"x": {"dtype": "<f4", "shape": [1, 1]}, "source": "pump-3""#

  private func source(_ texts: [String], nameBytes: Int = 1024, _ fields: JSONFields = JSONFields()) -> String? {
    let bench = Workbench(limits: SampleLimits(messageBytes: 500, nameBytes: nameBytes), fields: fields)
    let error = #expect(throws: SampleError.self) { try bench.decode(frames: texts.map { Array($0.utf8) }) }
    return error?.source
  }

  private static let records: [(payload: String, source: String?)] = [
    // Of the fields, and of what comes after them.
    (#"{"source": "s", "y": "one", "x": {}}"#, "s"), (#"{"source": "s", "y": 1}"#, "s"),
    (#"{"source": "s", "y": 1, "x": {}, "z": 1}"#, "s"), (#"{"source": "s", "x": {}, "source": "t"}"#, "s"),
    (#"{"x": {"a": 1e99}, "y": 1, "source": "s"}"#, "s"), (#"{"x": {}, "y": 1e300, "source": "s"}"#, "s"),
    (#"{"x": {"a": 1, "a": 2}, "y": 1, "source": "s"}"#, "s"),
    (#"{"x": {}, "y": 1, "weight": -1, "source": "s"}"#, "s"),
    (#"{"x": {}, "y": 1, "seq": -1, "source": "s"}"#, nil), (#"{"x": {}, "y": "one", "source": "s"}"#, nil),
    (#"{"x": {}, "y": 1, "source": 7}"#, nil), (#"{"x": {}, "y": 1, "source": ""}"#, nil),
    (#"{"source": null, "y": 1}"#, nil), (#"{"source": "s", "y": 1, "x": {}"#, nil),
    (#"{"source": "gr\u00f6\u00dfe \"1\"", "y": 1}"#, #"größe "1""#),
    // Of the record that is wrong, not of others.
    (#"[{"source": "s", "y": 1, "x": {}}, {"source": "t", "y": 1}]"#, "t"),
    (#"[{"source": "s", "y": 1, "x": {}}, {"y": 1}, {"source": "t", "y": 1, "x": {}}]"#, nil),
    (#"[{"source": "s", "y": 1, "x": {}}, 3]"#, nil),
    ("{\"source\": \"s\", \"y\": 1, \"x\": {}}\n{\"source\": \"t\", \"y\": {}}", "t"),
  ]

  @Test(arguments: ErrorSourceTests.records)
  func ofRecords(_ payload: String, _ expected: String?) {
    #expect(source([payload]) == expected)
  }

  @Test
  func ofFlatRecords() {
    var fields = JSONFields()
    fields.layout = .flat
    fields.source = .field("from")
    #expect(source([#"{"from": "s", "y": 1, "a": 1e99}"#], fields) == "s")
    #expect(source([#"{"source": "s", "y": 1, "a": 1e99}"#], fields) == nil)
  }

  private static let messages: [(texts: [String], source: String?)] = [
    ([envelope, "1 | a:b"], "pump-3"), (["topic", envelope, "1 | a:b"], "pump-3"), ([envelope, ""], "pump-3"),
    ([envelope, String(repeating: "1 | a\n", count: 200)], "pump-3"), ([#"{"source": "s"}"#, "1 | a:b"], "s"),
    ([#"{"source": "s", "seq": -1}"#, "1 | a"], "s"), ([#"{"source": "s", "source": "t"}"#, "1 | a"], "s"),
    ([#"{"source": 3, "seq": 1}"#, "1 | a"], nil), ([#"{"seq": 1}"#, "1 | a:b"], nil), (["topic", "1 | a:b"], nil),
    // The record knows better.
    ([envelope, #"{"source": "valve", "y": 1}"#], "valve"), ([envelope, #"{"y": 1}"#], "pump-3"),
    // No envelope, and no header.
    ([#"{"source": "s", "other": 1}"#, "1 | a:b"], nil),
  ]

  @Test(arguments: ErrorSourceTests.messages)
  func ofMessages(_ texts: [String], _ expected: String?) {
    #expect(source(texts) == expected)
  }

  private static let arrays: [(texts: [String], source: String?)] = [
    ([dense + "}", "12345"], "pump-3"), (["topic", dense + "}", "12345"], "pump-3"),
    ([dense + #", "other": 1}"#, "1234"], "pump-3"), ([dense + #", "seq": "x"}"#, "1234"], "pump-3"),
    ([dense + "}", "1234", "5678"], "pump-3"), ([dense + ",}", "1234"], nil),
    ([#"{"x": {"dtype": "<f4", "shape": [1, 1]}}"#, "12345"], nil),
  ]

  @Test(arguments: ErrorSourceTests.arrays)
  func ofArrays(_ texts: [String], _ expected: String?) {
    #expect(source(texts) == expected)
  }

  /// The header that was understood before this one says nothing about it.
  @Test
  func ofArraysAfterOthers() throws {
    let bench = Workbench()
    let value: [UInt8] = [0, 0, 128, 63]
    func error(_ header: String, _ buffers: [UInt8]...) -> SampleError? {
      #expect(throws: SampleError.self) { try bench.decode(frames: [Array(header.utf8)] + buffers) }
    }
    try bench.decode(frames: [Array((Self.dense + "}").utf8), value])
    #expect(error(Self.dense + "}", value, value)?.source == "pump-3")
    #expect(error(#"{"x": {"dtype": "<f4", "shape": [1, 1]}}"#, [])?.source == nil)
    #expect(error(#"{"x": {"dtype": "?", "shape": [1, 1]}}"#, value)?.source == nil)
  }

  /// Names are valid UTF-8 and within the limit, wherever the cut falls.
  @Test
  func longSourcesAreCut() {
    let name = "aö€😀" + String(repeating: "x", count: 30)
    let cuts: [(limit: Int, kept: String)] = [
      (1, "a"), (2, "a"), (3, "aö"), (5, "aö"), (6, "aö€"), (9, "aö€"), (10, "aö€😀"), (39, String(name.dropLast())),
      (40, name), (41, name),
    ]
    for (limit, kept) in cuts {
      let messages: [[String]] = [
        [#"{"source": "\#(name)", "y": {}}"#], [#"{"source": "\#(name)", "y": 1, "x": {}, "id": "€€€€€€€€€€€€€€"}"#],
        [#"{"source": "\#(name)", "seq": 1}"#, "1 | a:b"],
        [#"{"x": {"dtype": "<f4", "shape": [1, 1]}, "source": "\#(name)", "seq": 1}"#, "12345"],
        [#"{"source": "\#(name)", "seq": -1}"#, "1 | a"],
      ]
      for texts in messages {
        #expect(source(texts, nameBytes: limit) == kept, "\(limit): \(texts[0])")
      }
    }
  }

  /// The limit on names is one on the sources of arrays, too.
  @Test
  func longSourcesOfArraysAreRefused() throws {
    let bench = Workbench(limits: SampleLimits(nameBytes: 6))
    let value: [UInt8] = [0, 0, 128, 63]
    try bench.decode(frames: [Array((Self.dense + #", "seq": 1}"#).utf8), value])
    let longer = Self.dense.replacing("pump-3", with: "pump-33") + #", "seq": 1}"#
    let error = #expect(throws: SampleError.self) { try bench.decode(frames: [Array(longer.utf8), value]) }
    #expect(error?.reason == .limit && error?.source == "pump-3")
    #expect(bench.batch.isEmpty && bench.batch.labels.message == nil)
  }
}
