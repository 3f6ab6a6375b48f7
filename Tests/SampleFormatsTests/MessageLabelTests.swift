import OnlineLearning
import SampleFormats
import Testing

/// The number of a message, and of the one that it follows.
struct MessageLabelTests {
  private static let array = #"{"dtype": "<f4", "shape": [1, 1], "#

  private func frames(_ fields: String, arrays: Bool) -> [[UInt8]] {
    arrays
      ? [Array((MessageLabelTests.array + fields + "}").utf8), [0, 0, 128, 63], [0, 0, 128, 63]]
      : [Array("{\(fields)}".utf8), Array("1 | a".utf8)]
  }

  @Test(arguments: [false, true])
  func areRead(arrays: Bool) throws {
    let bench = Workbench()
    let labels: [(fields: String, previous: UInt64?)] = [
      (#""source": "s", "seq": 7"#, nil), (#""source": "s", "seq": 7, "previous": 6"#, 6),
      (#""previous": 0, "seq": 7, "source": "s""#, 0), (#""source": "s", "seq": 7, "previous": null"#, nil),
    ]
    for (fields, previous) in labels {
      try bench.decode(frames: frames(fields, arrays: arrays))
      let expected = SampleLabels.MessageLabel(source: Array("s".utf8), seq: 7, previous: previous)
      #expect(bench.batch.labels.message == expected, "\(fields)")
    }
  }

  @Test(arguments: [false, true])
  func aPreviousOneComesBefore(arrays: Bool) throws {
    let mistakes: [(fields: String, says: String)] = [
      (#""source": "s", "seq": 7, "previous": 7"#, "must be below its \"seq\", 7, not 7"),
      (#""source": "s", "seq": 0, "previous": 0"#, "must be below its \"seq\", 0, not 0"),
      (#""source": "s", "previous": 3"#, "\"previous\" stands without \"seq\""),
      (#""source": "s", "seq": 7, "previous": -1"#, "\"previous\" of a message must be a whole number from 0"),
      (#""source": "s", "seq": 7, "previous": "6""#, "\"previous\" of a message must be a whole number from 0"),
      (#""source": "s", "seq": 7, "previous": 1, "previous": 2"#, "twice"),
    ]
    for (fields, says) in mistakes {
      let error = #expect(throws: SampleError.self) {
        try Workbench().decode(frames: frames(fields, arrays: arrays))
      }
      #expect(error?.message.contains(says) == true, "\(fields): \(String(describing: error))")
      #expect(error?.label == nil)
    }
  }

  /// Who rejects a message can tell which one it was, and never takes it for the one before.
  @Test(arguments: [false, true])
  func errorsHaveThem(arrays: Bool) throws {
    let bench = Workbench()
    try bench.decode(frames: frames(#""source": "s", "seq": 1"#, arrays: arrays))
    var broken = frames(#""source": "s", "seq": 2, "previous": 1"#, arrays: arrays)
    broken[1] = [1, 2, 3]
    let error = #expect(throws: SampleError.self) { try bench.decode(frames: broken) }
    #expect(error?.label == SampleLabels.MessageLabel(source: Array("s".utf8), seq: 2, previous: 1))
    for (first, second) in [("{", "1 | a"), (#"{"seq": {}}"#, "1 | a"), (MessageLabelTests.array + "}", "123")] {
      let frames = [Array(first.utf8), Array(second.utf8)]
      let error = #expect(throws: SampleError.self) { try bench.decode(frames: frames) }
      #expect(error?.label == nil, "\(first)")
    }
  }
}
