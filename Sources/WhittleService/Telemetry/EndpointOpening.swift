/// Agrees on when somebody else opens the endpoints that a daemon is shown on: once the state directory is the daemon's own,
/// and before it is ready.
public final class EndpointOpening: Sendable {
  private let wanted = Completion<Bool>()
  private let opened = Completion<Result<[String], DaemonError>>()

  /// Waits until the endpoints are to be opened.
  ///
  /// - Returns: false where they are not to be opened any more.
  public func isWanted() async -> Bool { await wanted.value() }

  /// Tells which endpoints are open, in full, or why they could not be opened.
  public func finish(_ result: Result<[String], DaemonError>) { opened.fulfill(result) }

  /// Has them opened.
  ///
  /// - Returns: the endpoints in full.
  /// - Throws: why they could not be opened.
  func open() async throws(DaemonError) -> [String] {
    wanted.fulfill(true)
    return try await opened.value().get()
  }

  /// They are not wanted any more, if they ever were.
  func giveUp() { wanted.fulfill(false) }
}
