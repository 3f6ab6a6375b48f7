import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleClient

@Suite struct PublicationBufferTests {
  @Test func theOldestIsDroppedAndCounted() {
    var buffer = PublicationBuffer(capacity: 2)
    for byte: UInt8 in 1...5 { buffer.offer([[byte]]) }
    #expect(buffer.next() == .item(PublicationBuffer.Item(messages: [[[4]]], droppedBefore: 3)))
    #expect(buffer.next() == .item(PublicationBuffer.Item(messages: [[[5]]], droppedBefore: 0)))
    #expect(buffer.next() == .wait)
  }

  @Test func theEndComesAfterWhatIsThere() {
    var buffer = PublicationBuffer(capacity: 2)
    buffer.offer([[1]])
    buffer.end(.failed(reason: "why"))
    buffer.offer([[2]])
    #expect(buffer.next() == .item(PublicationBuffer.Item(messages: [[[1]]], droppedBefore: 0)))
    #expect(buffer.next() == .end(.failed(reason: "why")))
    #expect(buffer.next() == .end(nil), "an error is told once")
  }

  @Test func whoReadsNoMoreGetsNothing() {
    var buffer = PublicationBuffer(capacity: 2)
    buffer.offer([[1]])
    buffer.cancel()
    #expect(buffer.next() == .end(nil))
  }

  @Test(arguments: 0..<50) func everyPublicationIsReadOrCounted(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let capacity = 1 + random.below(4)
    var buffer = PublicationBuffer(capacity: capacity)
    var offered: UInt8 = 0
    var expected: UInt8 = 0
    for _ in 0..<200 {
      if random.below(2) == 0, offered < 255 {
        buffer.offer([[offered]])
        offered += 1
      } else if case .item(let item) = buffer.next() {
        // What is read is newer than what was read before, by as many as were dropped.
        #expect(item.messages == [[[expected + UInt8(item.droppedBefore)]]], "seed \(seed)")
        expected += UInt8(item.droppedBefore) + 1
        #expect(offered - expected < UInt8(capacity), "seed \(seed)")
      } else {
        #expect(expected == offered, "seed \(seed)")
      }
    }
  }

  @Test func aChainIsReadAtOnceAndBeginsAnewWithWhatIsWhole() {
    var buffer = PublicationBuffer(capacity: 3, isChain: true)
    buffer.offer([[1]])
    buffer.offer([[2]], isWhole: false)
    buffer.offer([[3]], isWhole: true)
    buffer.offer([[4]], isWhole: false)
    #expect(buffer.next() == .item(PublicationBuffer.Item(messages: [[[3]], [[4]]], droppedBefore: 2)))
    for byte: UInt8 in 5...8 { buffer.offer([[byte]], isWhole: false) }
    #expect(buffer.next() == .item(PublicationBuffer.Item(messages: [[[6]], [[7]], [[8]]], droppedBefore: 1)))
    #expect(buffer.next() == .wait)
  }
}
