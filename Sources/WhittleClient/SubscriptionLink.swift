internal import WhittleProtocol
internal import ZeroMQ

/// What the daemon publishes, to all who subscribed to it. libzmq connects again by itself.
///
/// Belongs to the connection's thread.
final class SubscriptionLink {
  private let endpoint: String
  private let keys: ClientKeys?
  private let context: Context
  private var socket: Socket?
  private var subscriptions: [UInt64: Subscription] = [:]

  init(_ endpoint: String, keys: ClientKeys?, in context: Context) {
    self.endpoint = endpoint
    self.keys = keys
    self.context = context
  }

  var sockets: [Socket] { socket.map { [$0] } ?? [] }

  func add(_ subscription: Subscription, id: UInt64) throws(ZeroMQError) {
    if socket == nil {
      do {
        socket = try connected()
      } catch {
        return subscription.end(.unusableEndpoint(reason: "\(error)"))
      }
    }
    if !hasReader(of: subscription.topic) { try socket?.set(.subscribe(prefix(of: subscription.topic))) }
    subscriptions[id] = subscription
  }

  func remove(_ id: UInt64) throws(ZeroMQError) {
    guard let gone = subscriptions.removeValue(forKey: id), !hasReader(of: gone.topic) else { return }
    try socket?.set(.unsubscribe(prefix(of: gone.topic)))
  }

  /// Has the last value of a topic come again.
  func renew(_ topic: Topic) throws(ZeroMQError) {
    guard hasReader(of: topic) else { return }
    try socket?.set(.unsubscribe(prefix(of: topic)))
    try socket?.set(.subscribe(prefix(of: topic)))
  }

  func turn() throws(ZeroMQError) {
    while let frames = try socket?.receive(waiting: .never) {
      // Subscriptions are prefixes: a topic that a newer daemon added may come along.
      guard let topic = Topic(rawValue: String(decoding: frames[0], as: UTF8.self)) else { continue }
      for subscription in subscriptions.values where subscription.topic == topic.subscription {
        subscription.offer(frames, isWhole: topic != .coefficientsDelta)
      }
    }
  }

  func end(_ reason: ClientError) {
    for subscription in subscriptions.values { subscription.end(reason == .closed ? nil : reason) }
    subscriptions = [:]
  }

  private func hasReader(of topic: Topic) -> Bool {
    subscriptions.values.contains { $0.topic == topic }
  }

  private func prefix(of topic: Topic) -> [UInt8] { [UInt8](topic.rawValue.utf8) }

  private func connected() throws(ZeroMQError) -> Socket {
    let fresh = try Socket(.subscribe, in: context)
    try fresh.set(.linger(0))
    try fresh.set(.ipv6(true))
    // A machine that is gone closes no connections.
    try fresh.set(.heartbeatInterval(2000))
    try fresh.set(.heartbeatTimeout(10_000))
    try fresh.set(.connectTimeout(5000))
    try fresh.show(keys)
    try fresh.connect(endpoint)
    return fresh
  }
}
