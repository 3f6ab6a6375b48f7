/// Samples on their way into one message.
struct MessageBatch {
  /// How many samples make a message.
  let limit: Int
  private(set) var count = 0
  private(set) var kind = PayloadKind.json
  private var payload: [UInt8] = []

  init(limit: Int) {
    self.limit = max(limit, 1)
  }

  var isFull: Bool { count >= limit }
  var isEmpty: Bool { count == 0 }

  /// - Precondition: the batch is empty or of the same kind.
  mutating func append(_ sample: [UInt8], _ kind: PayloadKind) {
    precondition(isEmpty || kind == self.kind, "a message holds samples of one kind")
    self.kind = kind
    switch kind {
    case .json where limit > 1: payload.append(UInt8(ascii: isEmpty ? "[" : ","))
    case .vwLines where !isEmpty, .svmlightLines where !isEmpty: payload.append(UInt8(ascii: "\n"))
    default: break
    }
    payload.append(contentsOf: sample)
    count += 1
  }

  /// The message; the batch is empty after it.
  mutating func take() -> [UInt8] {
    if kind == .json && limit > 1 { payload.append(UInt8(ascii: "]")) }
    defer {
      payload = []
      count = 0
    }
    return payload
  }
}
