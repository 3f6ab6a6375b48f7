import Glibc
import ModelStore
import TestSupport
import Testing

@testable import WhittleService

/// What the engine knows of its journal, told by hand.
struct JournalStateTests {
  private let failure = StoreError.system(call: "fsync", path: "journal", code: EIO)

  private func report(
    _ attempt: Int, _ written: UInt64, _ synchronized: UInt64, _ failure: StoreError? = nil
  ) -> JournalProgress {
    JournalProgress(attempt: attempt, written: written, synchronized: synchronized, failure: failure)
  }

  @Test func answersLeaveAsTheDiskGetsOn() {
    var state = JournalState(after: 10, checkpointed: 10)
    #expect(!state.isOpen && state.problem == nil)
    let (attempt, hasGap) = state.begin(after: 10)
    #expect(attempt == 1 && !hasGap && state.isOpen)
    #expect(state.safe(.accepted) == .max && state.safe(.journaled) == 10 && state.safe(.durable) == 10)
    #expect(state.record(report(1, 14, 12), now: 0) == nil)
    #expect(state.safe(.journaled) == 14 && state.safe(.durable) == 12)
    #expect(state.recordCheckpoint(20) == nil)
    #expect(state.safe(.journaled) == 20 && state.safe(.durable) == 20, "what a checkpoint has is safe too")
    #expect(state.secondsToRetry(now: 0) == nil)
  }

  @Test func afterAFailureNothingIsSafeButWhatWas() {
    var state = JournalState(after: 0, checkpointed: 0)
    _ = state.begin(after: 0)
    #expect(state.record(report(1, 9, 6, failure), now: 100) == .failed(failure))
    #expect(!state.isOpen && state.problem?.contains("fsync failed on journal: Input/output error") == true)
    #expect(state.safe(.durable) == 6 && state.safe(.journaled) == 9)
    #expect(state.secondsToRetry(now: 100).map { $0 > 0 } == true)
    // Late words of the attempt that is over change nothing.
    #expect(state.record(report(1, 50, 50), now: 101) == nil)
    #expect(state.safe(.durable) == 6)
  }

  @Test func aGapIsClosedByTheCheckpointThatCoversIt() {
    var state = JournalState(after: 0, checkpointed: 0)
    _ = state.begin(after: 0)
    _ = state.record(report(1, 9, 6, failure), now: 0)
    let (attempt, hasGap) = state.begin(after: 15)
    #expect(attempt == 2 && hasGap && state.isOpen && state.problem != nil)
    #expect(state.record(report(2, 20, 20), now: 1) == nil)
    #expect(state.safe(.durable) == 6, "10 to 15 are nowhere")
    #expect(state.recordCheckpoint(14) == nil)
    #expect(state.safe(.durable) == 14 && state.problem != nil)
    #expect(state.recordCheckpoint(15) == .recovered)
    #expect(state.safe(.durable) == 20 && state.problem == nil)
  }

  @Test func theCheckpointMayComeBeforeTheAttemptIsKnownToWork() {
    var state = JournalState(after: 0, checkpointed: 0)
    _ = state.begin(after: 0)
    _ = state.record(report(1, 9, 6, failure), now: 0)
    _ = state.begin(after: 15)
    #expect(state.recordCheckpoint(15) == nil && state.problem != nil)
    #expect(state.record(report(2, 15, 15), now: 1) == .recovered)
    #expect(state.problem == nil)
  }

  @Test func whatACheckpointCoversLeavesNoGap() {
    var state = JournalState(after: 0, checkpointed: 0)
    _ = state.begin(after: 0)
    _ = state.record(report(1, 9, 6, failure), now: 0)
    #expect(state.recordCheckpoint(15) == nil, "there is no journal yet")
    #expect(!state.begin(after: 15).hasGap)
    #expect(state.record(report(2, 16, 15), now: 1) == .recovered)
    #expect(state.safe(.journaled) == 16 && state.safe(.durable) == 15)
  }

  /// A process that was killed leaves messages in files that no sync has reached.
  @Test func whatAnEarlierJournalHoldsIsSafeOnceTheAttemptHasBegun() {
    var state = JournalState(after: 30, checkpointed: 20)
    #expect(state.safe(.durable) == 20)
    #expect(!state.begin(after: 30).hasGap && state.safe(.durable) == 20 && state.synchronized == 20)
    #expect(state.record(report(1, 0, 0, failure), now: 0) == .failed(failure) && state.safe(.durable) == 20)
    #expect(!state.begin(after: 30).hasGap && state.safe(.durable) == 20, "the files still have all")
    #expect(state.record(report(2, 30, 30), now: 1) == .recovered && state.safe(.durable) == 30)
  }

