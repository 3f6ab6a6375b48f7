import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Broken messages are rejected as a whole, with an error of their own, and change nothing.
struct BrokenMessageTests {
  @Test(arguments: BrokenMessage.all)
  func brokenMessageIsRejectedAndChangesNothing(_ broken: BrokenMessage) throws {
    let bench = Workbench(loss: broken.loss ?? .squared)
    try bench.learn(#"[{"y": 1, "x": {"a": 1, "b": -2}}, {"y": 0, "x": {"b": 3, "old": 0.5}, "weight": 2}]"#)
    try bench.learn("1 'first |ns:2 a:0.5 b\n0 | old a:3")
    let before = bench.model
    #expect(before.steps == 4)

    let error = #expect(throws: SampleError.self) { try bench.decode(broken.payload) }

    #expect(error?.reason.rawValue == broken.reason)
    #expect(error?.message.contains(broken.says) == true, "the message is: \(error?.message ?? "none")")
    #expect(bench.batch.isEmpty)
    bench.model.learn(bench.batch)
    #expect(ModelBits(bench.model) == ModelBits(before))

    // A decoder that has met it works as one that has not.
    let fresh = Workbench(loss: broken.loss ?? .squared)
    fresh.model = before
    for valid in ["1 2 |ns a |new1 b:-1", #"{"y": 0, "x": {"new2": 0.25, "a": 1, "old": true}}"#] {
      try bench.learn(valid)
      try fresh.learn(valid)
      #expect(bench.rows == fresh.rows)
    }
    #expect(ModelBits(bench.model) == ModelBits(fresh.model))
  }

  @Test
  func nothingOfABatchIsLearnedBeforeItsBrokenSample() throws {
    let bench = Workbench()
    #expect(throws: SampleError.self) {
      try bench.decode(
        #"[{"y": 1, "x": {"p": 1}}, {"y": 2, "x": {"q": 2}}, {"y": 3, "x": {"r": 1, "r": 2}}]"#)
    }
    #expect(bench.names.isEmpty)
    #expect(throws: SampleError.self) { try bench.decode("1 | p\n2 | q\n3 | r s:x") }
    #expect(bench.names.isEmpty)
  }

  @Test
  func tableCoversEveryReasonOfTheDecoder() {
    #expect(BrokenMessage.all.count >= 75)
    #expect(Set(BrokenMessage.all.map(\.name)).count == BrokenMessage.all.count, "names are unique")
    #expect(BrokenMessage.all.allSatisfy { ($0.text == nil) != ($0.hex == nil) }, "either text or hex")
    // Messages of several frames have tests of their own.
    let expected = Set(SampleError.Reason.allCases.map(\.rawValue)).subtracting(["frames", "broken_arrays", "sequence"])
    #expect(Set(BrokenMessage.all.map(\.reason)) == expected)
  }

  @Test
  func everyRuleHasAMessageOfItsOwn() {
    var rules: [String: (reason: String, says: String)] = [:]
    for broken in BrokenMessage.all { rules[broken.rule] = (broken.reason, broken.says) }
    #expect(rules.count >= 60)
    for broken in BrokenMessage.all {
      let message = broken.error()?.message ?? ""
      let matching = rules.filter { $0.value.reason == broken.reason && message.contains($0.value.says) }
      #expect(Array(matching.keys) == [broken.rule], "\(broken.name): \(message)")
    }
  }

  @Test
  func messagesAreShortWhateverTheMistake() {
    let endless = String(repeating: "n", count: 100_000)
    for payload in [
      #"{"\#(endless)": 1}"#, #"{"y": \#(endless)}"#, "{\(endless)", #"{"y": 1\#(endless)}"#,
      "\(endless) | a",
      "1 | a:\(endless)", "1 |\(endless):x a", "1 | \(endless)", "1 \(endless)", "1 1:\(endless)",
      "1 \(endless.map { _ in "7" }.joined()):1",
      #"{"y": 1\#(endless.map { _ in "0" }.joined())}"#,
    ] {
      let error = #expect(throws: SampleError.self) { try Workbench().decode(payload) }
      #expect((error?.message.utf8.count ?? 0) < 300, "\(error?.message.prefix(400) ?? "")")
    }
  }

  @Test
  func fixedFormatsRejectTheOther() {
    let bench = Workbench()
    let asText = #expect(throws: SampleError.self) { try bench.decode(#"{"y": 1, "x": {}}"#, format: .vw) }
    #expect(asText?.reason == .brokenText)
    let asIndexed = #expect(throws: SampleError.self) { try bench.decode("1 | a:1", format: .svmlight) }
    #expect(asIndexed?.reason == .featureName)
    let asJSON = #expect(throws: SampleError.self) { try bench.decode("1 | a:1", format: .json) }
    #expect(asJSON?.reason == .brokenJSON)
    #expect(asJSON?.message.contains("follows the end of the JSON") == true)
  }

  @Test(arguments: [
    ("3", "a number"), ("\"text\"", "a string"), ("null", "null"), ("true", "a boolean"),
    (" 1.5 ", "a number"),
  ])
  func scalarIsNoMessageOfJSON(_ payload: String, _ kind: String) {
    let error = #expect(throws: SampleError.self) { try Workbench().decode(payload, format: .json) }
    #expect(error?.reason == .shape)
    #expect(error?.message == "a JSON message must be an object or an array of objects, not \(kind)")
  }
}
