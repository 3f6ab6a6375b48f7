import DiskDoubles
import FoundationEssentials
import Glibc
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// Whatever fails, and whenever the process or the power does: recovery succeeds, what was acknowledged is there once, and the model
/// is that of the recovered messages.
struct CrashTests {
  private static let stream = RandomStream(seed: 11, messages: 40)

  private static func steps(_ count: Int, _ generator: inout SeededGenerator) -> [JournaledLife.Step] {
    (0..<count).map { _ in
      generator.pick([.accept, .accept, .accept, .accept, .synchronize, .synchronize, .checkpoint, .prune, .restart])
    }
  }

  /// How many lives with power failures; more than these by the environment, and then all else is tried in full, too.
  private static let longForm = ProcessInfo.processInfo.environment["WHITTLE_POWER_LOSS_SEEDS"].flatMap { UInt64($0) }

  /// All calls, one after the other, fail in every manner, alone or with all that follow, until a run is not touched. In the short
  /// form the calls take turns at the six ways to fail.
  @Test(arguments: FaultyDisk.Fault.Manner.allCases, [true, false])
  func everyCallFails(manner: FaultyDisk.Fault.Manner, alone: Bool) throws {
    let manners = FaultyDisk.Fault.Manner.allCases
    let stride = Self.longForm == nil ? manners.count * 2 : 1
    let way = try #require(manners.firstIndex(of: manner)) * 2 + (alone ? 1 : 2)
    var number = stride == 1 ? 0 : way - stride
    var failures = 1
    while failures > 0 {
      number += stride
      let code = [EIO, ENOSPC, EROFS][number / stride % 3]
      let comment: Comment = "call \(number), \(manner), alone: \(alone)"
      let disk = MemoryDisk()
      let faulty = FaultyDisk(over: disk)
      faulty.plan(alone ? .at(number, manner, code: code) : .from(number, manner, code: code))
      let life = JournaledLife(Self.stream, on: faulty)
      var generator = SeededGenerator(seed: 5)
      let steps = [.restart] + Self.steps(50, &generator)
      do {
        for step in steps {
          do {
            try life.take(step, &generator)
          } catch let error as StoreError {
            // The process ends. Where it was one call that failed, it is started again.
            guard case .system(_, _, code) = error else { throw error }
            if !alone { break }
            try life.take(.restart, &generator)
          }
        }
        failures = faulty.failures
        // On a copy: this crash is not the life's.
        try life.copy(on: disk).start(on: disk.crash(seed: UInt64(number)))
        try life.start(on: disk)
        if failures == 0 { expectAllKindsOfWork(life) }
      } catch {
        Issue.record("\(comment): \(error)")
        return
      }
    }
    #expect(number > 200, "the run is long enough")
  }

  private func expectAllKindsOfWork(_ life: JournaledLife) {
    #expect(life.counts.checkpoints > 2 && life.counts.removed > 2 && life.counts.recovered > 2)
    #expect(life.acknowledged > 30)
  }

  /// 500 lives with several power failures each; more by the environment.
  @Test func thePowerFails() throws {
    let wanted = Self.longForm ?? 500
    var dropped = 0
    var failures = 0
    for seed in 0..<wanted {
      do {
        let life = try powerLosses(seed)
        dropped += life.counts.dropped
        failures += life.counts.failures
      } catch {
        Issue.record("seed \(seed): \(error)")
        return
      }
    }
    #expect(dropped > Int(wanted) / 10 && failures > Int(wanted) / 10, "torn tails and failed calls are part of it")
  }

  private func powerLosses(_ seed: UInt64) throws -> JournaledLife {
    var generator = SeededGenerator(seed: seed)
    var disk = MemoryDisk()
    let life = JournaledLife(Self.stream, on: disk, synchronizesFirst: seed % 4 == 0)
    for _ in 0..<4 {
      let faulty = FaultyDisk(over: disk)
      let number = 1 + generator.below(200)
      let manner = generator.pick(FaultyDisk.Fault.Manner.allCases)
      // The power fails in the middle of a call; or some time after a call that failed; or just so. In every fourth life no
      // call fails.
      let kind = seed % 4 == 0 ? 2 : generator.below(3)
      if kind == 0 { faulty.plan(.from(number, manner)) }
      if kind == 1 { faulty.plan(.at(number, manner)) }
      life.files = faulty
      for step in [.restart] + Self.steps(generator.below(40), &generator) {
        do {
          try life.take(step, &generator)
        } catch let error as StoreError {
          guard case .system(_, _, EIO) = error else { throw error }
          if kind == 0 { break }
          try life.take(.restart, &generator)
        }
      }
      let survivor = generator.next()
      disk = disk.crash(seed: survivor)
      // The journal has all, so that the older checkpoint does as well.
      if seed % 4 == 0 { try life.checkKeptCheckpoints(on: disk) }
    }
    try life.start(on: disk)
    return life
  }
}
