import Testing

@testable import whittle

@Suite struct TrajectoryTests {
  private func trajectory(_ count: Int) -> Trajectory {
    var trajectory = Trajectory(names: ["a", "b,c"])
    for place in 0..<count {
      trajectory.add(
        Trajectory.Moment(
          checkpoint: place + 1 < count ? UInt64(place + 1) : nil, file: nil, time: Double(place),
          step: UInt64(place * 1000), intercept: 0.5),
        [Float(place) / 4, place == 0 ? nil : -1])
    }
    return trajectory
  }

  @Test func history() {
    #expect(
      trajectory(3).history(digits: 6) == """
         ID   STEP  WRITTEN                  a  b,c
          1      0  1970-01-01T00:00:00Z     0    -
          2  1,000  1970-01-01T00:00:01Z  0.25   -1
        now  2,000  1970-01-01T00:00:02Z   0.5   -1

        """)
  }

  @Test func path() {
    #expect(
      trajectory(3).path(digits: 6) == """
        ID    1      2    now
        STEP  0  1,000  2,000
        a     0   0.25    0.5
        b,c   -     -1     -1

        """)
  }

  @Test(arguments: [12, 20, 40, 80, 200])
  func pathFits(columns: Int) throws {
    let text = trajectory(30).path(digits: 6, columns: columns)
    let table = text.split(separator: "\n").filter { !$0.contains("not shown") }
    let ids = try #require(table.first).split(separator: " ")
    #expect(ids[1] == "1" && ids.last == "now")
    // Two checkpoints there are in any case.
    #expect(table.allSatisfy { $0.count <= columns } || ids.count == 3)
    #expect((ids.count == 31) == !text.contains("not shown"))
    #expect(ids.count == 31 || text.contains("\(31 - ids.count) checkpoints between are not shown"))
  }

  @Test func evenly() {
    #expect(Trajectory.evenly(2, of: 10) == [0, 9])
    #expect(Trajectory.evenly(4, of: 10) == [0, 3, 6, 9])
    #expect(Trajectory.evenly(3, of: 3) == [0, 1, 2])
  }

  @Test func tables() {
    #expect(
      String(decoding: trajectory(3).historyCSV, as: UTF8.self) == """
        checkpoint,time,step,(intercept),a,"b,c"
        1,0.0,0,0.5,0.0,
        2,1.0,1000,0.5,0.25,-1.0
        now,2.0,2000,0.5,0.5,-1.0

        """)
    #expect(
      String(decoding: trajectory(3).pathCSV, as: UTF8.self) == """
        feature,1,2,now
        (step),0,1000,2000
        (time),0.0,1.0,2.0
        (intercept),0.5,0.5,0.5
        a,0.0,0.25,0.5
        "b,c",,-1.0,-1.0

        """)
  }
}
