/// Which questions to send, to send again and to give up: the rules of many questions under way at once over one
/// connection that may break.
///
/// Does nothing itself: it is told what happened and what time it is, and says what to do. Times are milliseconds of any
/// clock that does not go back. Every question ends exactly once: by `answered`, `forget`, `expired`, `disconnected` or
/// `end`. After that nothing is kept of it, so a late answer belongs to no question.
struct OutstandingQuestions {
  struct Question: Equatable {
    /// Larger than those of all questions before it.
    let id: UInt64
    var frames: [[UInt8]]
    /// Whether it may be sent again when it is not known whether the first sending arrived.
    let isRepeatable: Bool
    let deadline: Int
    /// How long before the deadline it was asked, for the error that tells of it.
    let timeout: Int
  }

  /// A question whose time is up.
  struct Expired: Equatable {
    let id: UInt64
    let timeout: Int
    /// Whether the peer may have got it, or at least was there to get it.
    let wasReachable: Bool
  }

  private struct Kept {
    var question: Question
    /// Sent over the connection that is up now.
    var isSent = false
    var wasEverSent = false
  }

  private let window: Int
  private var kept: [UInt64: Kept] = [:]
  /// Ids in the order in which to send them, from `head` on. Those that are not kept any more are passed over.
  private var unsent: [UInt64] = []
  private var head = 0
  private var deadlines = DeadlineQueue()
  private var sentCount = 0
  private(set) var isConnected = false

  /// - Parameter window: how many may be without an answer; at least 1.
  init(window: Int) {
    self.window = max(window, 1)
  }

  /// How many have not ended.
  var count: Int { kept.count }
  /// How many of them wait to be sent.
  var unsentCount: Int { kept.count - sentCount }
  /// Entries in the books, for questions that have ended too.
  var bookCount: Int { unsent.count + deadlines.count }

  /// When `expired` has something to say at the latest.
  var nextDeadline: Int? { deadlines.first?.deadline }

  /// - Complexity: O(log n), amortized.
  mutating func ask(_ question: Question) {
    kept[question.id] = Kept(question: question)
    unsent.append(question.id)
    deadlines.insert(question.id, deadline: question.deadline)
    tidy()
  }

  /// The next one to be sent now. It counts as sent.
  mutating func nextToSend() -> Question? {
    guard isConnected, sentCount < window else { return nil }
    while head < unsent.count {
      let id = unsent[head]
      head += 1
      guard var next = kept[id], !next.isSent else { continue }
      let question = next.question
      next.isSent = true
      next.wasEverSent = true
      if !question.isRepeatable { next.question.frames = [] }
      kept[id] = next
      sentCount += 1
      return question
    }
    unsent.removeAll(keepingCapacity: true)
    head = 0
    return nil
  }

  /// The one that `nextToSend` has just returned could not be sent, and is the next one again.
  mutating func putBack(_ question: Question) {
    guard kept[question.id]?.isSent == true else { return }
    kept[question.id] = Kept(question: question)
    sentCount -= 1
    unsent.replaceSubrange(..<head, with: [question.id])
    head = 0
  }

  /// - Returns: whether the answer is to a question that has not ended; now it has.
  mutating func answered(_ id: UInt64) -> Bool { remove(id) }

  /// Nobody waits for the answer any more.
  ///
  /// - Returns: whether it had not ended; now it has.
  mutating func forget(_ id: UInt64) -> Bool { remove(id) }

  mutating func connected() {
    isConnected = true
  }

  /// What was sent over this connection may have arrived or not. Repeatable questions are sent again over the next one.
  ///
  /// - Returns: the others, in the order in which they were asked; they have ended.
  mutating func disconnected() -> [UInt64] {
    isConnected = false
    let sent = kept.filter { $0.value.isSent }.keys.sorted()
    var interrupted: [UInt64] = []
    var again: [UInt64] = []
    for id in sent {
      if kept[id]?.question.isRepeatable == true {
        kept[id]?.isSent = false
        again.append(id)
      } else {
        kept[id] = nil
        interrupted.append(id)
      }
    }
    sentCount = 0
    unsent.replaceSubrange(..<head, with: again)
    head = 0
    tidy()
    return interrupted
  }

  /// The questions whose deadline has come; they have ended.
  mutating func expired(now: Int) -> [Expired] {
    var expired: [Expired] = []
    while let first = deadlines.first, first.deadline <= now {
      _ = deadlines.removeFirst()
      guard let late = kept[first.id] else { continue }
      expired.append(
        Expired(
          id: first.id, timeout: late.question.timeout, wasReachable: isConnected || late.wasEverSent))
      _ = remove(first.id)
    }
    return expired
  }

  /// Ends all of them.
  mutating func end() -> [UInt64] {
    let ids = kept.keys.sorted()
    self = OutstandingQuestions(window: window)
    return ids
  }

  private mutating func remove(_ id: UInt64) -> Bool {
    guard let gone = kept.removeValue(forKey: id) else { return false }
    if gone.isSent { sentCount -= 1 }
    tidy()
    return true
  }

  /// Strikes out what has ended, once that is more than half of the books.
  private mutating func tidy() {
    let limit = 2 * kept.count + 64
    if unsent.count > limit {
      unsent = unsent[head...].filter { kept[$0]?.isSent == false }
      head = 0
    }
    if deadlines.count > limit { deadlines.removeAll { kept[$0] == nil } }
  }
}
