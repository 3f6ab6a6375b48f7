/// What was published and not read yet: so much at most, the newest. Pure: `Subscription` makes it wait.
struct PublicationBuffer {
  struct Item: Equatable {
    let payload: [UInt8]
    /// How many came between the one that was read before and this one, and were dropped.
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
  private var payloads: [[UInt8]] = []
  private var dropped = 0
  private var error: ClientError?
  private var hasEnded = false

  /// - Parameter capacity: how many to keep; at least 1.
  init(capacity: Int) {
    self.capacity = max(capacity, 1)
  }

  /// Takes in what was published, and drops the oldest where there is too much. - Complexity: O(capacity).
  mutating func offer(_ payload: [UInt8]) {
    guard !hasEnded else { return }
    if payloads.count == capacity {
      payloads.removeFirst()
      dropped += 1
    }
    payloads.append(payload)
  }

  /// - Complexity: O(capacity).
  mutating func next() -> Next {
    if !payloads.isEmpty {
      defer { dropped = 0 }
      return .item(Item(payload: payloads.removeFirst(), droppedBefore: dropped))
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
    payloads = []
    error = nil
    hasEnded = true
  }
}
