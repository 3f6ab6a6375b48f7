internal import Glibc
internal import HummingbirdCore
public import Logging
internal import NIOCore
internal import NIOPosix
public import ServiceLifecycle
internal import Synchronization
public import WhittleService

/// Shows a daemon's telemetry over HTTP, beside the daemon's own service: it opens its addresses when that one says so, and is
/// to be stopped after it.
///
/// All of it runs on one thread, which makes way for the others: whatever is asked for, the rest of the daemon loses the time of
/// one processor at most, and where processors are short, a tenth of one.
public struct HTTPService: Service {
  private let addresses: [String]
  private let access: Settings.HTTPAccess
  private let telemetry: Telemetry
  private let door = HTTPDoor(token: nil)
  private let connections = Connections()
  private let logger: Logger
  /// For what libraries have to say.
  private let quiet: Logger

  /// How long, after a stop, answers that are on their way may take. Milliseconds.
  private static let lastAnswers = 500
  /// Seconds between two signs of life to those who listen.
  private static let pauseInterval = 15
  /// Where processors are short, learning comes first.
  private static let niceness: Int32 = 10
  /// How many connections an address has at a time; more wait until one closes.
  static let connectionLimit = 256
  /// One thread for as long as the process runs: after a stop, parts of a server that nobody can wait for still hand it work.
  private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  /// - Parameters:
  ///   - addresses: as `HOST:PORT` or `unix:PATH`.
  ///   - access: who may ask there.
  public init(_ addresses: [String], _ access: Settings.HTTPAccess, _ telemetry: Telemetry, logger: Logger) {
    self.addresses = addresses
    self.access = access
    self.telemetry = telemetry
    self.logger = logger
    var quiet = logger
    // What goes wrong with a connection is its client's business.
    quiet.logLevel = .critical
    self.quiet = quiet
  }

  /// Reads the token again that is to be shown.
  ///
  /// - Parameter settings: what else was read again; the file is the one that they named at the start.
  /// - Returns: what has it hold from there on. Where it is another one, listening ends: who may still listen comes again. All else
  ///   shows the token with each request.
  /// - Throws: where the file cannot be used.
  @Sendable public func reloadToken(_ settings: Settings) throws(DaemonError) -> @Sendable () -> Void {
    let token = try readToken()
    return { [door, telemetry, logger] in
      guard door.change(token: token) else { return }
      telemetry.endListening()
      logger.notice("the token for HTTP was read anew; from here on it is another one")
    }
  }

  private func readToken() throws(DaemonError) -> [UInt8]? {
    do throws(TokenFileError) {
      return try access.tokenFile.map { path throws(TokenFileError) in try HTTPDoor.token(at: credentialPath(path)) }
    } catch {
      throw .unusable("http.token_file: \(error.reason)")
    }
  }