  @Test func messagesLearnedWithoutAJournalAfterARecoveryAreAGap() {
    var state = JournalState(after: 30, checkpointed: 20)
    _ = state.begin(after: 30)
    _ = state.record(report(1, 0, 0, failure), now: 0)
    #expect(state.begin(after: 31).hasGap)
    #expect(state.record(report(2, 40, 40), now: 1) == nil && state.safe(.durable) == 20)
    #expect(state.recordCheckpoint(31) == .recovered && state.safe(.durable) == 40)
  }

  @Test func whatWasMissingAtTheStartIsAGapUntilACheckpointCoversIt() {
    var state = JournalState(after: 30, checkpointed: 20, lacksMessages: true)
    #expect(state.begin(after: 30).hasGap && state.problem != nil && state.secondsToRetry(now: 5) == 0)
    #expect(state.record(report(1, 40, 40), now: 6) == nil && state.safe(.durable) == 20)
    #expect(state.recordCheckpoint(30) == .recovered)
    #expect(state.problem == nil && state.safe(.durable) == 40)
  }

  @Test func attemptsThatFailAgainWaitLonger() {
    var state = JournalState(after: 0, checkpointed: 0)
    _ = state.begin(after: 0)
    var waits: [Double] = []
    var now = 0.0
    for attempt in 1...10 {
      _ = state.record(report(attempt, 0, 0, failure), now: now)
      let wait = state.secondsToRetry(now: now) ?? -1
      waits.append(wait)
      now += wait
      #expect(state.secondsToRetry(now: now) == 0)
      _ = state.begin(after: UInt64(attempt))
    }
    #expect(waits.first == 0.5 && waits == waits.sorted() && waits.last == 30)
    // A second gap is longer than the first.
    #expect(state.recordCheckpoint(9) == nil && state.recordCheckpoint(10) == nil)
    #expect(state.record(report(11, 10, 10), now: now) == .recovered)
  }

  /// Against the whole truth, kept apart: which messages each journal has and whether it can be read.
  @Test func nothingIsCalledSafeThatIsNot() {
    for seed in 0..<300 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      var state = JournalState(after: 0, checkpointed: 0)
      var position: UInt64 = 0
      var checkpoint: UInt64 = 0
      /// What a start would find: all up to here.
      var durable: UInt64 = 0
      var segment = (attempt: state.begin(after: 0).attempt, base: UInt64(0), synchronized: UInt64(0))
      for _ in 0..<60 {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1: position += UInt64.random(in: 1...5, using: &generator)
        case 2 where state.isOpen:
          let to = UInt64.random(in: segment.synchronized...position, using: &generator)
          segment.synchronized = to
          _ = state.record(report(segment.attempt, position, to), now: 0)
        case 3 where state.isOpen:
          _ = state.record(report(segment.attempt, position, segment.synchronized, failure), now: 0)
        case 4 where !state.isOpen:
          segment = (state.begin(after: position).attempt, position, position)
        case 5:
          checkpoint = UInt64.random(in: checkpoint...position, using: &generator)
          _ = state.recordCheckpoint(checkpoint)
        default: break
        }
        durable = max(durable, checkpoint)
        if segment.base <= durable { durable = max(durable, segment.synchronized) }
        #expect(state.safe(.durable) <= durable, "seed \(seed)")
      }
    }
  }

  @Test func heldAnswersLeaveInOrderAndOnce() {
    var generator = SeededGenerator(seed: 5)
    var held = HeldAnswers()
    var position: UInt64 = 0
    var expected: [(UInt64, UInt8)] = []
    var left: [UInt8] = []
    var number = 0
    for _ in 0..<5000 {
      if Bool.random(using: &generator) {
        position += UInt64.random(in: 0...2, using: &generator)
        held.hold([UInt8(truncatingIfNeeded: number)], to: Envelope(frames: []), until: position)
        expected.append((position, UInt8(truncatingIfNeeded: number)))
        number += 1
      } else {
        let safe = UInt64.random(in: 0...position, using: &generator)
        while let (_, answer) = held.next(safe: safe) {
          #expect(expected[left.count].0 <= safe)
          left.append(answer[0])
        }
        #expect(expected.count == left.count || expected[left.count].0 > safe)
      }
      #expect(held.count == expected.count - left.count)
    }
    while let (_, answer) = held.next(safe: .max) { left.append(answer[0]) }
    #expect(left == expected.map(\.1) && held.count == 0)
  }
}
