import OnlineLearning
import TestSupport
import Testing

struct HeaviestCoefficientsTests {
  @Test func areThoseThatSortingFinds() {
    let seed = UInt64.random(in: 0...999_999)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      // Few different values, so that many are equal.
      let values = (0..<generator.below(60)).map { _ in Float(generator.below(7)) - 3 }
      let room = generator.below(12)
      var heaviest = HeaviestCoefficients(room)
      for (index, value) in values.enumerated() { heaviest.add(value, at: index) }
      let sorted = values.indices.sorted { (abs(values[$1]), $0) < (abs(values[$0]), $1) }
      #expect(heaviest.sorted.map(\.index) == Array(sorted.prefix(room)), "seed \(seed)")
    }
  }

  @Test func infinityIsTheHeaviest() {
    var heaviest = HeaviestCoefficients(2)
    for (index, value) in [1, -Float.infinity, 3, .infinity].enumerated() { heaviest.add(value, at: index) }
    #expect(heaviest.sorted.map(\.index) == [1, 3])
  }
}
