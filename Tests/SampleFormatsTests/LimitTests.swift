import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Each limit lets through what just fits, and its error names it.
struct LimitTests {
  private func check(
    _ limit: String, _ limits: SampleLimits, fits: [String], passes: [String],
    at location: SourceLocation = #_sourceLocation
  ) throws {
    for payload in fits {
      let bench = Workbench(limits: limits)
      #expect(throws: Never.self, "\(payload)", sourceLocation: location) { try bench.decode(payload) }
    }
    for payload in passes {
      let bench = Workbench(limits: limits)
      let error = #expect(throws: SampleError.self, "\(payload)", sourceLocation: location) {
        try bench.decode(payload)
      }
      #expect(error?.reason == .limit, sourceLocation: location)
      #expect(
        error?.message.contains("limits.\(limit)") == true, "\(error?.message ?? "none")",
        sourceLocation: location)
      #expect(bench.batch.isEmpty && bench.names.isEmpty, sourceLocation: location)
    }
  }

  @Test
  func messageBytes() throws {
    try check(
      "message_bytes", SampleLimits(messageBytes: 22),
      fits: [#"{"y": 1, "x": {"a":1}}"#, "1 | a:1 b:2 c:3 d:4 ee"],
      passes: [#"{"y": 1, "x": {"a":1} }"#, "1 | a:1 b:2 c:3 d:4 eee", String(repeating: " ", count: 23)])
  }

  @Test
  func messageBytesBeyondOneAllocation() throws {
    let limits = SampleLimits(messageBytes: 200_000)
    let sample = #"{"y": 1, "x": {"a": 1}}"#
    let blanks = String(repeating: " ", count: 200_000 - sample.utf8.count)
    try check("message_bytes", limits, fits: [sample + blanks], passes: [sample + blanks + " "])
  }

  @Test
  func samplesPerMessage() throws {
    let sample = #"{"y": 1, "x": {"a": 1}}"#
    let unlearned = #"{"x": {"a": 1}}"#
    try check(
      "samples_per_message", SampleLimits(samplesPerMessage: 2),
      fits: ["[\(sample), \(unlearned)]", "1 | a\n\n2 | b\n"],
      passes: [
        "[\(sample), \(sample), \(sample)]", "[\(unlearned), \(unlearned), \(sample)]", "1 | a\n| a\n2 | b",
      ])
  }

  @Test
  func featuresPerSample() throws {
    try check(
      "features_per_sample", SampleLimits(featuresPerSample: 3),
      fits: [
        #"{"y": 1, "x": {"a": 1, "b": 2, "c": 3, "none": null}}"#, #"{"y": 1, "x": [1, 0, 3]}"#,
        "1 | a b |n c",
      ],
      passes: [
        #"{"y": 1, "x": {"a": 1, "b": 2, "c": 3, "d": 4}}"#, #"{"y": 1, "x": [1, 0, 3, 0]}"#,
        "1 | a b |n c d",
      ])
  }

  @Test
  func nameBytes() throws {
    try check(
      "name_bytes", SampleLimits(nameBytes: 4),
      fits: [#"{"y": 1, "x": {"äö": 1, "b": "12"}}"#, "1 | abcd |ab c"],
      passes: [#"{"y": 1, "x": {"äöü": 1}}"#, #"{"y": 1, "x": {"b": "123"}}"#, "1 | abcde", "1 |ab cd"])
  }

  @Test
  func nestingDepth() throws {
    // A batch of samples is three deep: the array, the sample, its features.
    try check(
      "nesting_depth", SampleLimits(nestingDepth: 3), fits: [#"[{"y": 1, "x": {"a": 1}}]"#],
      passes: [#"[{"y": 1, "x": {"a": [1]}}]"#, #"[{"y": 1, "x": {"a": {"b": 1}}}]"#])
    try check(
      "nesting_depth", SampleLimits(nestingDepth: 2), fits: [#"{"y": 1, "x": {"a": 1}}"#],
      passes: [#"[{"y": 1, "x": {"a": 1}}]"#])
  }

  @Test
  func nestingDepthAtItsDefault() {
    // As deep as the limit is a question of shape; one deeper a question of the limit.
    for (depth, reason) in [(32, SampleError.Reason.shape), (33, .limit), (100_000, .limit)] {
      let payload = String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
      let error = #expect(throws: SampleError.self) { try Workbench().decode(payload) }
      #expect(error?.reason == reason, "depth \(depth): \(error?.message ?? "none")")
    }
  }

  /// Decoding takes as many new names again as there may be features, since old ones may make room for them once the message
  /// is known to be whole; what is beyond is left out and counted.
  @Test
  func features() throws {
    let bench = Workbench(limits: SampleLimits(features: 2))
    try bench.learn("1 | a b")
    let before = bench.model
    try bench.decode("1 | c d e f:2 a")
    #expect(bench.rows.map(\.features) == [[Feature("c", 1), Feature("d", 1), Feature("a", 1)]])
    #expect(bench.batch.unknownFeatures == 2 && bench.batch.refusedFeatures == 2)
    var batch = bench.batch
    let room = bench.model.makeRoom(for: &batch, limit: 2, keeping: DelayedSamples(DelayedSamples.Bounds()))
    #expect(room.refused + room.forgotten == 4 && bench.model.space.featureCount == 2)
    bench.model = before
    try bench.decode(#"{"y": 1, "x": {"c": 1, "d": 1, "e": 1, "a": 1}}"#)
    #expect(bench.batch.unknownFeatures == 1)
    bench.model = before
    try bench.decode("| b c", for: .predict)
    #expect(bench.batch.unknownFeatures == 1 && bench.batch.refusedFeatures == 0)
  }

  @Test
  func tinyMessageBytes() throws {
    // Less than the smallest document that simdjson makes room for.
    let bench = Workbench(limits: SampleLimits(messageBytes: 10))
    try bench.decode(#"{"x":[1]}"#)
    #expect(bench.batch.unlearned == 1)
  }
}
