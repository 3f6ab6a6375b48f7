internal import Synchronization

/// One call that waits for its outcome. The first outcome counts, from whichever side it comes, and whether or not the
/// caller waits already.
final class Call<Success: Sendable>: Sendable {
  typealias Outcome = Result<Success, ClientError>

  private enum State {
    case begun
    case waiting(CheckedContinuation<Outcome, Never>)
    case ended(Outcome)
  }

  private let state = Mutex(State.begun)

  /// - Returns: whether this outcome was the first.
  @discardableResult
  func end(_ outcome: Outcome) -> Bool {
    let (isFirst, waiting) = state.withLock { state -> (Bool, CheckedContinuation<Outcome, Never>?) in
      switch state {
      case .begun:
        state = .ended(outcome)
        return (true, nil)
      case .waiting(let continuation):
        state = .ended(outcome)
        return (true, continuation)
      case .ended:
        return (false, nil)
      }
    }
    waiting?.resume(returning: outcome)
    return isFirst
  }

  /// Waits for the outcome. To be called once.
  func outcome() async -> Outcome {
    await withCheckedContinuation { continuation in
      let early = state.withLock { state -> Outcome? in
        if case .ended(let outcome) = state { return outcome }
        state = .waiting(continuation)
        return nil
      }
      if let early { continuation.resume(returning: early) }
    }
  }

  /// Waits for the outcome, which is `cancelled` as soon as the task is. To be called once.
  ///
  /// - Parameter forget: is called when the task was cancelled before there was another outcome.
  func outcome(onCancel forget: @escaping @Sendable () -> Void) async -> Outcome {
    await withTaskCancellationHandler {
      await outcome()
    } onCancel: {
      if end(.failure(.cancelled)) { forget() }
    }
  }
}
