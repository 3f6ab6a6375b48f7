import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// When a feature counts as having entered or left the active set.
struct ActiveSetWatchTests {
  /// The rule for one feature, told from all that was seen of it: at which looks it is told of.
  private static func tellings(_ isActive: [Bool], _ rule: ActiveSetWatch.Rule) -> [Int] {
    var (told, isMember, doublings, since) = ([Int](), false, 0, 0)
    for look in isActive.indices {
      let needed = doublings == 0 ? rule.enteredAfter : rule.leftAfter * (1 << (doublings - 1))
      // Looks in a row up to this one that say the same, counted from what was last told or forgiven.
      var run = 0
      while look - run >= since, isActive[look - run] == isActive[look] { run += 1 }
      if isActive[look] != isMember {
        if run < needed { continue }
        isMember.toggle()
        doublings = min(doublings + 1, 6)
        told.append(look)
        since = look + 1
      } else if doublings > (isMember ? 1 : 0), run >= 2 * needed {
        doublings -= 1
        since = look + 1
      }
    }
    return told
  }

  private func look(
    _ coefficients: [Float], step: UInt64, renamings: UInt64 = 0, _ name: @escaping (Int) -> String? = { "f\($0)" }
  ) -> ActiveSetWatch.Look {
    ActiveSetWatch.Look(step: step, coefficients: coefficients, renamings: renamings, name: name)
  }

  /// One feature alone, looked at again and again.
  private func tellings(of isActive: [Bool], _ rule: ActiveSetWatch.Rule = .init()) -> [Int] {
    var watch = ActiveSetWatch(rule)
    return isActive.indices.filter { place in
      let (entered, left) = watch.take(look([isActive[place] ? 1 : 0], step: UInt64(place)), now: 0)
      return entered != nil || left != nil
    }
  }

  @Test func aSteadyFeatureIsToldAfterSoManyLooks() {
    let stream = Array(repeating: true, count: 40) + Array(repeating: false, count: 40)
    #expect(tellings(of: stream) == [2, 55])
    #expect(tellings(of: stream, .init(enteredAfter: 1, leftAfter: 1)) == [0, 40])
  }

  /// However it flickers, it is one event, or two where it is away for as long as a feature that leaves.
  @Test func aFeatureThatFlickersIsOneEvent() {
    for seed in UInt64(1)...5 {
      var random = SeededGenerator(seed: seed)
      let coin = (0..<5000).map { _ in random.below(2) == 0 }
      #expect((1...2).contains(tellings(of: coin).count), "seed=\(seed)")
      let loaded = (0..<5000).map { _ in random.below(5) > 1 }
      #expect(tellings(of: loaded).count == 1, "seed=\(seed)")
    }
    #expect(tellings(of: (0..<5000).map { $0 % 2 == 0 }).isEmpty)
    #expect(tellings(of: (0..<5000).map { $0 % 10 < 5 }) == [2])
    #expect(tellings(of: (0..<5000).map { $0 % 40 < 20 }) == [2, 35])
  }

