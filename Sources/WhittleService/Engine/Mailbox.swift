internal import Synchronization
internal import ZeroMQ

/// Letters from any thread to one thread, in order. The one that reads waits for `wake` among its sockets.
final class Mailbox<Letter: Sendable>: Sendable {
  let wake: WakeUp
  private let letters = Mutex<[Letter]>([])

  init() throws(ZeroMQError) {
    wake = try WakeUp()
  }

  func put(_ letter: Letter) {
    letters.withLock { $0.append(letter) }
    wake.signal()
  }

  /// All letters that have come since the last time.
  func takeAll() -> [Letter] {
    // Cleared first: a letter that comes in between is taken now and leaves at worst a wake-up for nothing.
    wake.clear()
    return letters.withLock { letters in
      defer { letters = [] }
      return letters
    }
  }
}
