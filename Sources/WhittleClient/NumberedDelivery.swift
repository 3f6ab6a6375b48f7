/// Which numbered messages to send, to send again and to let go: the rules of delivering a stream exactly once, in order,
/// to a daemon that may go away and come back, over connections that may break.
///
/// Does nothing itself: it is told what happened and what time it is, and says what to do next. Times are milliseconds of
/// any clock that does not go back.
///
/// Messages are kept until the daemon has answered them. Each round of sending (an *epoch*) begins with the oldest one
/// alone; its answer says how far the daemon is, and the others follow. A new epoch begins with each connection, when the
/// daemon lacks a message before the one that it got, and when it has been silent for long. Answers to earlier epochs
/// count for nothing but what they say of a message's content: they may come from a daemon that was restarted since.
struct NumberedDelivery {
  /// What is kept, and how long is waited.
  struct Limits {
    /// How many messages may be without an answer; and how many bytes, if more than one.
    var messages = 1000
    var bytes = 16 << 20
    /// After how much silence the oldest message is sent again: at first, and at most.
    var shortestSilence = 250
    var longestSilence = 5000
    /// How long nothing at all may be answered.
    var patience = 60_000
  }

  /// What the daemon said of a message.
  enum Answer: Equatable {
    /// It was learned, or was here before; the source is as far as `last`.
    case accepted(last: UInt64, isDuplicate: Bool)
    /// It was not its turn.
    case outOfTurn(last: UInt64)
    /// Something is wrong with it.
    case rejected(last: UInt64?)
  }

  /// One sending of a message.
  struct Transmission: Equatable {
    let number: UInt64
    let previous: UInt64
    let epoch: UInt64
    let payload: [UInt8]
  }

  /// What to do next.
  enum Action: Equatable {
    /// Send this, and say so with `sent`.
    case send(Transmission)
    /// Wait for an answer or a connection, for so many milliseconds at most.
    case wait(Int)
    /// All messages are answered.
    case rest
    /// The time is up.
    case giveUp
    /// The daemon has lost messages that it had acknowledged, which are not kept any more: go back to the one after `last`.
    case goBack(last: UInt64, acknowledged: UInt64)
  }

  private struct Message {
    let number: UInt64
    var payload: [UInt8]
    var sendings = 0
    var isRejected = false
  }

  private let limits: Limits
  private var messages = MessageQueue()
  /// How many of them were sent in this epoch, or need not be.
  private var cursor = 0
  /// What the next one to be sent follows.
  private var chain: UInt64 = 0
  /// What the oldest one follows: the highest number that was answered.
  private var floor: UInt64 = 0
  private(set) var epoch: UInt64 = 0
  /// Whether the daemon is known to have what the messages of this epoch follow.
  private var isConfirmed = false
  private var isConnected = false
  /// The number that the next message will have.
  private(set) var nextNumber: UInt64 = 1
  /// The highest number that the daemon has acknowledged.
  private(set) var acknowledged: UInt64 = 0
  /// The same when this epoch began. A daemon that gets a message of this epoch and has less has lost something; to one of
  /// an earlier connection the message may have come before those that were acknowledged meanwhile.
  private var acknowledgedBefore: UInt64 = 0
  private var highestSent: UInt64 = 0
  /// How far the source was before anything was sent; nil while that is not known.
  private(set) var start: UInt64?
  private var loss: (last: UInt64, acknowledged: UInt64)?
  private var lastProgress = 0
  /// The longest wait for an answer in the recent past.
  private var slowest = (waited: 0, time: 0)
  private var silence: Int
  private var nextAttempt = 0

  init(_ limits: Limits = Limits()) {
    self.limits = limits
    silence = limits.shortestSilence
  }

  /// How many messages are kept.
  var count: Int { messages.count }

  /// Whether another message may be offered. Until it is known how far the source is, one at a time.
  var hasRoom: Bool {
    messages.isEmpty || start != nil && messages.count < limits.messages && messages.bytes < limits.bytes
  }

  /// Takes in the next message of the stream.
  ///
  /// - Returns: whether it is kept to be sent; false for one that the daemon has already.
  mutating func offer(_ payload: [UInt8], now: Int) -> Bool {
    defer { nextNumber += 1 }
    guard nextNumber > acknowledged else {
      return false
    }
    if messages.isEmpty { lastProgress = now }
    messages.append(Message(number: nextNumber, payload: payload))
    return true
  }

