import OnlineLearning
import SampleFormats
import Testing

/// Records whose fields are what the configuration says.
struct JSONFlatTests {
  private func fields(_ change: (inout JSONFields) -> Void = { _ in }) -> JSONFields {
    var fields = JSONFields()
    fields.layout = .flat
    change(&fields)
    return fields
  }

  private func rows(_ payload: String, _ fields: JSONFields) throws -> [Row] {
    let bench = Workbench(fields: fields)
    try bench.decode(payload)
    return bench.rows
  }

  @Test
  func allOtherFieldsAreFeatures() throws {
    #expect(
      try rows(#"{"sleep": 7.5, "y": 3.2, "school": "north", "rain": true, "none": null, "homework": 2}"#, fields())
        == [Row(3.2, Feature("sleep", 7.5), Feature("school=north"), Feature("rain"), Feature("homework", 2))])
  }

  @Test
  func nestedFields() throws {
    #expect(
      try rows(#"{"a": {"b": 1, "y": 2}, "y": 3, "x": {"c": 4}, "l": [5, {"y": 6}]}"#, fields())
        == [
          Row(3, Feature("a.b"), Feature("a.y", 2), Feature("x.c", 4), Feature("l[0]", 5), Feature("l[1].y", 6))
        ])
  }

  /// What only looks like a role is a feature: a person's weight, a column of numbers named id.
  @Test
  func rolesThatNobodyGaveAreFeatures() throws {
    let bench = Workbench(fields: fields())
    try bench.decode(#"{"y": 1, "weight": 80, "id": 7, "seq": -2, "source": "web", "x": 3}"#)
    #expect(
      bench.rows == [
        Row(1, Feature("weight", 80), Feature("id", 7), Feature("seq", -2), Feature("source=web"), Feature("x", 3))
      ])
    #expect(bench.batch.labels.count == 0)
  }

