internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// All open connections, so that none outlives its server.
final class Connections: Sendable {
  private struct State {
    var open: [ObjectIdentifier: any Channel] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())

  /// - Returns: whether it may stay open.
  fileprivate func add(_ channel: any Channel) -> Bool {
    state.withLock { state in
      if !state.isClosed { state.open[ObjectIdentifier(channel)] = channel }
      return !state.isClosed
    }
  }

  fileprivate func remove(_ channel: any Channel) {
    _ = state.withLock { $0.open.removeValue(forKey: ObjectIdentifier(channel)) }
  }

  /// Closes those that are open, and all that come after them.
  func closeAll() {
    let open = state.withLock { state in
      state.isClosed = true
      return Array(state.open.values)
    }
    for channel in open { channel.close(promise: nil) }
  }
}

/// Closes a connection whose client takes too long to ask, asks too much, or does not read what it is answered. So a client costs
/// little memory, and not for long.
///
/// Belongs to one connection, and to its event loop.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How long a request may take to come; and an answer, to be taken by a client that reads nothing.
  private static let requestTime = TimeAmount.seconds(10)
  private static let stallTime = TimeAmount.seconds(30)
  /// Nothing here is asked with a body; those of clients that send one all the same are read and thrown away up to here.
  private static let bodyBytes = 64 << 10
  /// Bytes of answers that the operating system holds for a slow client.
  private static let sendBuffer: SocketOptionValue = 128 << 10

  private let connections: Connections
  private var request: Scheduled<Void>?
  private var stall: Scheduled<Void>?
  private var bodyBytes = 0

  init(_ connections: Connections) { self.connections = connections }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    guard connections.add(channel) else { return channel.close(promise: nil) }
    channel.closeFuture.whenComplete { [connections] _ in connections.remove(channel) }
    _ = channel.setOption(ChannelOptions.socketOption(.so_sndbuf), value: ConnectionGuard.sendBuffer)
    request = limit(ConnectionGuard.requestTime, context)
  }

  func handlerRemoved(context: ChannelHandlerContext) { cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      bodyBytes = 0
      if request == nil { request = limit(ConnectionGuard.requestTime, context) }
    case .body(let bytes):
      bodyBytes += bytes.readableBytes
      if bodyBytes > ConnectionGuard.bodyBytes { return context.close(promise: nil) }
    case .end:
      request?.cancel()
      request = nil
    }
    context.fireChannelRead(data)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    stall?.cancel()
    stall = context.channel.isWritable ? nil : limit(ConnectionGuard.stallTime, context)
    context.fireChannelWritabilityChanged()
  }

  private func limit(_ time: TimeAmount, _ context: ChannelHandlerContext) -> Scheduled<Void> {
    let channel = context.channel
    return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  private func cancel() {
    request?.cancel()
    stall?.cancel()
  }
}
