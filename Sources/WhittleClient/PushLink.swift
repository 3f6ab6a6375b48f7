internal import ZeroMQ

/// Messages of samples to the daemon's PULL socket. Where nobody takes them, or the queue is full, they wait.
///
/// Belongs to the connection's thread.
final class PushLink {
  private let endpoint: String
  private let keys: ClientKeys?
  private let context: Context
  private let highWaterMark: Int
  private let linger: Int
  private var socket: Socket?
  /// A message that is handed over to the socket counts as answered.
  private var messages = OutstandingQuestions(window: .max)
  private var calls: [UInt64: Call<[[UInt8]]>] = [:]

  init(_ endpoint: String, highWaterMark: Int, linger: Int, keys: ClientKeys?, in context: Context) {
    self.endpoint = endpoint
    self.keys = keys
    self.context = context
    self.highWaterMark = highWaterMark
    self.linger = linger
    messages.connected()
  }

  func send(_ message: OutstandingQuestions.Question, _ call: Call<[[UInt8]]>) {
    messages.ask(message)
    calls[message.id] = call
  }

  func forget(_ id: UInt64) {
    if messages.forget(id) { calls[id] = nil }
  }

  /// What has no room for the messages that wait.
  var full: [Socket] { messages.unsentCount > 0 ? socket.map { [$0] } ?? [] : [] }

  var deadline: Int? { messages.nextDeadline }

  func turn(now: Int) throws(ZeroMQError) {
    for late in messages.expired(now: now) {
      let error = ClientError.notTaken(endpoint: endpoint, milliseconds: late.timeout)
      calls.removeValue(forKey: late.id)?.end(.failure(error))
    }
    if socket == nil, messages.count > 0 { connect() }
    guard let socket else { return }
    while let message = messages.nextToSend() {
      do throws(ZeroMQError) {
        try socket.send(message.frames, waiting: .never)
      } catch {
        guard error.wouldBlock else { throw error }
        return messages.putBack(message)
      }
      if messages.answered(message.id) { calls.removeValue(forKey: message.id)?.end(.success([])) }
    }
  }

  func end(_ reason: ClientError) {
    for id in messages.end() { calls.removeValue(forKey: id)?.end(.failure(reason)) }
    messages.connected()
  }

  private func connect() {
    do {
      let fresh = try Socket(.push, in: context)
      try fresh.set(.linger(linger))
      try fresh.set(.ipv6(true))
      try fresh.set(.sendHighWaterMark(highWaterMark))
      // Only a peer that is there takes messages.
      try fresh.set(.immediate(true))
      try fresh.show(keys)
      try fresh.connect(endpoint)
      socket = fresh
    } catch {
      end(.unusableEndpoint(reason: "\(error)"))
    }
  }
}
