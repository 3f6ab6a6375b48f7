internal import Foundation
internal import Synchronization
internal import ZeroMQ

/// Many who subscribe to everything, on a thread of their own. Some of them stand still and read nothing.
final class SubscriberCrowd: Sendable {
  private let isStopping = Atomic(false)
  private let received = Atomic(0)
  private let receivedBytes = Atomic(0)
  private let ended = DispatchSemaphore(value: 0)
  private let failure = Mutex<String?>(nil)

  /// Seconds between two looks at what has come.
  private static let pause = 0.05

  /// Returns when each of them has received something.
  init(_ count: Int, stalled: Int, endpoint: String) throws {
    let arrived = DispatchSemaphore(value: 0)
    Thread { [self] in
      defer { ended.signal() }
      do {
        try run(count, stalled: stalled, endpoint, arrived)
      } catch {
        failure.withLock { $0 = "\(error)" }
        arrived.signal()
      }
    }.start()
    arrived.wait()
    if let failure = failure.withLock(\.self) { throw BenchError.program("subscribing", said: failure) }
  }

  /// How many messages those who read have received.
  var messages: Int { received.load(ordering: .relaxed) }

  /// Of those, the mean size.
  var meanBytes: Double { Double(receivedBytes.load(ordering: .relaxed)) / Double(max(messages, 1)) }

  private func run(_ count: Int, stalled: Int, _ endpoint: String, _ arrived: DispatchSemaphore) throws {
    let context = try Context(sockets: 2 * count + 10)
    var sockets: [Socket] = []
    for number in 0..<count {
      let socket = try Socket(.subscribe, in: context)
      try socket.set(.linger(0))
      try socket.set(.receiveTimeout(60_000))
      if number < stalled { try socket.set(.receiveHighWaterMark(1)) }
      try socket.set(.subscribe([]))
      try socket.connect(endpoint)
      sockets.append(socket)
    }
    let message = Message()
    for socket in sockets {
      guard try message.receive(from: socket) else {
        throw BenchError.program("subscribing", said: "nothing came to one of \(count) subscribers")
      }
    }
    arrived.signal()
    while !isStopping.load(ordering: .relaxed) {
      for socket in sockets.dropFirst(stalled) {
        while try message.receive(from: socket, waiting: .never) {
          received.add(1, ordering: .relaxed)
          receivedBytes.add(message.byteCount, ordering: .relaxed)
        }
      }
      Thread.sleep(forTimeInterval: SubscriberCrowd.pause)
    }
  }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    ended.wait()
  }
}
