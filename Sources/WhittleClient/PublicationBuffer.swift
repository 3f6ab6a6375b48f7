/// What was published and not read yet: so much at most, the newest. Pure: `Subscription` makes it wait.
struct PublicationBuffer {
  struct Item: Equatable {
    /// Each with its frames. Several where each goes on from the one before.
    let messages: [[[UInt8]]]
    /// How many came between what was read before and this, and were dropped.
    let droppedBefore: Int
  }

  enum Next: Equatable {
    case item(Item)
    /// Nothing is there yet.
    case wait
    /// Nothing will come any more; an error is told once.
    case end(ClientError?)
  }

  private let capacity: Int
  private let isChain: Bool
  private var messages: [[[UInt8]]] = []
  private var dropped = 0
  private var error: ClientError?
  private var hasEnded = false

  /// - Parameters:
  ///   - capacity: how many to keep; at least 1.
  ///   - isChain: whether messages go on from the ones before, and are read together.
  init(capacity: Int, isChain: Bool = false) {
    self.capacity = max(capacity, 1)
    self.isChain = isChain
  }

  /// Takes in what was published, and drops the oldest where there is too much.
  ///
  /// - Parameter isWhole: whether it says all by itself; then a chain begins anew with it.
  /// - Complexity: O(capacity)
  mutating func offer(_ message: [[UInt8]], isWhole: Bool = true) {
    guard !hasEnded else { return }
    if isChain && isWhole {
      dropped += messages.count
      messages = []
    } else if messages.count == capacity {
      messages.removeFirst()
      dropped += 1
    }
    messages.append(message)
  }

  /// - Complexity: O(capacity).
  mutating func next() -> Next {
    if !messages.isEmpty {
      defer { dropped = 0 }
      guard isChain else { return .item(Item(messages: [messages.removeFirst()], droppedBefore: dropped)) }
      defer { messages = [] }
      return .item(Item(messages: messages, droppedBefore: dropped))
    }
    guard hasEnded else { return .wait }
    defer { error = nil }
    return .end(error)
  }

  /// Nothing comes any more; what is there can still be read.
  mutating func end(_ error: ClientError?) {
    guard !hasEnded else { return }
    hasEnded = true
    self.error = error
  }

  /// Nobody reads any more.
  mutating func cancel() {
    messages = []
    error = nil
    hasEnded = true
  }
}