  @Test
  func everyRoleByAnotherName() throws {
    let fields = fields {
      $0.target = "price"
      $0.weight = .field("times")
      $0.id = .field("row")
      $0.source = .field("shop")
      $0.seq = .field("no")
      $0.ignored = ["comment", "y"]
    }
    let bench = Workbench(fields: fields)
    try bench.decode(
      #"{"row": "r1", "y": 5, "area": 70, "price": 2, "comment": {"a": [1]}, "times": 3, "no": 4, "shop": "s"}"#)
    #expect(bench.rows == [Row(2, Feature("area", 70), importance: 3)])
    let label = try #require(bench.batch.labels.count == 1 ? bench.batch.labels[0] : nil)
    #expect(bench.batch.labels.id(of: label).map(Array.init) == Array("r1".utf8))
    #expect(bench.batch.labels.source(of: label).map(Array.init) == Array("s".utf8))
    #expect(label.seq == 4)
  }

  @Test
  func namesInNestedRecords() throws {
    var fields = JSONFields()
    fields.target = "label"
    fields.features = .field("features")
    fields.weight = .none
    fields.seq = .field("größe")
    fields.ignored = ["weight", "x"]
    let bench = Workbench(fields: fields)
    try bench.decode(
      #"{"features": {"a": 1}, "weight": "heavy", "label": 2, "gr\u00f6\u00dfe": 9, "x": null, "id": "i"}"#)
    #expect(bench.rows == [Row(2, Feature("a"))])
    #expect(bench.batch.labels[0].seq == 9)
    let error = bench.error(#"{"features": {"a": 1}, "y": 2}"#)
    #expect(error?.reason == .unknownField)
    #expect(
      error?.message == "a sample has no field \"y\"; known fields: label, features, id, source, größe, weight, x "
        + "(features go into \"features\")")
    #expect(bench.error(#"{"label": 1}"#)?.message.hasPrefix("the sample has no \"features\"") == true)
    #expect(bench.error(#"{"label": "1", "features": {}}"#)?.message == "\"label\" must be a number, not a string")
    #expect(bench.error(#"{"label": 1, "features": 3}"#)?.message.hasPrefix("\"features\" must be") == true)
  }

  @Test(arguments: [
    (#"{"y": 1, "a": 1, "y": 2}"#, "field \"y\" stands twice"),
    (#"{"y": 1, "skip": 1, "skip": 2}"#, "field \"skip\" stands twice"),
    (#"{"y": 1, "a": 1, "a": 2}"#, "feature \"a\" stands twice"),
    (#"{"y": 1, "a": "b", "a": "c"}"#, "feature \"a\" stands twice"),
    (#"{"y": 1, "a": null, "b": 1, "a": null}"#, "feature \"a\" stands twice"),
    (#"{"y": 1, "a": {"b": 1}, "a.b": 2}"#, "feature \"a.b\" stands twice"),
    (#"{"a": 1, "b": 2, "a": 2}"#, "feature \"a\" stands twice"),
    (#"{"y": 1, "a": "b", "a=b": 2}"#, "feature \"a=b\" stands twice"),
  ])
  func repetitions(_ payload: String, _ says: String) {
    let error = Workbench(fields: fields { $0.ignored = ["skip"] }).error(payload)
    #expect(error?.reason == .duplicateField)
    #expect(error?.message.hasPrefix(says) == true, "\(error?.message ?? "none")")
  }

  @Test(arguments: [#"{"a": 1, "b": "c"}"#, #"{"y": null, "a": 1}"#, #"{"y": 1, "w": 0, "a": 1}"#])
  func recordsThatAreNotLearned(_ payload: String) throws {
    let bench = Workbench(fields: fields { $0.weight = .field("w") })
    try bench.decode(payload)
    #expect(bench.batch.count == 0 && bench.batch.unlearned == 1)
    #expect(bench.names.isEmpty)
  }

  @Test
  func batchesAndLinesOfFlatRecords() throws {
    let records = [#"{"a":1,"y":1}"#, #"{"y":2,"b":"c","a":3}"#, #"{"y":3}"#]
    let expected = [Row(1, Feature("a")), Row(2, Feature("b=c"), Feature("a", 3)), Row(3)]
    #expect(try rows("[" + records.joined(separator: ",") + "]", fields()) == expected)
    #expect(try rows(records.joined(separator: "\n"), fields()) == expected)
  }

  @Test
  func aQuestionHasItsUsualFields() throws {
    let bench = Workbench(fields: fields { $0.target = "x" })
    try bench.learn(#"{"x": 1, "a": 2, "b": {"c": 3}}"#)
    try bench.decode(#"{"op": "predict", "x": {"a": 5, "b": {"c": 6}, "x": 1}}"#, for: .predict)
    #expect(bench.rows[0].features == [Feature("a", 5), Feature("b.c", 6)])
    #expect(bench.batch.unknownFeatures == 1)
  }

  @Test
  func flatAndNestedRecordsLeadToTheSameModel() throws {
    let flat = Workbench(fields: fields())
    let nested = Workbench()
    for number in 0..<200 {
      let features = #""a": \#(Double(number) / 7), "f\#(number % 13)": -1.5, "color": "c\#(number % 3)""#
      try flat.learn(#"{\#(features), "y": \#(number)}"#)
      try nested.learn(#"{"x": {\#(features)}, "y": \#(number)}"#)
      #expect(flat.rows == nested.rows)
    }
    #expect(flat.model.steps == 200)
  }

  /// Names of all lengths and endings, so that one role's field is never taken for another's.
  @Test
  func manyFieldsWithRoles() throws {
    let ignored = (0..<300).map { "ignored\($0)" } + ["", "ä", "i", "ignored", "ignored0ignored0"]
    let fields = fields { $0.ignored = ignored }
    let members = ignored.map { "\"\($0)\": 1" }
    let record = "{" + members.joined(separator: ",") + #", "y": 1, "ignored300": 2}"#
    #expect(try rows(record, fields) == [Row(1, Feature("ignored300", 2))])
    for name in ignored {
      #expect(try rows(#"{"y": 1, "\#(name)": 1, "\#(name)x": 2}"#, fields) == [Row(1, Feature(name + "x", 2))])
    }
  }

  @Test
  func contradictions() {
    #expect(JSONFields().contradictions.isEmpty)
    #expect(fields().contradictions.isEmpty)
    #expect(fields { $0.features = .field("x") }.contradictions == [.featuresOfFlatRecords])
    var several = JSONFields()
    several.target = "seq"
    several.id = .field("y")
    several.weight = .field("y")
    several.ignored = ["a", "source", "a"]
    #expect(
      several.contradictions == [
        .severalRoles(field: "y", .weight, .id), .severalRoles(field: "seq", .target, .seq),
        .severalRoles(field: "source", .source, .ignore), .severalRoles(field: "a", .ignore, .ignore),
      ])
    // What is not used in flat records has no role there.
    #expect(fields { $0.target = "seq" }.contradictions.isEmpty)
    #expect(fields { $0.ignored = ["x", "weight"] }.contradictions.isEmpty)
  }
}
