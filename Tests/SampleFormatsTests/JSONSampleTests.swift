import OnlineLearning
import SampleFormats
import Testing

/// Samples in JSON, as users send them.
struct JSONSampleTests {
  private func rows(_ payload: String, loss: Loss = .squared) throws -> [Row] {
    let bench = Workbench(loss: loss)
    try bench.decode(payload)
    return bench.rows
  }

  @Test
  func featuresByName() throws {
    #expect(
      try rows(#"{"y": 3.2, "x": {"sleep": 7.5, "hw": 2}}"#)
        == [Row(3.2, Feature("sleep", 7.5), Feature("hw", 2))])
  }

  @Test
  func featuresByPosition() throws {
    #expect(
      try rows(#"{"y": 1, "x": [0.5, -2, 0, null, true, "red", 1e3]}"#)
        == [Row(1, Feature("0", 0.5), Feature("1", -2), Feature("4"), Feature("5=red"), Feature("6", 1000))])
  }

  @Test
  func booleansAreZeroAndOne() throws {
    let bench = Workbench()
    try bench.decode(#"{"y": 1, "x": {"yes": true, "no": false}}"#)
    #expect(bench.rows == [Row(1, Feature("yes"))])
    // A value of 0 says nothing about this sample, but the name is known from here on.
    #expect(bench.names == ["yes", "no"])
  }

  @Test
  func stringsAreOneHot() throws {
    #expect(
      try rows(#"{"y": 1, "x": {"color": "red", "size": "", "a=b": "c=d"}}"#)
        == [Row(1, Feature("color=red"), Feature("size="), Feature("a=b=c=d"))])
  }

  @Test
  func nullIsAbsent() throws {
    let bench = Workbench()
    try bench.decode(#"{"y": 1, "x": {"a": null, "b": 2}, "weight": null}"#)
    #expect(bench.rows == [Row(1, Feature("b", 2))])
    #expect(bench.names == ["b"])
  }

  @Test
  func weightIsTheImportance() throws {
    #expect(try rows(#"{"weight": 2.5, "x": {"a": 1}, "y": 1}"#) == [Row(1, Feature("a"), importance: 2.5)])
  }

  @Test(arguments: [
    #"{"x": {"new": 1}}"#, #"{"y": null, "x": {"new": 1}}"#, #"{"y": 1, "x": {"new": 1}, "weight": 0}"#,
    #"{"y": 1, "x": {"new": "hot"}, "weight": -0.0}"#, #"{"y": 1, "x": {"new": 1}, "weight": 1e-400}"#,
  ])
  func sampleWithoutTargetOrWeightIsNotLearned(_ payload: String) throws {
    let bench = Workbench()
    try bench.decode(payload)
    #expect(bench.batch.count == 0 && bench.batch.features.isEmpty)
    #expect(bench.batch.unlearned == 1)
    #expect(bench.names.isEmpty)
  }

  @Test
  func batchKeepsItsOrder() throws {
    let bench = Workbench()
    try bench.decode(
      #"[{"y": 1, "x": {"a": 1}}, {"x": {"skipped": 1}}, {"y": 2, "x": {"b": 2, "a": 3}}, {"y": 3, "x": {}}]"#
    )
    #expect(bench.rows == [Row(1, Feature("a")), Row(2, Feature("b", 2), Feature("a", 3)), Row(3)])
    #expect(bench.batch.unlearned == 1)
    #expect(bench.names == ["a", "b"])
  }

  @Test
  func booleanTarget() throws {
    let payload = #"[{"y": true, "x": {"a": 1}}, {"y": false, "x": {"a": 1}}]"#
    #expect(try rows(payload).map(\.target) == [1, 0])
    #expect(try rows(payload, loss: .logistic).map(\.target) == [1, -1])
  }

  @Test
  func targetsOfTwoClasses() throws {
    let payload = #"[{"y": 1, "x": {}}, {"y": 0, "x": {}}, {"y": -1, "x": {}}, {"y": 1.0, "x": {}}]"#
    #expect(try rows(payload, loss: .logistic).map(\.target) == [1, -1, -1, 1])
  }

  @Test
  func namesInAnyScript() throws {
    #expect(
      try rows(#"{"y": 1, "x": {"größe": 1, "温度": 2, "🌧": "☔️", "with space": 3}}"#)
        == [Row(1, Feature("größe"), Feature("温度", 2), Feature("🌧=☔️"), Feature("with space", 3))])
  }

  @Test
  func escapesInNames() throws {
    #expect(
      try rows(
        #"{"y": 1, "x": {"gr\u00f6\u00dfe": 1, "\ud83c\udf27": 2, "a\"b\\c\/d\te": 3, "\u0000": "\n"}}"#)
        == [Row(1, Feature("größe"), Feature("🌧", 2), Feature("a\"b\\c/d\te", 3), Feature("\0=\n"))])
    // Two spellings of one name are one feature.
    let bench = Workbench()
    try bench.decode(#"[{"y": 1, "x": {"a": 1}}, {"y": 1, "x": {"\u0061": 1}}]"#)
    #expect(bench.names == ["a"])
    // And of a field.
    #expect(try rows(#"{"\u0079": 1, "\u0078": {"a": 1}}"#) == [Row(1, Feature("a"))])
  }

  @Test
  func numbersInAllForms() throws {
    #expect(
      try rows(
        #"{"y": -0.0, "x": [1e-3, 1E+2, -12, 18446744073709551615, -9223372036854775808, 1e-300, 3.4e38]}"#)
        == [
          Row(
            0, Feature("0", 1e-3), Feature("1", 100), Feature("2", -12), Feature("3", 0x1p64),
            Feature("4", -0x1p63),
            Feature("6", 3.4e38))
        ])
  }

  @Test
  func oneNameInTwoSamples() throws {
    let bench = Workbench()
    // The same name twice is a mistake within one sample only, whatever came before.
    for _ in 0..<3 { try bench.learn(#"[{"y": 1, "x": {"a": 1}}, {"y": 2, "x": {"a": 2}}]"#) }
    #expect(bench.model.steps == 6)
  }

  @Test
  func labelsAreNoFeatures() throws {
    #expect(
      try rows(#"{"id": "row-7", "source": "sensor", "seq": 12, "y": 1, "x": {"id": 1, "y": 2}}"#)
        == [Row(1, Feature("id"), Feature("y", 2))])
    #expect(try rows(#"{"id": null, "source": null, "seq": null, "y": 1, "x": {}}"#) == [Row(1)])
  }

  @Test
  func blanksAround() throws {
    #expect(try rows(" \r\n\t{\"y\" : 1 ,\n\"x\":{ \"a\" :1 } }\r\n") == [Row(1, Feature("a"))])
    #expect(try rows("\n [ {\"y\":1,\"x\":[1]} ] \n") == [Row(1, Feature("0"))])
  }

  @Test
  func largeBatch() throws {
    let bench = Workbench()
    let samples = (0..<10_000).map { #"{"y": \#($0), "x": {"a": 1, "f\#($0 % 1000)": \#($0)}}"# }
    try bench.decode("[" + samples.joined(separator: ", ") + "]")
    #expect(bench.batch.count == 10_000)
    #expect(bench.batch.targets == (0..<10_000).map(Double.init))
    #expect(bench.names.count == 1001)
    #expect(bench.rows[9_999] == Row(9_999, Feature("a"), Feature("f999", 9_999)))
  }

  @Test
  func wideSample() throws {
    let bench = Workbench()
    let values = (1...50_000).map(String.init).joined(separator: ",")
    try bench.decode(#"{"y": 1, "x": [\#(values)]}"#)
    #expect(bench.batch.values == (1...50_000).map(Float.init))
    #expect(bench.batch.features == Array(0..<50_000))
  }
}
