import Glibc
import OnlineLearning
import TestSupport
import Testing

/// ADWIN and the test of Page and Hinkley, against themselves written down from the papers with nothing summed up in advance.
struct DriftDetectorTests {
  /// ADWIN with the numbers themselves in its buckets.
  private struct PlainADWIN {
    let parameters: ADWIN.Parameters
    /// The oldest first.
    var buckets: [[Double]] = []
    var ticks = 0

    mutating func add(_ number: Double) -> Bool {
      buckets.append([number])
      var size = 1
      while buckets.count(where: { $0.count == size }) > parameters.buckets {
        guard let first = buckets.firstIndex(where: { $0.count == size }) else { break }
        buckets[first] += buckets.remove(at: first + 1)
        size *= 2
      }
      ticks += 1
      guard ticks % parameters.clock == 0, numbers.count > parameters.grace else { return false }
      var found = false
      while hasCut {
        buckets.removeFirst()
        found = true
      }
      return found
    }

    var numbers: [Double] { buckets.flatMap { $0 } }

    private var hasCut: Bool {
      let all = numbers
      let (n, mean) = (Double(all.count), mean(all[...]))
      let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
      let confidence = log(2 * log(n) / parameters.delta)
      var cut = 0
      for bucket in buckets.dropLast() {
        cut += bucket.count
        let (before, after) = (cut - parameters.leastSide + 1, all.count - cut - parameters.leastSide + 1)
        if before < 1 || after < 1 { continue }
        let m = 1 / Double(before) + 1 / Double(after)
        let bound = sqrt(2 * m * variance * confidence) + 2 * m * confidence / 3
        if abs(self.mean(all[..<cut]) - self.mean(all[cut...])) > bound { return true }
      }
      return false
    }

    private func mean(_ numbers: ArraySlice<Double>) -> Double { numbers.reduce(0, +) / Double(numbers.count) }
  }

  /// Stretches of numbers of different means and spreads.
  private func stream(_ random: inout SeededGenerator) -> [Double] {
    (0..<5).flatMap { _ in
      let (mean, spread) = (random.unit(), random.pick([0, 0.05, 0.3]))
      return (0..<20 + random.below(400)).map { _ in mean + spread * random.normal() }
    }
  }

  @Test(arguments: UInt64(1)...30) func adwinIsADWIN(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let parameters = ADWIN.Parameters(
      delta: random.pick([0.002, 0.05, 0.3]), clock: random.pick([1, 8, 32]), buckets: 1 + random.below(6),
      leastSide: 1 + random.below(6), grace: 10)
    var (window, plain) = (ADWIN(parameters), PlainADWIN(parameters: parameters))
    var changes = 0
    for (place, number) in stream(&random).enumerated() {
      let change = window.add(number)
      let place = "seed=\(seed) place=\(place) \(parameters)"
      #expect((change != nil) == plain.add(number), "\(place)")
      let numbers = plain.numbers
      #expect(window.count == numbers.count, "\(place)")
      let mean = numbers.reduce(0, +) / Double(numbers.count)
      let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)
      #expect(abs(window.mean - mean) < 1e-9 && abs(window.variance - variance) < 1e-9, "\(place)")
      if let change {
        changes += 1
        #expect(abs(change.meanAfter - mean) < 1e-9, "\(place)")
        if window.count < 30 { break }
      }
    }
    #expect(window.count > 0, "seed=\(seed) changes=\(changes)")
  }

  @Test(arguments: UInt64(1)...20) func pageAndHinkley(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let parameters = PageHinkley.Parameters(
      delta: random.pick([0, 0.005, 0.1]), threshold: random.pick([0.5, 5, 50]),
      forgetting: random.pick([1, 0.9999, 0.99]), least: 1 + random.below(40))
    var test = PageHinkley(parameters)
    var (numbers, sums) = ([Double](), [Double]())
    var rises = 0
    for number in stream(&random) {
      numbers.append(number)
      let mean = numbers.reduce(0, +) / Double(numbers.count)
      sums.append((sums.last ?? 0) * parameters.forgetting + number - mean - parameters.delta)
      let least = sums.min() ?? 0
      let isRise = numbers.count >= parameters.least && (sums.last ?? 0) - least > parameters.threshold + 1e-9
      guard let rise = test.add(number) else {
        #expect(!isRise, "seed=\(seed) after \(numbers.count)")
        continue
      }
      rises += 1
      #expect((sums.last ?? 0) - least > parameters.threshold - 1e-9, "seed=\(seed) after \(numbers.count)")
      let begin = numbers.count - rise.age
      #expect(abs(sums[begin - 1] - least) < 1e-9, "seed=\(seed) after \(numbers.count)")
      let (before, after) = (numbers[..<begin], numbers[begin...])
      #expect(abs(rise.meanBefore - before.reduce(0, +) / Double(before.count)) < 1e-9, "seed=\(seed)")
      #expect(abs(rise.meanAfter - after.reduce(0, +) / Double(after.count)) < 1e-6, "seed=\(seed)")
      (test, numbers, sums) = (PageHinkley(parameters), [], [])
    }
  }

  /// Nothing that a stream may hold traps, and what is no number changes nothing.
  @Test func anyNumbers() {
    let largest = Double.greatestFiniteMagnitude
    let odd = [.nan, .infinity, -.infinity, largest, -largest, .leastNonzeroMagnitude, 0, -1, 1e300]
    var random = SeededGenerator(seed: 1)
    var (window, test) = (ADWIN(.init(clock: 1)), PageHinkley())
    var watch = LossDrift()
    for _ in 0..<20_000 {
      let number = random.below(3) == 0 ? random.pick(odd) : random.unit()
      _ = window.add(number)
      _ = test.add(number)
      _ = watch.take(number)
    }
    #expect(window.count > 0)
    var (untouched, disturbed) = (ADWIN(), ADWIN())
    for _ in 0..<100 {
      let number = random.unit()
      _ = untouched.add(number)
      _ = disturbed.add(number)
      _ = disturbed.add(.nan)
      _ = disturbed.add(.infinity)
    }
    #expect(untouched.mean == disturbed.mean && untouched.count == disturbed.count)
  }
}
