internal import WhittleProtocol

/// A connection to one daemon for asynchronous code: it feeds samples, asks questions and reads publications, any number
/// of them at once, from any task.
///
///     let whittle = try WhittleConnection()
///     try await whittle.send(Sample(x: ["sleep": 7.5, "homework": 2], y: 3.2))
///     let prediction = try await whittle.predict(x: ["sleep": 8, "homework": 1])
///
/// It connects when it is used first, and again whenever the daemon comes back; the daemon need not be there yet. Every
/// call has a time limit, ends at once with `cancelled` when its task is cancelled, and throws a `ClientError`.
///
/// **When the daemon goes away** while a question is under way, questions that change nothing are asked again over the
/// next connection, within their time limit. All others (`checkpoint`, `set`, `reset`, `learn` without a number) fail with
/// `interrupted`: they may have been carried out or not, and only the caller knows whether twice would be wrong.
///
/// One thread of its own, which waits in the operating system and not in Swift's thread pool, owns all sockets. It ends
/// with `close`, or with the last reference to the connection.
public final class WhittleConnection: Sendable {
  /// Where the daemon's sockets are.
  public struct Endpoints: Sendable, Equatable {
    /// Its ROUTER socket for questions.
    public var query = DefaultEndpoints.query
    /// Its PULL socket, for `send`.
    public var push = DefaultEndpoints.ingestPull
    /// Its ROUTER socket for samples, for `learn`.
    public var router = DefaultEndpoints.ingestRouter
    /// Its PUB socket.
    public var publish = DefaultEndpoints.publish

    /// The daemon's defaults, all on loopback.
    public init() {}
  }

  /// How long things may take, and how many may wait.
  public struct Limits: Sendable, Equatable {
    /// How long a call may take, connecting included, where it says nothing else; at least a millisecond.
    public var timeout = Duration.seconds(5)
    /// How many questions, and how many messages of `learn`, may be without an answer; more wait in line. At least 1. Far
    /// more than 1,000 would fill the daemon's queue of answers, which drops what is too much.
    public var unanswered = 1000
    /// How many messages of `send` may be queued in this process; more wait. At least 1.
    public var queued = 1000
    /// How many events a reader may be behind before the oldest are dropped; at least 1.
    public var unreadEvents = 1000
    /// How long the end may wait for queued messages to leave; what has not left by then is dropped.
    public var lingering = Duration.seconds(5)

    public init() {}
  }

  public let endpoints: Endpoints
  public let limits: Limits
  let mailbox: Mailbox

  /// Starts the connection's thread. Nothing is connected yet.
  ///
  /// - Parameter keys: for a daemon that asks for them.
  /// - Throws: `failed` when the process is out of memory, descriptors or threads.
  public init(_ endpoints: Endpoints = Endpoints(), limits: Limits = Limits(), keys: ClientKeys? = nil)
    throws(ClientError)
  {
    self.endpoints = endpoints
    self.limits = limits
    do {
      mailbox = try Mailbox()
    } catch {
      throw .failed(reason: "\(error)")
    }
    try ConnectionThread.start(mailbox, endpoints, limits, keys)
  }

  deinit {
    mailbox.close()
  }

  /// Closes the connection, and returns when its thread has ended: at once, unless messages of `send` are queued; these
  /// may take `limits.lingering` to leave. Calls that are under way fail with `closed`, as do later ones; what reads
  /// publications comes to its end. May be called again.
  public func close() async {
    mailbox.close()
    await mailbox.waitForEnd()
  }

  /// Posts frames to a link, and waits for the answer's.
  func exchange(
    _ frames: [[UInt8]], over link: Mailbox.Link, isRepeatable: Bool, timeout: Duration?
  ) async throws(ClientError) -> [[UInt8]] {
    if Task.isCancelled { throw .cancelled }
    let time = max((timeout ?? limits.timeout).wholeMilliseconds, 1)
    // The clock's reading is rounded down: without the one more, up to a millisecond would be missing.
    let deadline = mailbox.now + time + 1
    let call = Call<[[UInt8]]>()
    let id = try mailbox.post { id in
      .ask(
        OutstandingQuestions.Question(
          id: id, frames: frames, isRepeatable: isRepeatable, deadline: deadline, timeout: time),
        over: link, call)
    }
    let outcome = await call.outcome { [mailbox] in
      // Once the connection has ended, so has the question.
      _ = try? mailbox.post { _ in .forget(id, over: link) }
    }
    return try outcome.get()
  }
}
