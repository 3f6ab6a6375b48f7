import Testing

@testable import whittle

@Suite struct CSVSamplesTests {
  @Test func rowsBecomeJSON() throws {
    let csv = """
      y,sleep,color,smoker,hw
      3.2,7.5,red,true,
      -1,+8, "blue ",False,.5

      """
    #expect(
      try samples(csv) == [
        #"{"y":3.2,"x":{"sleep":7.5,"color":"red","smoker":true}}"#,
        #"{"y":-1,"x":{"sleep":8.0,"color":"\"blue \"","smoker":false,"hw":0.5}}"#,
      ])
  }

  @Test func textIsEscaped() throws {
    #expect(
      try samples("y,\"a\"\"b\\\"\n1,\"x\n\"\"\u{1}ä\"\n")
        == [#"{"y":1,"x":{"a\"b\\":"x\u000a\"\u0001ä"}}"#])
  }

  @Test func rolesAreTakenOut() throws {
    let roles = ColumnRoles(target: "price", weight: "w", ignored: ["id", ""])
    #expect(
      try samples(",id,price,w,size\n0,a,10,2,3\n1,b,1e2,,4\n", roles: roles)
        == [#"{"y":10,"weight":2.0,"x":{"size":3}}"#, #"{"y":1e2,"x":{"size":4}}"#])
    #expect(try samples("target,a\n1,2\n") == [#"{"y":1,"x":{"a":2}}"#])
    #expect(try samples("y,target\n1,2\n", roles: ColumnRoles(target: "y")) == [#"{"y":1,"x":{"target":2}}"#])
  }

  @Test func noFeaturesIsAnEmptyObject() throws {
    #expect(try samples("y,a\n1,\n") == [#"{"y":1,"x":{}}"#])
  }

  @Test(arguments: [
    ("y,a\n1,2\n1\n", 3, "found 1 fields, expected 2 as in the header"),
    ("y,a\n1,2,3\n", 2, "found 3 fields, expected 2 as in the header"),
    ("y,a\nx,2\n", 2, #"the target "y" must be a finite number, not "x""#),
    ("y,a\nnan,2\n", 2, #"the target "y" must be a finite number, not "nan""#),
    ("y,a\n1e999,2\n", 2, #"the target "y" must be a finite number, not "1e999""#),
    ("y,a\n,2\n", 2, #"the target "y" must be a finite number, not an empty cell"#),
    (
      "y,a\n1,inf\n", 2,
      #"column "a" holds a number that is not finite; leave the cell empty where a value is missing"#
    ),
    (
      "b,a\n1,2\n", 1,
      #"no column is named y or target; say which is the target with --target; the columns are "b", "a""#
    ),
    (
      "y,target\n1,2\n", 1,
      #"there are columns y and target; say which is the target with --target; the columns are "y", "target""#
    ),
    ("y,a,a\n", 1, #"columns 2 and 3 are both named "a"; rename one"#),
    (",y\n", 1, "column 1 has no name; name it, or leave it out with --ignore ''"),
  ])
  func refuses(csv: String, line: Int, reason: String) {
    #expect(throws: ToolError.badData(file: "t.csv", line: line, reason: reason)) { try samples(csv) }
  }

  @Test func refusesUnknownRoles() {
    for roles in [
      ColumnRoles(target: "z"), ColumnRoles(weight: "z"), ColumnRoles(ignored: ["z"]),
    ] {
      #expect {
        try samples("y,a\n1,2\n", roles: roles)
      } throws: {
        "\($0)".contains(#"there is no column "z"; the columns are "y", "a""#)
      }
    }
    #expect(throws: ToolError.self) { try samples("y,w\n1,-1\n", roles: ColumnRoles(weight: "w")) }
    #expect(throws: ToolError.self) { try samples("") }
  }

  @Test func refusesWhatIsNotUTF8() throws {
    var samples = try CSVSamples(
      file: "t.csv", roles: ColumnRoles(), source(utf8("y,a\n1,b") + [0xFF] + utf8("\n")))
    var sample: [UInt8] = []
    #expect {
      _ = try samples.next(&sample)
    } throws: {
      "\($0)".hasPrefix("t.csv:2: column \"a\" is not UTF-8")
    }
    #expect(throws: ToolError.self) {
      try CSVSamples(file: "t.csv", roles: ColumnRoles(), source(utf8("y,") + [0xFF] + utf8("\n")))
    }
  }
}
