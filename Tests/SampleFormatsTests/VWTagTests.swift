import OnlineLearning
import SampleFormats
import Testing

/// Tags of Vowpal Wabbit text are the ids of samples, where those may wait for their targets.
struct VWTagTests {
  private struct Seen: Equatable {
    var sample: Int
    var row: Int?
    var id: String
    var isTargetOnly = false
  }

  private func decode(_ payload: String, keepsIdentified: Bool = true) throws -> (bench: Workbench, seen: [Seen]) {
    let bench = Workbench()
    bench.decoder.keepsIdentified = keepsIdentified
    try bench.decode(payload)
    let labels = bench.batch.labels
    return (
      bench,
      (0..<labels.count).map { place in
        let label = labels[place]
        return Seen(
          sample: label.sample, row: label.row,
          id: labels.id(of: label).map { String(decoding: $0, as: UTF8.self) } ?? "none",
          isTargetOnly: label.isTargetOnly)
      }
    )
  }

  @Test
  func samplesAndTheTargetsThatComeForThem() throws {
    let (bench, seen) = try decode("'a | x:2\n1 | y\n| unlearned\n2 3 'a|\n4 'b |n z\n5 'größe:1| \n'c|")
    #expect(
      seen == [
        Seen(sample: 0, row: 0, id: "a"), Seen(sample: 3, row: 2, id: "a", isTargetOnly: true),
        Seen(sample: 4, row: 3, id: "b"), Seen(sample: 5, row: 4, id: "größe:1", isTargetOnly: true),
        Seen(sample: 6, row: 5, id: "c"),
      ])
    #expect(bench.batch.targets.map(\.isNaN) == [true, false, false, false, false, true])
    #expect(bench.rows[0].features == [Feature("x", 2)])
    #expect(bench.rows[2] == Row(2, importance: 3))
    #expect(bench.rows[3] == Row(4, Feature("n^z")))
    #expect(bench.batch.unlearned == 1 && bench.names == ["x", "y", "n^z"])
  }

  @Test
  func tagThatTouchesTheBar() throws {
    // Without a quote, and even if it looks like a number.
    #expect(try decode("17| x").seen == [Seen(sample: 0, row: 0, id: "17")])
    #expect(try decode("1 17|").seen == [Seen(sample: 0, row: 0, id: "17", isTargetOnly: true)])
    #expect(try decode("1 '|").seen == [])
  }

  @Test
  func weightOfZeroIsNotKept() throws {
    let (bench, seen) = try decode("1 0 'a | x\n1 'b| y")
    #expect(seen == [Seen(sample: 0, row: nil, id: "a"), Seen(sample: 1, row: 0, id: "b")])
    #expect(bench.names == ["y"])
  }

  @Test
  func noneWhereNoneMayWait() throws {
    let (bench, seen) = try decode("'a | x\n1 'a | y", keepsIdentified: false)
    #expect(seen == [])
    #expect(bench.rows == [Row(1, Feature("y"))] && bench.batch.unlearned == 1)
  }
}
