import OnlineLearning
import SampleFormats
import Testing

/// Ids, sources and sequence numbers, kept beside the rows of the batch.
struct JSONLabelTests {
  private struct Seen: Equatable {
    var sample: Int
    var row: Int?
    var id: String?
    var source: String?
    var seq: UInt64?
  }

  private func labels(_ bench: Workbench) -> [Seen] {
    let labels = bench.batch.labels
    return (0..<labels.count).map { place in
      let label = labels[place]
      return Seen(
        sample: label.sample, row: label.row, id: labels.id(of: label).map { String(decoding: $0, as: UTF8.self) },
        source: labels.source(of: label).map { String(decoding: $0, as: UTF8.self) }, seq: label.seq)
    }
  }

  private func labels(_ payload: String) throws -> [Seen] {
    let bench = Workbench()
    try bench.decode(payload)
    return labels(bench)
  }

  @Test
  func allOfThem() throws {
    #expect(
      try labels(#"{"id": "row-7", "source": "sensor", "seq": 12, "y": 1, "x": {}}"#)
        == [Seen(sample: 0, row: 0, id: "row-7", source: "sensor", seq: 12)])
  }

  @Test(arguments: [
    (#""id": "gr\u00f6\u00dfe\n""#, "größe\n"), (#""id": 7"#, "7"), (#""id": 0"#, "0"), (#""id": -0"#, "0"),
    (#""id": -120"#, "-120"), (#""id": 9223372036854775807"#, "9223372036854775807"),
    (#""id": -9223372036854775808"#, "-9223372036854775808"), (#""id": "007""#, "007"),
  ])
  func ids(_ member: String, _ id: String) throws {
    #expect(try labels(#"{\#(member), "y": 1, "x": {}}"#) == [Seen(sample: 0, row: 0, id: id)])
  }

  @Test(arguments: [
    (#""seq": 0"#, UInt64(0)), (#""seq": 9223372036854775807"#, 9_223_372_036_854_775_807),
    (#""seq": 1234567890123"#, 1_234_567_890_123), (#""seq": -0"#, 0),
  ])
  func sequenceNumbers(_ member: String, _ seq: UInt64) throws {
    #expect(try labels(#"{"y": 1, "x": {}, \#(member)}"#) == [Seen(sample: 0, row: 0, seq: seq)])
  }

  @Test
  func onlySamplesThatHaveThem() throws {
    let bench = Workbench()
    let records = [
      #"{"y": 1, "x": {}, "seq": 1, "source": "a"}"#, #"{"y": 1, "x": {}}"#, #"{"x": {}, "id": "unlearned"}"#,
      #"{"y": 1, "x": {}, "id": null, "seq": null, "source": null}"#, #"{"y": 2, "x": {"a": 1}, "id": "last"}"#,
    ]
    let expected = [
      Seen(sample: 0, row: 0, source: "a", seq: 1), Seen(sample: 2, row: nil, id: "unlearned"),
      Seen(sample: 4, row: 3, id: "last"),
    ]
    for payload in ["[" + records.joined(separator: ",") + "]", records.joined(separator: "\n")] {
      try bench.decode(payload)
      #expect(bench.batch.count == 4)
      #expect(labels(bench) == expected)
    }
    // A batch has the labels of its own message only.
    try bench.decode("1 | a")
    #expect(labels(bench).isEmpty)
    #expect(throws: SampleError.self) {
      try bench.decode(#"[{"y": 1, "x": {}, "id": 1}, {"y": 1, "x": {}, "id": {}}]"#)
    }
    #expect(labels(bench).isEmpty)
  }

  @Test
  func questionsHaveThemToo() throws {
    let bench = Workbench()
    try bench.decode(#"{"op": "predict", "id": 4, "x": {"a": 1}}"#, for: .predict)
    #expect(labels(bench) == [Seen(sample: 0, row: 0, id: "4")])
  }

  @Test
  func lengthIsLimited() throws {
    let bench = Workbench(limits: SampleLimits(nameBytes: 4))
    try bench.decode(#"{"y": 1, "x": {}, "id": "äö", "source": "1234"}"#)
    #expect(labels(bench) == [Seen(sample: 0, row: 0, id: "äö", source: "1234")])
    for field in ["id", "source"] {
      let error = bench.error(#"{"y": 1, "x": {}, "\#(field)": "12345"}"#)
      #expect(error?.reason == .limit)
      #expect(error?.message == "the \(field) of the sample has 5 bytes; limits.name_bytes is 4")
    }
    // A number is never long.
    try bench.decode(#"{"y": 1, "x": {}, "id": 123456789}"#)
  }

  @Test
  func storageIsReused() throws {
    let bench = Workbench()
    let records = (0..<1000).map { #"{"y": 1, "x": {}, "id": "row \#($0)", "seq": \#($0)}"# }
    for _ in 0..<2 {
      try bench.decode(records.joined(separator: "\n"))
      #expect(labels(bench) == (0..<1000).map { Seen(sample: $0, row: $0, id: "row \($0)", seq: UInt64($0)) })
    }
  }
}
