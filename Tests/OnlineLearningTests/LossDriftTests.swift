import Glibc
import OnlineLearning
import TestSupport
import Testing

/// The watch over the loss: quiet as long as the loss does not rise, whatever noise there is.
struct LossDriftTests {
  /// Losses of one sample, of mean 1 or about that.
  enum Noise: CaseIterable {
    /// Half the square of a normal error.
    case squared
    /// Its square is of Student's t of three degrees of freedom: without a variance.
    case heavy
    /// One in fifty samples costs anything.
    case rare
    /// As good as constant.
    case faint

    func loss(_ random: inout SeededGenerator) -> Double {
      switch self {
      case .squared:
        let error = random.normal()
        return error * error
      case .heavy:
        let error = random.normal()
        let square = (0..<3).reduce(0.0) { sum, _ in
          let one = random.normal()
          return sum + one * one
        }
        return error * error / square
      case .rare: return random.below(50) == 0 ? 50 : 0
      case .faint: return 1 + 1e-6 * random.normal()
      }
    }

    func block(_ random: inout SeededGenerator) -> Double {
      (0..<LossBlocks.samples).reduce(0) { sum, _ in sum + loss(&random) } / Double(LossBlocks.samples)
    }
  }

  /// A million samples each.
  @Test(arguments: Noise.allCases) func noFalseAlarms(_ noise: Noise) {
    for seed in UInt64(1)...2 {
      var random = SeededGenerator(seed: seed)
      var watch = LossDrift()
      var rises: [(Int, LossDrift.Rise)] = []
      for block in 0..<31_250 {
        if let rise = watch.take(noise.block(&random)) { rises.append((block, rise)) }
      }
      #expect(rises.isEmpty, "seed=\(seed) \(rises)")
    }
  }

  /// Losses that fall as a model's do.
  @Test(arguments: Noise.allCases) func learningIsNoDrift(_ noise: Noise) {
    for power in [0.5, 1, 2] {
      var random = SeededGenerator(seed: 3)
      var watch = LossDrift()
      for block in 0..<10_000 {
        let level = 1e-3 + 100 / (1 + Double(block)).squareRoot() / max(1, power * Double(block) / 50)
        #expect(watch.take(level * noise.block(&random)) == nil, "power=\(power) block=\(block)")
      }
    }
  }

  private static let choices: [Set<LossDrift.Detector>] = [[.adwin], [.pageHinkley], [.adwin, .pageHinkley]]

  @Test(arguments: [Noise.squared, .faint], [1.5, 2, 10, 1e6])
  func risesAreFound(_ noise: Noise, _ factor: Double) throws {
    for detectors in LossDriftTests.choices {
      var random = SeededGenerator(seed: 4)
      var watch = LossDrift(LossDrift.Parameters(detectors: detectors))
      var found: (block: Int, rise: LossDrift.Rise)?
      for block in 0..<4000 where found == nil {
        let loss = noise.block(&random) * (block < 2000 ? 1 : factor)
        if let rise = watch.take(loss) { found = (block, rise) }
      }
      let (block, rise) = try #require(found, "\(detectors)")
      #expect((2000..<2200).contains(block), "\(detectors) \(block)")
      #expect(detectors.contains(rise.detector))
      #expect(abs(block - rise.age - 2000) <= 32, "\(block) \(rise)")
      #expect(rise.lossBefore > 0.8 && rise.lossBefore < 1.2, "\(rise)")
      #expect(rise.lossAfter > 0.6 * factor && rise.lossAfter < 1.5 * factor, "\(rise)")
    }
  }

  /// What falls and rises again is found, also where it stays below what it was at first.
  @Test func risesAfterAFall() {
    var random = SeededGenerator(seed: 5)
    var watch = LossDrift()
    var found: [Int] = []
    for block in 0..<6000 {
      let level = block < 1000 ? 1000 : block < 4000 ? 1 : 4.0
      if watch.take(level * Noise.squared.block(&random)) != nil { found.append(block) }
    }
    #expect(found.count == 1 && (4000..<4020).contains(found.first ?? 0), "\(found)")
  }

  /// In whatever unit the loss is.
  @Test(arguments: [0x1p-300, 0x1p-40, 0x1p60, 0x1p500]) func unitsDoNotMatter(_ unit: Double) {
    var random = SeededGenerator(seed: 6)
    var (one, other) = (LossDrift(), LossDrift())
    var rises = 0
    for block in 0..<3000 {
      let loss = Noise.squared.block(&random) * (block % 1500 < 1000 ? 1 : 3)
      let (rise, scaled) = (one.take(loss), other.take(loss * unit))
      #expect(rise?.lossBefore == scaled.map { $0.lossBefore / unit } && rise?.age == scaled?.age, "block=\(block)")
      if rise != nil { rises += 1 }
    }
    #expect(rises == 2)
  }

  /// A loss that was zero has a level, too.
  @Test func risesFromZero() {
    var watch = LossDrift()
    var found: [Int] = []
    for block in 0..<400 where watch.take(block < 200 ? 0 : 0.5) != nil { found.append(block) }
    #expect(found.count == 1 && (200..<240).contains(found.first ?? 0), "\(found)")
  }

  /// The blocks that a model keeps are of the losses of its predictions before learning, of every way to learn.
  @Test(arguments: [Loss.squared, .logistic, .poisson]) func blocksOfAModel(_ loss: Loss) {
    var random = SeededGenerator(seed: 8)
    var configuration = LearnerConfiguration()
    configuration.loss = loss
    var model = Model(configuration)
    let feature = model.space.intern(Array("a".utf8).span) ?? 0
    var (losses, means, since) = ([Double](), [Double](), 0)
    model.learn(SampleBatch())
    model.keepLossBlocks()
    for _ in 0..<100 {
      var batch = SampleBatch()
      let rows = 1 + random.below(9)
      for _ in 0..<rows {
        batch.append(feature: feature, value: Float(random.normal()))
        let target =
          switch loss {
          case .squared: random.normal()
          case .logistic: random.pick([1.0, -1])
          default: Double(random.below(4))
          }
        batch.endRow(target: target, importance: 1 + random.unit())
      }
      var margins: [Double] = []
      if random.below(2) == 0 {
        _ = model.learn(batch, margins: &margins)
      } else {
        model.learn(batch, given: Array(repeating: .nan, count: rows), margins: &margins)
      }
      for (margin, target) in zip(margins, batch.targets) {
        let function = configuration.lossFunction
        let least = loss == .poisson && target > 0 ? function.value(log(target), target) : 0
        losses.append(function.value(margin, target) - least)
      }
      if random.below(5) == 0 {
        let taken = model.takeLossBlocks()
        means += taken.means
        since = losses.count - means.count * LossBlocks.samples
        #expect(taken.samplesSince == since && !model.hasLossBlocks)
      }
    }
    means += model.takeLossBlocks().means
    let expected = (0..<losses.count / LossBlocks.samples).map { block in
      losses[block * LossBlocks.samples..<(block + 1) * LossBlocks.samples].reduce(0, +) / Double(LossBlocks.samples)
    }
    #expect(means.count == expected.count && means.count > 5)
    #expect(zip(means, expected).allSatisfy { abs($0 - $1) < 1e-9 })
  }
}
