import Testing
import ZeroMQ

/// Messages of one and many frames, lent in place.
@Suite(.timeLimit(.minutes(1))) struct MessageTests {
  private let context: Context
  private let push: Socket
  private let pull: Socket

  init() throws {
    context = try Context()
    pull = try Socket.forTest(.pull, in: context)
    push = try Socket.forTest(.push, in: context)
    try push.connect(try pull.bind("inproc://messages"))
  }

  @Test func framesStayTogetherAndInOrder() throws {
    let frames = [bytes("topic"), [], bytes("payload"), [0, 255, 0]]
    try push.send(frames)
    try push.send(bytes("next"))
    let message = Message()
    #expect(try message.receive(from: pull))
    #expect(message.count == 4)
    #expect((0..<4).map { message.copy($0) } == frames)
    #expect(message.byteCount == 15)
    #expect(try message.receive(from: pull))
    #expect(message.count == 1)
    #expect(message.copy(0) == bytes("next"))
    #expect(message.copy(1) == [])
  }

  @Test(arguments: [1, 3, 16])
  func framesAreLentTogether(capacity: Int) throws {
    let message = Message(capacity: capacity)
    for count in [1, 3, 5, 2] {
      let frames = (0..<count).map { bytes("frame \($0)") }
      try push.send(frames)
      #expect(try message.receive(from: pull))
      for first in [0, 1, 7] {
        let lent = message.withFrames(from: first) { frames in frames.indices.map { Array(frames[$0]) } }
        #expect(lent == Array(frames.prefix(capacity).dropFirst(first)))
      }
    }
  }

  @Test func framesSentOneByOneAreOneMessage() throws {
    try push.send(bytes("a"), more: true)
    // Nothing of a message arrives before all of it.
    let early = try pull.receive(waiting: .never)
    #expect(early == nil)
    try push.send(bytes("b"))
    let whole = try pull.receive()
    #expect(whole == [bytes("a"), bytes("b")])
  }

  /// However many frames a message has, the copying receive leaves none out.
  @Test(arguments: [16, 17, 100])
  func copyOfManyFramesIsWhole(count: Int) throws {
    let frames = (0..<count).map { bytes("frame \($0)") }
    try push.send(frames)
    let received = try pull.receive()
    #expect(received == frames)
    let more = try pull.receive(waiting: .never)
    #expect(more == nil)
  }

  @Test(arguments: [1, 2, 4])
  func framesBeyondTheCapacityAreCountedAndDropped(capacity: Int) throws {
    let message = Message(capacity: capacity)
    let frames = (0..<5).map { bytes("frame \($0)") }
    for _ in 0..<3 {
      try push.send(frames)
      try push.send([bytes("whole")])
      #expect(try message.receive(from: pull))
      #expect(message.count == 5)
      #expect(
        (0..<5).map { message.copy($0) } == frames[..<capacity] + Array(repeating: [], count: 5 - capacity))
      #expect(message.byteCount == 7 * capacity)
      // The next receive begins at the next message.
      #expect(try message.receive(from: pull))
      #expect(message.count == 1)
      #expect(message.copy(0) == bytes("whole"))
    }
    #expect(Message(capacity: 0).capacity == 1)
  }

  /// libzmq keeps up to about 30 bytes inside the frame's struct and larger ones outside.
  @Test func smallAndLargeFramesAreLentInPlace() throws {
    let message = Message()
    for size in [1, 5, 29, 30, 33, 34, 64, 1000, 8192, 8193, 1_000_000, 3] {
      let sent = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      try push.send(sent)
      #expect(try message.receive(from: pull))
      func place() -> UnsafeRawPointer? {
        message.withFrame(0) { frame in frame.withUnsafeBytes { $0.baseAddress } }
      }
      #expect(place() == place())
      let (count, same) = message.withFrame(0) { frame in
        (frame.count, frame.indices.allSatisfy { frame[$0] == sent[$0] })
      }
      #expect(count == size)
      #expect(same, "\(size) bytes")
      #expect(message.byteCount == size)
    }
    try push.send([] as [UInt8])
    #expect(try message.receive(from: pull))
    #expect(message.withFrame(0) { $0.count } == 0)
  }

  @Test func errorsPassThroughTheLoan() throws {
    struct Unwanted: Error {}
    try push.send(bytes("x"))
    let message = Message()
    #expect(try message.receive(from: pull))
    #expect(throws: Unwanted.self) { try message.withFrame(0) { _ in throw Unwanted() } }
    #expect(message.copy(0) == bytes("x"))
  }

  @Test func receivingWithoutWaitingFindsNothing() throws {
    let nothing = try pull.receive(waiting: .never)
    #expect(nothing == nil)
    let message = Message()
    try push.send(bytes("old"))
    #expect(try message.receive(from: pull))
    #expect(try !message.receive(from: pull, waiting: .never))
    // What was there before is not taken for new.
    #expect(message.count == 0)
    #expect(message.copy(0) == [])
    #expect(message.byteCount == 0)
  }

  @Test func timeLimitEndsAWait() throws {
    try pull.set(.receiveTimeout(1))
    let nothing = try pull.receive()
    #expect(nothing == nil)
  }
}
