internal import Synchronization
internal import WhittleProtocol

/// One reader of what is published on one topic: the connection's thread offers, a task reads.
final class Subscription: Sendable {
  private struct State {
    var buffer: PublicationBuffer
    var waiting: Call<PublicationBuffer.Item?>?
  }

  let topic: Topic
  private let state: Mutex<State>

  init(to topic: Topic, capacity: Int) {
    self.topic = topic
    state = Mutex(State(buffer: PublicationBuffer(capacity: capacity, isChain: topic == .coefficients)))
  }

  /// - Parameter isWhole: whether the message says all by itself.
  func offer(_ message: [[UInt8]], isWhole: Bool) {
    change { $0.offer(message, isWhole: isWhole) }
  }

  func end(_ error: ClientError? = nil) {
    change { $0.end(error) }
  }

  private func change(_ body: (inout PublicationBuffer) -> Void) {
    let waking = state.withLock { state -> (Call<PublicationBuffer.Item?>, Call<PublicationBuffer.Item?>.Outcome)? in
      body(&state.buffer)
      guard let waiting = state.waiting, let outcome = Subscription.outcome(of: state.buffer.next()) else { return nil }
      state.waiting = nil
      return (waiting, outcome)
    }
    if let (call, outcome) = waking { call.end(outcome) }
  }

  /// The next publication; nil at the end, which is also when the task is cancelled. One task at a time may wait.
  func next() async throws(ClientError) -> PublicationBuffer.Item? {
    let call = Call<PublicationBuffer.Item?>()
    let early = state.withLock { state -> Call<PublicationBuffer.Item?>.Outcome? in
      if Task.isCancelled { state.buffer.cancel() }
      let outcome = Subscription.outcome(of: state.buffer.next())
      if outcome == nil { state.waiting = call }
      return outcome
    }
    if let early { return try early.get() }
    switch await call.outcome(onCancel: { [self] in state.withLock { $0.buffer.cancel() } }) {
    case .failure(.cancelled): return nil
    case let outcome: return try outcome.get()
    }
  }

  private static func outcome(of next: PublicationBuffer.Next) -> Call<PublicationBuffer.Item?>.Outcome? {
    switch next {
    case .item(let item): .success(item)
    case .wait: nil
    case .end(let error?): .failure(error)
    case .end(nil): .success(nil)
    }
  }
}
