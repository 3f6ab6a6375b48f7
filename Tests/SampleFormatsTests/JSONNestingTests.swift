import OnlineLearning
import SampleFormats
import Testing

/// Objects and arrays as features: what they hold is named by its path.
struct JSONNestingTests {
  private func rows(_ payload: String) throws -> [Row] {
    let bench = Workbench()
    try bench.decode(payload)
    return bench.rows
  }

  @Test
  func membersOfObjects() throws {
    #expect(
      try rows(#"{"y": 1, "x": {"a": {"b": 1, "c": {"d": 2}}, "e": 3}}"#)
        == [Row(1, Feature("a.b"), Feature("a.c.d", 2), Feature("e", 3))])
  }

  @Test
  func elementsOfArrays() throws {
    #expect(
      try rows(#"{"y": 1, "x": {"a": [1, 0, 2, [3, [4]]], "b": [[], {}, 5]}}"#)
        == [
          Row(
            1, Feature("a[0]"), Feature("a[2]", 2), Feature("a[3][0]", 3), Feature("a[3][1][0]", 4),
            Feature("b[2]", 5))
        ])
  }

  @Test
  func objectsInArraysAndArraysInObjects() throws {
    #expect(
      try rows(#"{"y": 1, "x": {"a": [{"b": 1}, {"b": [2, {"c": 3}]}]}}"#)
        == [Row(1, Feature("a[0].b"), Feature("a[1].b[0]", 2), Feature("a[1].b[1].c", 3))])
  }

  @Test
  func nestingByPosition() throws {
    #expect(
      try rows(#"{"y": 1, "x": [1, [2, 3], {"a": 4}, "s", [[5]]]}"#)
        == [
          Row(
            1, Feature("0"), Feature("1[0]", 2), Feature("1[1]", 3), Feature("2.a", 4), Feature("3=s"),
            Feature("4[0][0]", 5))
        ])
  }

  @Test
  func stringsBooleansAndNullsInside() throws {
    let bench = Workbench()
    try bench.decode(#"{"y": 1, "x": {"a": {"s": "red", "t": true, "f": false, "n": null}, "l": ["x", null, true]}}"#)
    #expect(
      bench.rows == [Row(1, Feature("a.s=red"), Feature("a.t"), Feature("l[0]=x"), Feature("l[2]"))])
    #expect(bench.names == ["a.s=red", "a.t", "a.f", "l[0]=x", "l[2]"])
  }

  @Test
  func whatIsEmptyHoldsNoFeature() throws {
    let bench = Workbench()
    try bench.decode(#"{"y": 1, "x": {"a": {}, "b": [], "c": {"d": {}, "e": [[], [{}]]}}}"#)
    #expect(bench.rows == [Row(1)])
    #expect(bench.names.isEmpty)
  }

  /// Names are put together byte by byte; nothing in them is escaped.
  @Test
  func pathsOfAnyKeys() throws {
    #expect(
      try rows(#"{"y": 1, "x": {"a.b": {"c[0]": 1}, "größe": {"in\u0020m": 2}, "": {"": 3}}}"#)
        == [Row(1, Feature("a.b.c[0]"), Feature("größe.in m", 2), Feature(".", 3))])
  }

  @Test
  func manyPositions() throws {
    let values = (0..<1234).map { String($0 + 1) }.joined(separator: ",")
    let bench = Workbench()
    try bench.decode(#"{"y": 1, "x": {"a": [\#(values)]}}"#)
    #expect(bench.names == (0..<1234).map { "a[\($0)]" })
    #expect(bench.batch.values == (0..<1234).map { Float($0 + 1) })
  }

  /// The same path in several samples, and after a sample that was refused in the middle of one, is no repetition.
  @Test
  func pathsAreOfOneSample() throws {
    let bench = Workbench()
    for _ in 0..<3 {
      try bench.learn(#"[{"y": 1, "x": {"a": {"b": 1}, "n": null}}, {"y": 1, "x": {"a": {"b": 1}, "n": null}}]"#)
      #expect(throws: SampleError.self) { try bench.decode(#"{"y": 1, "x": {"a": {"b": {"c": [1, {"d": 1e39}]}}}}"#) }
    }
    #expect(bench.model.steps == 6)
    #expect(bench.names == ["a.b"])
  }

  @Test
  func nestedFeaturesOfAQuestion() throws {
    let bench = Workbench()
    try bench.learn(#"{"y": 1, "x": {"a": {"b": 1}, "c": ["red"]}}"#)
    try bench.decode(#"{"op": "predict", "x": {"a": {"b": 2, "z": 1}, "c": ["red", "blue"]}}"#, for: .predict)
    #expect(bench.rows[0].features == [Feature("a.b", 2), Feature("c[0]=red")])
    #expect(bench.batch.unknownFeatures == 2)
  }

  /// The limit is on the whole of a name.
  @Test
  func limitsHoldForPaths() throws {
    let limits = SampleLimits(featuresPerSample: 2, nameBytes: 6)
    for fits in [#"{"a": {"bcde": 1}}"#, #"{"a": [1]}"#, #"{"a": {"b": "12"}}"#, #"{"abcdefgh": {}}"#] {
      #expect(Workbench(limits: limits).error(#"{"y": 1, "x": \#(fits)}"#) == nil, "\(fits)")
    }
    for (passes, limit) in [
      (#"{"a": {"bcdef": 1}}"#, "name_bytes"), (#"{"a": [[1]]}"#, "name_bytes"),
      (#"{"a": {"b": "123"}}"#, "name_bytes"), (#"{"a": [1, 1, 1]}"#, "features_per_sample"),
      (#"{"a": {"b": {"c": 1, "d": 1}}, "e": 1}"#, "features_per_sample"),
    ] {
      let error = Workbench(limits: limits).error(#"{"y": 1, "x": \#(passes)}"#)
      #expect(error?.reason == .limit, "\(passes)")
      #expect(error?.message.contains("limits.\(limit)") == true, "\(passes)")
    }
  }

  @Test(arguments: [1002, 1024, 100_000])
  func asDeepAsTheLimitAllows(_ limit: Int) throws {
    let most = min(limit, 1024)
    let depth = most - 2
    let bench = Workbench(limits: SampleLimits(nameBytes: 65536, nestingDepth: limit))
    let inArrays = String(repeating: "[", count: depth) + "7" + String(repeating: "]", count: depth)
    try bench.decode(#"{"y": 1, "x": {"a": \#(inArrays)}}"#)
    #expect(bench.rows == [Row(1, Feature("a" + String(repeating: "[0]", count: depth), 7))])
    let inObjects = String(repeating: #"{"b":"#, count: depth) + "7" + String(repeating: "}", count: depth)
    try bench.decode(#"{"y": 1, "x": {"a": \#(inObjects)}}"#)
    #expect(bench.rows == [Row(1, Feature("a" + String(repeating: ".b", count: depth), 7))])
    let deeper = bench.error(#"{"y": 1, "x": {"a": [\#(inObjects)]}}"#)
    #expect(deeper?.reason == .limit && deeper?.message.contains("limits.nesting_depth, \(most)") == true)
  }
}
