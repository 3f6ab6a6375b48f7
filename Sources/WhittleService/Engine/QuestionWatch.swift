/// When, between messages, the engine looks whether anybody asks.
///
/// A look costs a system call, about as much as learning a few features; who asks waits for half of the time between two, on average.
struct QuestionWatch {
  /// Bytes of messages, each with an overhead, until the next look.
  private var left = QuestionWatch.interval

  /// About 70 µs of learning.
  private static let interval = 24 << 10
  /// What a message costs besides its bytes.
  private static let overhead = 96

  /// A message was learned.
  ///
  /// - Returns: whether it is time to look.
  mutating func learned(bytes: Int) -> Bool {
    left -= bytes + QuestionWatch.overhead
    return left <= 0
  }

  /// Somebody looked.
  mutating func looked() { left = QuestionWatch.interval }
}