  /// Features that come, go, flicker, are forgotten, and whose places others take.
  @Test(arguments: UInt64(1)...40) func isAsTheRuleSaysForEachFeature(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rule = ActiveSetWatch.Rule(enteredAfter: 1 + random.below(4), leftAfter: 1 + random.below(6))
    var watch = ActiveSetWatch(rule)
    let slots = 12
    var names: [String?] = (0..<slots).map { "f\($0)" }
    var renamings: UInt64 = 0
    var next = slots
    var values = [Float](repeating: 0, count: slots)
    // How likely a coefficient is to turn from zero, and to zero.
    let leaves = (0..<slots).map { _ in random.pick([0.02, 0.1, 0.5, 0.9]) }
    var history: [String: [Bool]] = [:]
    for number in 0..<300 {
      // Features that were told of when they were last there, and are not any more.
      var gone: [String: [Bool]] = [:]
      for slot in 0..<slots {
        if random.unit() < 0.02, let name = names[slot] {
          // Forgotten: its place stays empty, or another feature takes it.
          gone[name] = history.removeValue(forKey: name)
          (values[slot], renamings) = (0, renamings + 1)
          names[slot] = nil
        }
        if names[slot] == nil, random.below(3) == 0 {
          names[slot] = "f\(next)"
          (next, renamings) = (next + 1, renamings + 1)
        }
        if values[slot] == 0, names[slot] != nil, random.unit() < leaves[slot] {
          values[slot] = Float(1 + random.below(9))
        } else if values[slot] != 0, random.unit() < 1 - leaves[slot] {
          values[slot] = 0
        }
        if let name = names[slot] { history[name, default: []].append(values[slot] != 0) }
      }
      let told = names
      let (entered, left) = watch.take(look(values, step: UInt64(number), renamings: renamings) { told[$0] }, now: 0)
      var (enteredNames, leftNames, unnamed) = (Set<String>(), Set<String>(), 0)
      for (name, seen) in history {
        let tellings = ActiveSetWatchTests.tellings(seen, rule)
        guard tellings.last == seen.count - 1 else { continue }
        if tellings.count % 2 == 1 { enteredNames.insert(name) } else { leftNames.insert(name) }
      }
      for (name, seen) in gone where ActiveSetWatchTests.tellings(seen, rule).count % 2 == 1 {
        // Only of one that was zero before it was forgotten is the name kept.
        if seen.last == false { leftNames.insert(name) } else { unnamed += 1 }
      }
      let place = "seed=\(seed) look=\(number)"
      #expect(Set(entered?.names ?? []) == enteredNames && entered?.count ?? 0 == enteredNames.count, "\(place)")
      #expect(Set(left?.names ?? []) == leftNames && left?.count ?? 0 == leftNames.count + unnamed, "\(place)")
      for change in [entered, left].compactMap({ $0 }) {
        #expect(change.names.count == change.values.count, "\(place)")
        #expect(change.values.map(abs) == change.values.map(abs).sorted(by: >), "\(place)")
      }
      if let entered {
        #expect(entered.values == entered.names.map { name in values[told.firstIndex(of: name) ?? 0] }, "\(place)")
      }
    }
  }

  @Test func manyAreOneEventOfBoundedSize() {
    var watch = ActiveSetWatch(.init(enteredAfter: 1, leftAfter: 1))
    let values = (0..<1000).map { Float($0 % 2 == 0 ? $0 : -$0) }
    let (entered, left) = watch.take(look(values, step: 1), now: 0)
    #expect(left == nil && entered?.count == 999)
    #expect(entered?.names == (0..<20).map { "f\(999 - $0)" })
    #expect(entered?.values == (0..<20).map { values[999 - $0] })
    let (none, all) = watch.take(look([Float](repeating: 0, count: 1000), step: 2), now: 1)
    #expect(none == nil && all?.count == 999 && all?.names == entered?.names && all?.values == entered?.values)
  }

  /// What a restart brings is no news, and neither is what a reset takes away.
  @Test func restartsAndResets() {
    var watch = ActiveSetWatch(.init(enteredAfter: 2, leftAfter: 3))
    watch.begin(with: look([1, 0, 2], step: 100))
    for step in UInt64(101)...120 { #expect(watch.take(look([1, 0, 2], step: step), now: 0).entered == nil) }
    var left: [ActiveSetWatch.Change?] = []
    for step in UInt64(121)...123 { left.append(watch.take(look([1, 0, 0], step: step), now: 0).left) }
    #expect(left.map { $0?.names } == [nil, nil, ["f2"]])
    #expect(left.last??.values == [2])
    watch.reset()
    #expect(watch.count == 0)
    for step in UInt64(0)...10 {
      let (entered, left) = watch.take(look([0, 0, 1], step: step), now: 0)
      #expect(left == nil && entered?.names == (step == 1 ? ["f2"] : nil))
    }
  }

  /// Looks need news and some time in between.
  @Test func looksAreSpaced() {
    var watch = ActiveSetWatch()
    #expect(watch.isDue(step: 5, now: 0))
    _ = watch.take(look([1], step: 5), now: 0)
    #expect(!watch.isDue(step: 5, now: 100) && !watch.isDue(step: 6, now: 0.4) && watch.isDue(step: 6, now: 0.5))
    #expect(!ActiveSetWatch(.init(enteredAfter: 0, leftAfter: 0)).isDue(step: 6, now: 1))
  }

  /// What is steadily zero is forgotten in the end.
  @Test func memoryIsInProportionToTheActiveSet() {
    var watch = ActiveSetWatch(.init(enteredAfter: 1, leftAfter: 1))
    for step in UInt64(0)..<200 {
      let values = (0..<500).map { Float(step < 100 ? (Int(step) + $0) % 3 : $0 < 7 ? 1 : 0) }
      _ = watch.take(look(values, step: step), now: 0)
    }
    #expect(watch.count < 500)
    for step in UInt64(200)..<500 {
      _ = watch.take(look((0..<500).map { $0 < 7 ? 1 : 0 }, step: step), now: 0)
    }
    #expect(watch.count == 7)
  }
}
