import TestSupport
import Testing

@testable import OnlineLearning

@Suite struct DelayedSamplesTests {
  /// What waits, as a plain list, oldest first.
  private struct Waiting {
    let id: String
    let value: Float
    let time: Double
  }

  private func row(_ value: Float) -> SampleBatch {
    var batch = SampleBatch()
    batch.append(feature: 3, value: value)
    batch.endRow(target: .nan, importance: Double(value) + 1)
    return batch
  }

  /// What waits costs what it holds, also where it came after the largest message of all, in a batch that has room for that.
  @Test func waitingTakesNoMoreRoomThanTheSample() throws {
    var batch = SampleBatch()
    for feature in 0..<10_000 { batch.append(feature: UInt32(feature), value: 1) }
    batch.endRow(target: .nan, importance: 1)
    batch.removeAll()
    batch.append(feature: 3, value: 2)
    batch.append(feature: 5, value: 7)
    batch.endRow(target: .nan, importance: 1)
    var ids = [UInt8](repeating: 0, count: 100_000)
    ids.removeAll(keepingCapacity: true)
    ids += Array("pump".utf8)
    var delayed = DelayedSamples(DelayedSamples.Bounds())
    delayed.keep(0, of: batch, id: ids[...], margin: 0, at: 0)
    #expect(delayed.order[0].id.capacity < 64)
    #expect(delayed.samples.keys.allSatisfy { $0.capacity < 64 })
    let taken = delayed.take(ids[...], at: 0)
    let sample = try #require(taken)
    #expect(sample.features == [3, 5] && sample.values == [2, 7])
    #expect(sample.features.capacity < 64 && sample.values.capacity < 64)
  }

  /// Against the list, with ids that come again and time that jumps.
  @Test(arguments: UInt64(0)..<40)
  func samplesWaitForTheirTargets(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bounds = DelayedSamples.Bounds(samples: random.pick([1, 3, 20]), age: random.pick([5, 50]))
    var delayed = DelayedSamples(bounds)
    var expected: [Waiting] = []
    var counts = DelayedSamples.Counts()
    var time = 0.0
    for round in 0..<600 {
      let comment: Comment = "seed=\(seed) round=\(round)"
      time += Double.random(in: 0...1, using: &random) * random.pick([0, 1, 1, 10])
      let id = "id \(Int.random(in: 0..<30, using: &random))"
      let alive = expected.filter { $0.time >= time - bounds.age }
      counts.forgotten += UInt64(expected.count - alive.count)
      expected = alive
      if Bool.random(using: &random) {
        let value = Float.random(in: 1...2, using: &random)
        delayed.keep(0, of: row(value), id: Array(id.utf8)[...], margin: Double(value) * 2, at: time)
        if expected.contains(where: { $0.id == id }) { counts.forgotten += 1 }
        expected.removeAll { $0.id == id }
        expected.append(Waiting(id: id, value: value, time: time))
        if expected.count > bounds.samples {
          expected.removeFirst()
          counts.forgotten += 1
        }
      } else {
        let taken = delayed.take(Array(id.utf8)[...], at: time)
        let place = expected.firstIndex { $0.id == id }
        #expect((taken == nil) == (place == nil), comment)
        if let taken, let place {
          let sample = expected.remove(at: place)
          #expect(taken.features == [3] && taken.values == [sample.value], comment)
          #expect(taken.margin == Double(sample.value) * 2 && taken.importance == Double(sample.value) + 1, comment)
          counts.matched += 1
        }
      }
      #expect(delayed.count == expected.count && delayed.count <= bounds.samples, comment)
      #expect(delayed.counts == counts, comment)
      #expect(delayed.order.count <= 65 + 2 * bounds.samples, comment)
    }
    #expect(counts.matched > 0 && counts.forgotten > 0, "seed=\(seed)")
  }

  /// Fewer are allowed than wait: the oldest go.
  @Test(arguments: [0, 1, 4, 5, 9])
  func otherBoundsHoldAtOnce(allowed: Int) throws {
    var delayed = DelayedSamples(DelayedSamples.Bounds())
    for number in 0..<6 as Range<UInt8> {
      delayed.keep(0, of: row(Float(number) + 1), id: [number], margin: 0, at: Double(number))
    }
    _ = delayed.take([3], at: 6)
    delayed = delayed.under(DelayedSamples.Bounds(samples: allowed, age: 100))
    let left = [0, 1, 2, 4, 5].suffix(allowed)
    #expect(delayed.count == left.count && delayed.counts.forgotten == UInt64(5 - left.count))
    #expect(delayed.columns.ids == left.map { UInt8($0) })
    #expect(delayed.columns.values == left.map { Float($0) + 1 })
    // From then on, too.
    delayed.keep(0, of: row(9), id: [9], margin: 0, at: 7)
    #expect(delayed.count == min(left.count + 1, allowed))
    #expect(delayed.take([9], at: 7)?.values == (allowed > 0 ? [9] : nil))
    #expect(delayed.take([5], at: 106) == nil, "too old by now")
  }

  @Test func noneAreKeptWhereNoneMayBe() {
    var delayed = DelayedSamples(DelayedSamples.Bounds(samples: 0))
    delayed.keep(0, of: row(1), id: [1], margin: 0, at: 0)
    #expect(delayed.count == 0 && delayed.take([1], at: 0) == nil)
  }
}
