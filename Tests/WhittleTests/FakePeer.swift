internal import Glibc
internal import Synchronization
internal import ZeroMQ

/// A socket on a thread of its own, standing in for the daemon.
final class FakePeer: Sendable {
  private let context: Context
  private let shared: Shared
  private let thread: pthread_t

  /// What the thread and the test both see.
  final class Shared: Sendable {
    let endpoint = Mutex<String>("")
    let received = Mutex<[[[UInt8]]]>([])
    let changed: WakeUp

    init() throws { changed = try WakeUp() }
  }

  /// - Parameter answer: what to send back for a message; nil for nothing.
  convenience init(
    _ kind: Socket.Kind, options: [Socket.Option] = [], bind endpoint: String = "tcp://127.0.0.1:*",
    answer: @escaping @Sendable ([[UInt8]]) -> [[UInt8]]? = { _ in nil }
  ) throws {
    try self.init(kind, options: options, bind: endpoint, answers: { answer($0).map { [$0] } ?? [] })
  }

  /// - Parameter answers: the messages to send back for a message.
  init(
    _ kind: Socket.Kind, options: [Socket.Option] = [], bind endpoint: String = "tcp://127.0.0.1:*",
    answers: @escaping @Sendable ([[UInt8]]) -> [[[UInt8]]]
  ) throws {
    context = try Context()
    shared = try Shared()
    thread = try start { [context, shared] in
      do {
        let socket = try Socket(kind, in: context)
        try socket.set(.linger(0))
        for option in options { try socket.set(option) }
        let bound = try socket.bind(endpoint)
        shared.endpoint.withLock { $0 = bound }
        shared.changed.signal()
        while let message = try socket.receive() {
          shared.received.withLock { $0.append(message) }
          shared.changed.signal()
          for reply in answers(message) { try socket.send(reply) }
        }
      } catch {
        // The context was shut down, or the test finds that the endpoint stays empty.
      }
    }
    _ = try waitUntil { !shared.endpoint.withLock(\.isEmpty) }
  }

  deinit {
    context.shutdown()
    pthread_join(thread, nil)
  }

  var endpoint: String { shared.endpoint.withLock { $0 } }
  var received: [[[UInt8]]] { shared.received.withLock { $0 } }

  /// - Returns: all messages, as soon as there are so many; whatever is there after ten seconds.
  func messages(_ count: Int) throws -> [[[UInt8]]] {
    _ = try waitUntil { shared.received.withLock(\.count) >= count }
    return received
  }

  /// The same for tests whose tasks must not block a thread of the pool.
  func arrived(_ count: Int) async throws -> [[[UInt8]]] {
    try await withCheckedThrowingContinuation { continuation in
      do {
        let thread = try start { [self] in continuation.resume(with: Result { try messages(count) }) }
        pthread_detach(thread)
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  private func waitUntil(_ condition: () -> Bool) throws -> Bool {
    let poller = Poller([], wake: shared.changed)
    while !condition() {
      if try !poller.wait(milliseconds: 10_000) { return false }
      shared.changed.clear()
    }
    return true
  }
}

struct ThreadFailure: Error {}

private final class Body {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func start(_ body: @escaping @Sendable () -> Void) throws -> pthread_t {
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, nil,
    { argument in
      if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
      return nil
    }, Unmanaged.passRetained(Body(body)).toOpaque())
  if failure != 0 { throw ThreadFailure() }
  return thread
}

func utf8(_ text: String) -> [UInt8] { [UInt8](text.utf8) }
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
