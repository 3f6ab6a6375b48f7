import TestSupport
import Testing

@testable import WhittleService

@Suite struct CoefficientPathTests {
  private func feature(_ index: Int) -> CoefficientPath.Feature { .init(index: index, name: "f\(index)") }

  /// Appends a moment of a model whose coefficients are these, by index.
  private func append(_ values: [Float], to path: inout CoefficientPath, at second: Int) {
    let order = values.indices.filter { values[$0] != 0 }.sorted { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }
    path.append(
      order.prefix(path.places).map(feature), step: UInt64(second), now: Double(second), time: Double(second) + 1e9
    ) { $0.index < values.count ? values[$0.index] : nil }
  }

  @Test func aFeatureIsFollowedToZero() {
    var path = CoefficientPath(places: 4, moments: 10)
    append([], to: &path, at: 0)
    append([3, 1], to: &path, at: 1)
    append([0, 2], to: &path, at: 2)
    let report = path.report
    #expect(report.names == ["f1", "f0"])
    #expect(report.coefficients == [[nil, 1, 2], [nil, 3, 0]])
    #expect(report.step == [0, 1, 2])
    #expect(report.time == [1e9, 1e9 + 1, 1e9 + 2])
  }

  @Test func oneThatTheModelForgotHasNoValue() {
    var path = CoefficientPath(places: 4, moments: 10)
    append([3, 1], to: &path, at: 0)
    append([3], to: &path, at: 1)
    #expect(path.report.names == ["f0", "f1"])
    #expect(path.report.coefficients == [[3, 3], [1, nil]])
  }

  /// Against a plain rule: the heavier half is there, and of all others those that were in it most often.
  @Test(arguments: 0..<30) func whoIsFollowed(round: UInt64) {
    var generator = SeededGenerator(seed: round)
    let places = 2 * Int.random(in: 1...5, using: &generator)
    var path = CoefficientPath(places: places, moments: 20)
    var values = [Float](repeating: 0, count: 30)
    for second in 0..<200 {
      for _ in 0..<3 { values[Int.random(in: 0..<30, using: &generator)] = Float.random(in: -1...1, using: &generator) }
      if Int.random(in: 0..<10, using: &generator) == 0 { values[Int.random(in: 0..<30, using: &generator)] = 0 }
      append(values, to: &path, at: second)
      let report = path.report
      #expect(report.names.count <= places && report.time.count <= 20, "round \(round)")
      #expect(Set(report.names).count == report.names.count, "round \(round)")
      #expect(report.coefficients.allSatisfy { $0.count == report.time.count }, "round \(round)")
      #expect(report.time == report.time.sorted(), "round \(round)")
      let order = values.indices.filter { values[$0] != 0 }.sorted { abs(values[$0]) > abs(values[$1]) }
      for index in order.prefix(places / 2) { #expect(report.names.contains("f\(index)"), "round \(round)") }
      for (name, column) in zip(report.names, report.coefficients) {
        let index = Int(name.dropFirst()) ?? -1
        #expect(column.last == values[index], "round \(round)")
      }
      let weights = report.coefficients.map { abs(($0.last ?? nil) ?? -1) }
      #expect(weights == weights.sorted(by: >), "round \(round)")
    }
  }

  @Test func theLongestStay() {
    var path = CoefficientPath(places: 4, moments: 100)
    // f0 and f1 are heavy for long, f2 and f3 for a moment, then f4 and f5 come.
    for second in 0..<10 { append([5, 4], to: &path, at: second) }
    append([0, 0, 5, 4], to: &path, at: 10)
    append([0, 0, 0, 0, 5, 4], to: &path, at: 11)
    #expect(Set(path.report.names) == ["f0", "f1", "f4", "f5"])
  }
}
