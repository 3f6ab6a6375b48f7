/// When, between messages, the engine looks whether anybody asks.
///
/// A look costs a system call, about as much as learning a few features; so that it is seldom while nobody asks, and frequent
/// while somebody does.
struct QuestionWatch {
  /// Bytes of messages, each with an overhead, until the next look.
  private var left = QuestionWatch.seldom
  /// For how many looks without a question it stays frequent.
  private var patience = 0

  /// About 30 and 150 µs of learning.
  private static let frequent = 6 << 10
  private static let seldom = 32 << 10
  /// What a message costs besides its bytes.
  private static let overhead = 96
  private static let lastingPatience = 1000

  /// A message was learned.
  ///
  /// - Returns: whether it is time to look.
  mutating func learned(bytes: Int) -> Bool {
    left -= bytes + QuestionWatch.overhead
    return left <= 0
  }

  /// Somebody looked.
  mutating func looked(found: Bool) {
    patience = found ? QuestionWatch.lastingPatience : max(0, patience - 1)
    left = patience > 0 ? QuestionWatch.frequent : QuestionWatch.seldom
  }
}
