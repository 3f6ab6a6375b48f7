import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Mistakes in messages of arrays, and what stays as it was.
struct ArrayMistakeTests {
  @Test(arguments: ArrayMistake.all)
  func mistakeIsRejectedAndChangesNothing(_ mistake: ArrayMistake) throws {
    for topic in [false, true] {
      let bench = Workbench(loss: mistake.loss, limits: mistake.limits)
      // The same decoder may have met other headers before.
      _ = try? bench.learn(frames: ArrayMessage.dense([[1]], y: [1]).frames)
      let before = ModelBits(bench.model)
      let error = #expect(throws: SampleError.self) {
        try bench.decode(frames: (topic ? [Array("t".utf8)] : []) + mistake.frames)
      }
      #expect(error?.reason == mistake.reason, "\(error?.message ?? "none")")
      // After a topic, frames have other numbers.
      if !topic { #expect(error?.message.contains(mistake.says) == true, "\(error?.message ?? "none")") }
      #expect((error?.message.utf8.count ?? 0) < 400)
      #expect(bench.batch.isEmpty)
      #expect(ModelBits(bench.model) == before)
    }
  }

  @Test
  func framesAreCountedFromTheTopic() {
    let header = #"{"x": {"dtype": "<f4", "shape": [1, 1]}}"#
    let error = #expect(throws: SampleError.self) {
      try Workbench().decode(frames: [Array("topic".utf8), Array(header.utf8), [1]])
    }
    #expect(error?.message.hasPrefix("frame 3, x:") == true)
  }

  @Test
  func columnsOfEarlierMessagesAreStillOutOfRange() throws {
    let bench = Workbench()
    try bench.learn(frames: ArrayMessage.sparse([[(2, 1), (5, 1)]], columns: 6, y: [1]).frames)
    let error = #expect(throws: SampleError.self) {
      try bench.decode(frames: ArrayMessage.sparse([[(2, 1), (5, 1)]], columns: 5, y: [1]).frames)
    }
    #expect(error?.message.contains("column 5 is out of range; with 5 features") == true)
  }

  @Test
  func fixedFormatsTakeNoOther() {
    let arrays = ArrayMessage.dense([[1]], y: [1]).frames
    for format in [SampleDecoder.Format.json, .vw] {
      let error = #expect(throws: SampleError.self) { try Workbench().decode(frames: arrays, format: format) }
      #expect(error?.reason == .frames)
    }
    for payload in [#"{"y": 1, "x": [1]}"#, "1 | a"] {
      let alone = #expect(throws: SampleError.self) {
        try Workbench().decode(frames: [Array(payload.utf8)], format: .arrays)
      }
      #expect(alone?.reason == .frames)
      #expect(throws: SampleError.self) {
        try Workbench().decode(frames: [Array("t".utf8), Array(payload.utf8)], format: .arrays)
      }
    }
  }
}
