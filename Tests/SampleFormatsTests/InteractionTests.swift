import OnlineLearning
import SampleFormats
import Testing

/// Products of features of two namespaces.
struct InteractionTests {
  private func features(
    _ text: String, _ interactions: [String], limits: SampleLimits = SampleLimits()
  ) throws -> [Feature] {
    let bench = Workbench(limits: limits, interactions: interactions.map { Interaction($0)! })
    try bench.decode(text)
    return bench.rows[0].features
  }

  @Test func everyFeatureOfOneTimesEveryFeatureOfTheOther() throws {
    let own = [Feature("u^a", 2), Feature("u^b", 3), Feature("i^c", 5), Feature("i^d", 0.5), Feature("other", 7)]
    let products = [
      Feature("u^a*i^c", 10), Feature("u^a*i^d", 1), Feature("u^b*i^c", 15), Feature("u^b*i^d", 1.5),
    ]
    let line = "1 |u a:2 b:3 |i c:5 d:0.5 | other:7"
    #expect(try features(line, []) == own)
    #expect(try features(line, ["u*i"]) == own + products)
    #expect(try features(line, ["u*x"]) == own)
    #expect(try features(line, ["other*i", "ot*i"]) == own)
  }

  @Test func namespacesOfJSONAreItsObjects() throws {
    let record = #"{"y": 1, "x": {"user": {"age": 30, "sex": "f"}, "item": [4, 0], "user2": 1}}"#
    let own = [Feature("user.age", 30), Feature("user.sex=f", 1), Feature("item[0]", 4), Feature("user2", 1)]
    #expect(
      try features(record, ["user*user"]) == own + [
        Feature("user.age*user.age", 900), Feature("user.age*user.sex=f", 30),
      ])
  }

  /// In a namespace with itself each pair is there once; the square of 1 says nothing new.
  @Test func namespaceWithItself() throws {
    #expect(
      try features("1 |n a:2 b c:3", ["n*n"]).dropFirst(3) == [
        Feature("n^a*n^a", 4), Feature("n^a*n^b", 2), Feature("n^a*n^c", 6), Feature("n^b*n^c", 3),
        Feature("n^c*n^c", 9),
      ])
  }

  @Test func severalInteractions() throws {
    #expect(
      try features("1 |a x:2 |b y:3 |c z:5", ["a*b", "b*c"]).dropFirst(3) == [
        Feature("a^x*b^y", 6), Feature("b^y*c^z", 15),
      ])
  }

  @Test func questionsAreAskedAlike() throws {
    let bench = Workbench(interactions: [Interaction("a", "b")])
    try bench.learn("1 |a x:2 |b y:3")
    try bench.decode("|a x:4 |b y:3 z:9", for: .predict)
    #expect(bench.rows[0].features == [Feature("a^x", 4), Feature("b^y", 3), Feature("a^x*b^y", 12)])
    // b^z and a^x*b^z.
    #expect(bench.batch.unknownFeatures == 2)
  }

  @Test func limitsCountProducts() throws {
    #expect(try features("1 |a x y |b z", ["a*b"], limits: SampleLimits(featuresPerSample: 5)).count == 5)
    let error = #expect(throws: SampleError.self) {
      try features("1 |a x y |b z", ["a*b"], limits: SampleLimits(featuresPerSample: 4))
    }
    #expect(error?.reason == .limit && error?.message.contains("limits.features_per_sample, 4") == true)
    let long = #expect(throws: SampleError.self) {
      try features("1 |a xxxx |b zzzz", ["a*b"], limits: SampleLimits(nameBytes: 12))
    }
    #expect(long?.message.contains("\"a^xxxx*b^zzzz\" has 13 bytes; limits.name_bytes is 12") == true)
    let large = #expect(throws: SampleError.self) { try features("1 |a x:1e30 |b z:1e30", ["a*b"]) }
    #expect(large?.reason == .featureValue && large?.message.contains("a^x*b^z") == true)
  }

  @Test(arguments: ["", "*", "a*", "*b", "a*b*c", "ab", "a^x*b", "a.x*b", "a b*c", "a|*b", "a:1*b"])
  func whatIsNoPairIsRefused(_ text: String) {
    #expect(Interaction(text) == nil)
  }

  /// The product of zero is zero, which is left out.
  @Test func hashedFeaturesInteractToo() throws {
    let bench = Workbench(space: FeatureSpace(.hashed(bits: 20)), interactions: [Interaction("a", "b")])
    try bench.decode("1 |a x:2 y:0 |b z:3")
    let indices = ["a^x", "b^z", "a^x*b^z"].map { bench.model.space.index(of: $0) }
    #expect(bench.batch.features == indices && bench.batch.values == [2, 3, 6])
  }

  /// Names that share a weight add up; a name that stands twice is a mistake still.
  @Test func namesThatShareAnIndexAreNoRepetition() throws {
    let bench = Workbench(space: FeatureSpace(.hashed(bits: 1)))
    try bench.decode(#"{"y": 1, "x": {"a": 1, "b": 2, "c": 4, "d": 8}}"#)
    #expect(bench.batch.values.reduce(0, +) == 15 && bench.batch.values.count <= 2)
    let error = #expect(throws: SampleError.self) { try bench.decode(#"{"y": 1, "x": {"a": 1, "b": 2, "a": 4}}"#) }
    #expect(error?.reason == .duplicateField)
    let again = #expect(throws: SampleError.self) { try bench.decode("1 5:1 6:1 7:1 5:2", format: .svmlight) }
    #expect(again?.reason == .duplicateField && again?.message.contains("\"5\"") == true)
  }

  @Test func namesThatAreNoIndicesAreRefused() throws {
    let bench = Workbench(space: FeatureSpace(.indexed(width: 10)))
    try bench.decode("1 0:1 9:2", format: .svmlight)
    #expect(bench.batch.features == [0, 9])
    try bench.decode(#"{"y": 1, "x": [1, 2, 3]}"#)
    #expect(bench.batch.features == [0, 1, 2])
    for text in [#"{"y": 1, "x": {"sleep": 1}}"#, "1 10:1", "1 | 1 x"] {
      let error = #expect(throws: SampleError.self) { try bench.decode(text) }
      #expect(error?.reason == .featureName && error?.message.contains("features.width, 10") == true, "\(text)")
    }
    try bench.decode("| 3 x 10", for: .predict)
    #expect(bench.batch.features == [3] && bench.batch.unknownFeatures == 2)
    let arrays = #expect(throws: SampleError.self) {
      try bench.learn(frames: ArrayMessage.dense([Array(repeating: 1, count: 11)], y: [1]).frames)
    }
    #expect(arrays?.message.contains("features.width, 10") == true)
  }
}
