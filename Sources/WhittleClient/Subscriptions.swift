internal import ZeroMQ

/// What the peers of an extended publisher are subscribed to at the moment.
///
/// libzmq tells the first subscription to a prefix and the end of the last one, so a plain set is exact.
final class Subscriptions {
  private let socket: Socket
  private let poller: Poller
  private let message = Message()
  private var prefixes: Set<[UInt8]> = []

  init(of socket: Socket) {
    self.socket = socket
    poller = Poller([socket])
  }

  /// Waits until somebody is subscribed to messages that begin with `frame`.
  ///
  /// - Returns: false when nobody was within the time limit.
  func wait(for frame: [UInt8], milliseconds: Int) throws(ZeroMQError) -> Bool {
    try update()
    if wanted(frame) { return true }
    let deadline = Deadline(milliseconds: milliseconds)
    while true {
      let left = deadline.milliseconds
      if left == 0 { return false }
      _ = try poller.wait(milliseconds: left)
      try update()
      if wanted(frame) { return true }
    }
  }

  private func wanted(_ frame: [UInt8]) -> Bool {
    prefixes.contains { frame.starts(with: $0) }
  }

  /// Takes in all notices that are there: a byte, 1 for a subscription and 0 for the end of one, and the prefix.
  private func update() throws(ZeroMQError) {
    while try message.receive(from: socket, waiting: .never) {
      let notice = message.copy(0)
      switch notice.first {
      case 1: prefixes.insert(Array(notice.dropFirst()))
      case 0: prefixes.remove(Array(notice.dropFirst()))
      default: break  // A message from a subscriber to its publisher; whittled sends none.
      }
    }
  }
}
