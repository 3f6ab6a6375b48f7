/// Answers that wait until the messages up to theirs are safe. They leave in the order of their messages.
struct HeldAnswers {
  private var answers: [(position: UInt64, envelope: Envelope, answer: [UInt8])] = []
  /// Those before it have left.
  private var first = 0

  /// So many may wait; then no more messages are taken that want answers.
  static let limit = 100_000

  var count: Int { answers.count - first }
  var isFull: Bool { count >= HeldAnswers.limit }

  /// - Parameter position: of the messages that have to be safe, the last; not below that of any answer before.
  mutating func hold(_ answer: [UInt8], to envelope: Envelope, until position: UInt64) {
    answers.append((position, envelope, answer))
  }

  /// The next answer that may leave; nil where there is none.
  ///
  /// - Complexity: O(1), amortized
  mutating func next(safe position: UInt64) -> (envelope: Envelope, answer: [UInt8])? {
    guard first < answers.count, answers[first].position <= position else { return nil }
    let (envelope, answer) = (answers[first].envelope, answers[first].answer)
    first += 1
    if first == answers.count || first >= 1024 && first * 2 > answers.count {
      answers.removeFirst(first)
      first = 0
    }
    return (envelope, answer)
  }
}
