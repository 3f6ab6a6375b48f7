internal import OperatingThreads
internal import ZeroMQ

/// Waits for a context to end, which it does when all that its closed sockets had queued was handed to the network.
///
/// libzmq's wait has no time limit of its own, so it happens on a thread that signals when it is over.
final class HandOver {
  private let poller: Poller
  private let done: WakeUp
  private var ending: Ending?

  /// Before the first wait the caller must have dropped its references to the context and to all its sockets: the
  /// last reference to go is the one that waits.
  init(of context: Context) throws(ZeroMQError) {
    done = try WakeUp()
    poller = Poller([], wake: done)
    ending = Ending(of: context, done: done)
  }

  /// - Returns: whether it is over; after a false, call again to wait on.
  func wait(milliseconds: Int) throws(ZeroMQError) -> Bool {
    start()
    let deadline = Deadline(milliseconds: milliseconds)
    while true {
      let left = deadline.milliseconds
      if try poller.wait(milliseconds: left) { return true }
      if left == 0 { return false }
    }
  }

  private func start() {
    guard let ending else { return }
    self.ending = nil
    // Owned by the thread alone from here on.
    nonisolated(unsafe) let handedOver = ending
    do throws(OperatingThread.Failure) {
      try OperatingThread(named: "whittle-handover") { handedOver.run() }.detach()
    } catch {
      // Out of threads: wait here, without limit, rather than lose what is queued.
      ending.run()
    }
  }
}

/// What the thread of a hand-over owns.
private final class Ending {
  private var context: Context?
  private let done: WakeUp

  init(of context: Context, done: WakeUp) {
    self.context = context
    self.done = done
  }

  func run() {
    context = nil
    done.signal()
  }
}
