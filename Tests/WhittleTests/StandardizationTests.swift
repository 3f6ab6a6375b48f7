import Testing

@testable import whittle

@Suite struct StandardizationTests {
  @Test func momentsByHand() {
    var moments = Moments()
    #expect(moments.scale == nil)
    // Mean 5, squared differences 9+1+1+1+0+0+4+16 = 32, over 8 is 4.
    for number in [2.0, 4, 4, 4, 5, 5, 7, 9] { moments.add(number) }
    #expect(moments.count == 8)
    #expect(moments.mean == 5)
    #expect(moments.standardDeviation == 2)
    #expect(moments.scale?.standardize(9) == 2)
  }

  @Test func sameNumbersHaveNoScale() {
    var moments = Moments()
    for _ in 0..<10 { moments.add(0.1) }
    #expect(moments.scale == nil)
  }

  @Test func rowsAreStandardized() throws {
    let csv = "y,a,c,mixed,flag\n10,1,7,1,true\n20,3,7,x,false\n30,,7,2,true\n"
    let found = try standardization(csv, target: false)
    #expect(found.constant == ["c"])
    #expect(found.features == ["a": Scale(mean: 2, standardDeviation: 1)])
    #expect(found.target == nil)
    #expect(
      try samples(csv, standardization: found) == [
        #"{"y":10,"x":{"a":-1.0,"mixed":1,"flag":true}}"#,
        #"{"y":20,"x":{"a":1.0,"mixed":"x","flag":false}}"#,
        #"{"y":30,"x":{"mixed":2,"flag":true}}"#,
      ])
  }

  @Test func theTargetToo() throws {
    let csv = "y,a\n1,5\n3,6\n"
    let found = try standardization(csv, features: false)
    #expect(found.features.isEmpty)
    #expect(found.target == Scale(mean: 2, standardDeviation: 1))
    #expect(
      try samples(csv, standardization: found) == [#"{"y":-1.0,"x":{"a":5}}"#, #"{"y":1.0,"x":{"a":6}}"#])
    #expect(FeedPreparation.notices(about: found).count == 1)
    #expect(throws: ToolError.self) { try standardization("y,a\n1,5\n1,6\n") }
    #expect(throws: ToolError.self) { try standardization("y,a\n") }
  }

  @Test func numbersTooLargeAreRefused() throws {
    let csv = "y,a\n1,1e308\n2,-1e308\n"
    let found = try standardization(csv, target: false)
    #expect(throws: ToolError.self) { try samples(csv, standardization: found) }
  }

  private func standardization(
    _ csv: String, features: Bool = true, target: Bool = true
  ) throws -> Standardization {
    var rows = try CSVSamples(file: "t.csv", roles: ColumnRoles(), source(csv))
    var moments: [String: Moments] = [:]
    var targetMoments = Moments()
    try rows.measure(into: &moments, target: &targetMoments)
    return try Standardization(
      moments: moments, target: target ? targetMoments : nil, standardizesFeatures: features)
  }
}
