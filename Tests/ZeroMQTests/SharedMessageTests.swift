import Testing
import ZeroMQ

@Suite struct SharedMessageTests {
  @Test func isSentAgainAndAgainAsItIs() throws {
    let context = try Context()
    let (sender, receiver) = (try Socket(.push, in: context), try Socket(.pull, in: context))
    try receiver.set(.receiveTimeout(30_000))
    try receiver.bind("inproc://shared")
    try sender.connect("inproc://shared")
    // Short frames live inside libzmq's struct, long ones outside.
    let frames: [[UInt8]] = [Array("topic".utf8), [], Array(repeating: 7, count: 100_000)]
    let message = try SharedMessage(frames)
    #expect(message.byteCount == 100_005)
    for _ in 0..<3 { try sender.send(message) }
    for _ in 0..<3 { #expect(try receiver.receive() == frames) }
  }

  @Test func outlivesItsOwner() throws {
    let context = try Context()
    let (sender, receiver) = (try Socket(.push, in: context), try Socket(.pull, in: context))
    try receiver.set(.receiveTimeout(30_000))
    try receiver.bind("inproc://shared")
    try sender.connect("inproc://shared")
    try sender.send(SharedMessage([Array(repeating: 1, count: 50_000)]))
    #expect(try receiver.receive() == [Array(repeating: 1, count: 50_000)])
  }
}
