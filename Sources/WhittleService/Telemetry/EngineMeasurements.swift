/// What the engine measures of its own work. It belongs to the engine's thread, and goes out with each reading.
public struct EngineMeasurements: Sendable {
  /// Bytes of each message that came, all its frames.
  public internal(set) var messageBytes = Histogram(unit: 64)
  /// Samples of each message that was accepted, learned or not.
  public internal(set) var messageSamples = Histogram(unit: 1)
  /// Seconds from a message's arrival at the engine until it was learned and, at ROUTER, answered: of one message in
  /// `learnStride`, since reading the clock for each would cost as much as learning a small one.
  public internal(set) var learnSeconds = Histogram(unit: 2.5e-7)
  /// Once a turn of a socket that had messages, when they are learned: how long ago the socket was last seen empty. For none of
  /// them it took longer, from its arrival on.
  public internal(set) var queueDelaySeconds = Histogram(unit: 2.5e-7)
  /// Seconds that writing a checkpoint took.
  public internal(set) var checkpointSeconds = Histogram(unit: 1e-3)
  public internal(set) var checkpointsWritten: UInt64 = 0
  public internal(set) var checkpointsFailed: UInt64 = 0

  private var messagesUntilTimed = EngineMeasurements.learnStride

  /// A message of so many bytes came.
  ///
  /// - Returns: whether it is to be timed.
  @inline(__always)
  mutating func begin(_ bytes: Int) -> Bool {
    messageBytes.record(count: bytes)
    messagesUntilTimed -= 1
    if messagesUntilTimed > 0 { return false }
    messagesUntilTimed = EngineMeasurements.learnStride
    return true
  }

  /// One message in so many is timed. A prime, so that senders with a rhythm of their own are seen at every beat of it.
  public static let learnStride = 61
}
