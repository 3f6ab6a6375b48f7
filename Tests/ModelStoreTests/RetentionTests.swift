import TestSupport
import Testing

@testable import ModelStore

/// Which checkpoints are kept, against the rule put otherwise, for clocks of every kind.
struct RetentionTests {
  private typealias Checkpoint = Retention.Checkpoint

  /// Checkpoints whose clock runs on, stands, leaps ahead and is set back.
  private static func history(_ random: inout SeededGenerator, steady: Bool) -> [Checkpoint] {
    var time = random.uniform(0..<2e9)
    var sequence: UInt64 = 1
    return (0..<random.pick([1, 30, 150])).map { _ in
      let pace = random.pick([10, 600, 2000, 9000, 90_000])
      switch random.below(steady ? 1 : 12) {
      case 9: time = max(0, time - random.uniform(0..<Double(pace) * 20))
      case 10: time += 400 * 86_400
      case 11: time = random.pick([0, 1e11, time])
      default: time = min(1e11, time + random.uniform(0..<Double(pace)))
      }
      sequence += UInt64(1 + random.below(3))
      return Checkpoint(sequence: sequence, time: time)
    }
  }

  private static func retention(_ random: inout SeededGenerator) -> Retention {
    Retention(newest: random.pick([1, 3, 10]), hourly: random.pick([0, 1, 5, 24]), daily: random.pick([0, 1, 7, 30]))
  }

  /// Of each checkpoint by itself: whether it is one of the newest, or the last of an hour or a day after which not too
  /// many others had one.
  private static func expected(_ retention: Retention, _ checkpoints: [Checkpoint]) -> [Checkpoint] {
    checkpoints.indices.filter { place in
      let later = checkpoints[(place + 1)...]
      func isKept(_ seconds: Double, _ count: Int) -> Bool {
        let slot = (checkpoints[place].time / seconds).rounded(.down)
        let others = later.map { ($0.time / seconds).rounded(.down) }
        return !others.contains(slot) && Set(others).subtracting([others.last]).count < count
      }
      return later.count < retention.newest || isKept(3600, retention.hourly) || isKept(86_400, retention.daily)
    }.map { checkpoints[$0] }
  }

  private func kept(_ retention: Retention, _ checkpoints: [Checkpoint]) -> [Checkpoint] {
    let removable = retention.removable(checkpoints)
    #expect(removable.map(\.sequence) == removable.map(\.sequence).sorted())
    return checkpoints.filter { !removable.contains($0) }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func followsTheRule(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let checkpoints = Self.history(&random, steady: seed % 3 == 0)
    let retention = Self.retention(&random)
    let kept = kept(retention, checkpoints)
    #expect(kept == Self.expected(retention, checkpoints), "seed \(seed), \(retention)")
    #expect(kept.suffix(retention.newest) == checkpoints.suffix(retention.newest), "seed \(seed)")
    #expect(kept.count <= retention.newest + retention.hourly + retention.daily, "seed \(seed)")
  }

  /// Removing after every checkpoint leaves what removing at the end would: nothing that is to be kept later was gone.
  @Test(arguments: 0..<60 as Range<UInt64>)
  func whatIsKeptLaterIsKeptUntilThen(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let checkpoints = Self.history(&random, steady: seed % 3 == 0)
    let retention = Self.retention(&random)
    var left: [Checkpoint] = []
    for (place, checkpoint) in checkpoints.enumerated() {
      left = kept(retention, left + [checkpoint])
      #expect(left == Self.expected(retention, Array(checkpoints[...place])), "seed \(seed), place \(place)")
    }
  }

  /// What was the newest of its hour stays for a day, and what was the newest of its day for a month.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func anHourIsKeptForADayAndADayForAMonth(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let retention = Retention(newest: 2)
    var time = random.uniform(0..<1e9)
    let pace = random.pick([300.0, 1000, 3500, 20_000])
    var left: [Checkpoint] = []
    var history: [Checkpoint] = []
    for sequence in 1...2500 as ClosedRange<UInt64> {
      time += random.uniform(0..<2 * pace)
      history.append(Checkpoint(sequence: sequence, time: time))
      left = kept(retention, left + history.suffix(1))
      guard sequence % 100 == 0 else { continue }
      for (seconds, span) in [(3600.0, 86_400.0), (86_400, 30 * 86_400)] {
        for (one, next) in zip(history, history.dropFirst())
        where Int(one.time / seconds) != Int(next.time / seconds) && time - one.time <= span {
          #expect(left.contains(one), "seed \(seed), sequence \(sequence), \(time - one.time) seconds old")
        }
      }
    }
  }

  @Test func aClockSetAheadAndBackMakesNoneOld() {
    let retention = Retention(newest: 1, hourly: 3, daily: 0)
    var checkpoints = (0..<3).map { Checkpoint(sequence: UInt64($0), time: Double($0) * 3600) }
    // A year ahead for a moment, and then half an hour back.
    checkpoints.append(Checkpoint(sequence: 3, time: 365 * 86_400))
    #expect(retention.removable(checkpoints).isEmpty)
    checkpoints.append(Checkpoint(sequence: 4, time: 2.5 * 3600))
    // That hour goes on; the one ahead counts as one.
    #expect(retention.removable(checkpoints).map(\.sequence) == [2])
  }

  @Test func ofNoneNoneIsRemoved() {
    #expect(Retention().removable([]).isEmpty)
    #expect(Retention(newest: 0, hourly: 0, daily: 0).removable([Checkpoint(sequence: 1, time: 0)]).isEmpty)
  }
}
