internal import Foundation
internal import Synchronization
internal import ZeroMQ

/// Gives every message back, by a ROUTER socket on a thread of its own: the least that an answer takes.
final class EchoServer: Sendable {
  let endpoint: String
  private let isStopping = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  init() {
    // Paths of sockets are short.
    let endpoint = "ipc:///tmp/whittle-echo-\(UUID().uuidString.prefix(8))"
    self.endpoint = endpoint
    let isBound = DispatchSemaphore(value: 0)
    Thread { [self] in run(isBound) }.start()
    isBound.wait()
  }

  private func run(_ isBound: DispatchSemaphore) {
    defer { ended.signal() }
    do {
      let socket = try Socket(.router, in: Context())
      try socket.set(.receiveTimeout(100))
      try socket.set(.linger(0))
      try socket.bind(endpoint)
      isBound.signal()
      while !isStopping.load(ordering: .relaxed) {
        if let frames = try socket.receive() { try socket.send(frames) }
      }
    } catch {
      FileHandle.standardError.write(Data("the echo failed: \(error)\n".utf8))
      isBound.signal()
    }
  }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    ended.wait()
    try? FileManager.default.removeItem(atPath: String(endpoint.dropFirst("ipc://".count)))
  }
}