  /// What is to be done now.
  mutating func next(now: Int) -> Action {
    if let loss { return .goBack(last: loss.last, acknowledged: loss.acknowledged) }
    if messages.isEmpty { return .rest }
    if now - lastProgress >= limits.patience { return .giveUp }
    guard isConnected else { return .wait(lastProgress + limits.patience - now) }
    if cursor > 0, now >= nextAttempt {
      // Unless the last attempt was one, with an answer that takes longer still.
      if isConfirmed { begin() } else { rewind() }
      silence = min(silence * 2, limits.longestSilence)
      nextAttempt = now + silence
    }
    while cursor < messages.count, messages[cursor].isRejected { pass() }
    guard cursor < messages.count, isConfirmed || cursor == 0 else {
      return .wait(max(1, min(nextAttempt, lastProgress + limits.patience) - now))
    }
    let message = messages[cursor]
    return .send(Transmission(number: message.number, previous: chain, epoch: epoch, payload: message.payload))
  }

  /// The message that `next` returned is on its way.
  mutating func sent(now: Int) {
    if cursor == 0 { nextAttempt = now + silence }
    messages[cursor].sendings += 1
    highestSent = max(highestSent, messages[cursor].number)
    pass()
  }

  /// There is a connection, and what was sent before it may be lost.
  mutating func connected(now: Int) {
    isConnected = true
    silence = limits.shortestSilence
    begin()
  }

  mutating func disconnected() {
    isConnected = false
  }

  /// Takes in an answer.
  ///
  /// - Returns: whether it rejects a message that nothing was known of.
  mutating func take(_ answer: Answer, to number: UInt64, epoch: UInt64, now: Int) -> Bool {
    switch answer {
    case .accepted(let last, let isDuplicate):
      guard epoch == self.epoch, number < nextNumber else { return false }
      let last = max(last, number)
      if start == nil {
        // One that was sent twice may be its own duplicate.
        let isOld = last > highestSent || isDuplicate && messages.first?.sendings == 1
        start = isOld ? last : 0
      }
      acknowledged = max(acknowledged, last)
      isConfirmed = true
      while let first = messages.first, first.number <= last || first.isRejected { letGo() }
      floor = max(floor, last)
      if cursor == 0 { chain = floor }
      progress(now: now)
    case .rejected(let last):
      guard let place = messages.place(of: number), !messages[place].isRejected else { return false }
      messages[place].isRejected = true
      if epoch == self.epoch, let last, last < number {
        // It was its turn: had the one before it not been there, that would have been the reason.
        isConfirmed = true
        if start == nil { start = 0 }
      }
      if place == 0 { progress(now: now) }
      while messages.first?.isRejected == true { letGo() }
      return true
    case .outOfTurn(let last):
      guard epoch == self.epoch, let first = messages.first else { return false }
      if last < acknowledgedBefore {
        loss = (last, acknowledged)
      } else if last < acknowledged {
        begin()
      } else if last < floor {
        // What lies between was rejected, by a daemon that was restarted since.
        floor = last
        begin()
      } else if number > first.number {
        begin()
      }
    }
    return false
  }

  /// Begins the stream anew, of which the daemon has the messages up to `last`.
  mutating func restart(after last: UInt64) {
    messages.removeAll()
    loss = nil
    (nextNumber, acknowledged, floor) = (1, last, last)
    start = start ?? 0
    begin()
  }

  private mutating func begin() {
    epoch += 1
    acknowledgedBefore = acknowledged
    isConfirmed = false
    rewind()
  }

  private mutating func rewind() {
    cursor = 0
    chain = floor
  }

  /// Goes on to the next message, which follows this one.
  private mutating func pass() {
    chain = messages[cursor].number
    cursor += 1
  }

  private mutating func letGo() {
    floor = max(floor, messages.removeFirst().number)
    if cursor > 0 { cursor -= 1 }
    if cursor == 0 { chain = floor }
  }

  /// A daemon that takes long to answer, because of its disk or of large messages, is asked again less often.
  private mutating func progress(now: Int) {
    let waited = now - lastProgress
    if waited >= slowest.waited || now - slowest.time > 2 * limits.longestSilence { slowest = (waited, now) }
    silence = min(max(limits.shortestSilence, 2 * slowest.waited), limits.longestSilence)
    lastProgress = now
    nextAttempt = now + silence
  }

  /// Messages in the order of their numbers, with no number left out.
  private struct MessageQueue {
    private var storage: [Message] = []
    private var head = 0
    private(set) var bytes = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Message? { isEmpty ? nil : storage[head] }

    subscript(place: Int) -> Message {
      get { storage[head + place] }
      set { storage[head + place] = newValue }
    }

    func place(of number: UInt64) -> Int? {
      guard let first, number >= first.number, number - first.number < UInt64(count) else { return nil }
      return Int(number - first.number)
    }

    mutating func append(_ message: Message) {
      storage.append(message)
      bytes += message.payload.count
    }

    /// - Precondition: it is not empty.
    mutating func removeFirst() -> Message {
      let message = self[0]
      // Its place stays for a while; its bytes need not.
      storage[head].payload = []
      head += 1
      bytes -= message.payload.count
      if head > 64, head * 2 > storage.count {
        storage.removeFirst(head)
        head = 0
      }
      return message
    }

    mutating func removeAll() { self = MessageQueue() }
  }
}