  public func run() async throws {
    guard await telemetry.opening.isWanted() else { return }
    do throws(DaemonError) {
      _ = door.change(token: try readToken())
    } catch {
      return telemetry.opening.finish(.failure(error))
    }
    let executor = EventLoopExecutor(HTTPService.group.next())
    // Linux takes this for the calling thread alone.
    HTTPService.group.next().execute {
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, HTTPService.niceness)
    }
    let binding = Binding(count: addresses.count, telemetry.opening)
    await withTaskGroup(of: Void.self) { aside in
      aside.addTask(executorPreference: executor) {
        while (try? await Task.sleep(for: .seconds(HTTPService.pauseInterval))) != nil { telemetry.pause() }
      }
      aside.addTask {
        try? await gracefulShutdown()
        try? await Task.sleep(for: .milliseconds(HTTPService.lastAnswers))
        connections.closeAll()
      }
      // The servers end by themselves, once they are stopped and have no more connections.
      await withTaskGroup(of: Void.self) { servers in
        for (index, address) in addresses.enumerated() {
          servers.addTask(executorPreference: executor) {
            do {
              try await serve(address) { binding.succeeded(index, $0) }
            } catch {
              return binding.failed(address, error)
            }
            await reopen(index, binding)
          }
        }
      }
      aside.cancelAll()
    }
  }

  /// Serves on an address again, where that ended by itself: accepting fails for good when the process has no file descriptors
  /// left, and those may come back.
  private func reopen(_ index: Int, _ binding: Binding) async {
    while !Task.isShuttingDownGracefully, !Task.isCancelled, let address = binding.bound(index) {
      logger.critical(
        "HTTP stopped by itself; its address is opened again in a second", metadata: ["address": "\(address)"])
      try? await Task.sleep(for: .seconds(1))
      try? await serve(address) { _ in }
    }
  }

  /// Serves on an address until that ends.
  ///
  /// - Parameter onServerRunning: gets to know when it has begun.
  private func serve(
    _ address: String, onServerRunning: @escaping @Sendable (any Channel) -> Void
  ) async throws {
    switch ListenAddress(address) {
    case nil: throw CannotListen(reason: "it is no address")
    case .tcp(let host, let port):
      try await server(.hostname(host, port: port), onServerRunning: onServerRunning).run()
    case .unix(let path):
      let listener = try UnixListener(path: path, mode: access.socketMode, group: access.socketGroup)
      let problem = Mutex<(any Error)?>(nil)
      try await server(.unixDomainSocket(path: path)) { channel in
        do {
          try listener.open()
          onServerRunning(channel)
        } catch {
          problem.withLock { $0 = error }
          channel.close(promise: nil)
        }
      }.run()
      listener.remove()
      if let problem = problem.withLock({ $0 }) { throw problem }
    }
  }

  private func server(
    _ address: BindAddress, onServerRunning: @escaping @Sendable (any Channel) -> Void
  ) throws -> any Service {
    let configuration = HTTP1Channel.Configuration(
      additionalChannelHandlers: [ConnectionGuard(connections)], idleTimeout: .seconds(60),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: 8 << 10, maxHeaderListSize: 16 << 10, maxHeaderFieldCount: 100))
    let (telemetry, door) = (telemetry, door)
    return try HTTPServerBuilder.http1(configuration: configuration).buildServer(
      configuration: ServerConfiguration(
        address: address, reuseAddress: true,
        availableConnectionsDelegate: MaximumAvailableConnections(HTTPService.connectionLimit, logger: quiet)),
      eventLoopGroup: HTTPService.group, logger: quiet,
      responder: { request, writer, channel in
        try await respond(telemetry, door, request, consume writer, on: channel)
      },
      onServerRunning: { onServerRunning($0) })
  }
}

/// Waits until all addresses are bound, or one cannot be.
private final class Binding: Sendable {
  private let bound: Mutex<[String?]>
  private let opening: EndpointOpening

  init(count: Int, _ opening: EndpointOpening) {
    bound = Mutex(Array(repeating: nil, count: count))
    self.opening = opening
  }

  func succeeded(_ index: Int, _ channel: any Channel) {
    let all = bound.withLock { bound in
      bound[index] = channel.localAddress.map(text) ?? ""
      return bound
    }
    let known = all.compactMap { $0 }
    if known.count == all.count { opening.finish(.success(known)) }
  }

  /// The address in full; nil where it was not bound.
  func bound(_ index: Int) -> String? { bound.withLock { $0[index] } }

  func failed(_ address: String, _ error: any Error) {
    let reason =
      switch error {
      case let error as CannotListen: error.reason
      case let error as IOError: String(cString: strerror(error.errnoCode))
      case is UnixDomainSocketPathWrongType: "there is a file that is no socket"
      default: "the host is not known"
      }
    opening.finish(.failure(.address(key: "http.bind", address: address, reason: reason)))
  }

  private func text(_ address: SocketAddress) -> String {
    if case .unixDomainSocket = address { return ListenAddress.text(ofUnixSocket: address.pathname ?? "") }
    let host = address.ipAddress ?? ""
    return "\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0)"
  }
}
