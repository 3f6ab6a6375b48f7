import FoundationEssentials
import Synchronization
import WhittleProtocol
import ZeroMQ

@testable import WhittleService

/// Milliseconds that anything may take on a machine that is busy with other tests.
private let patience = 30_000

struct NothingCame: Error {}

extension TestDaemon {
  /// Sends messages to the PULL socket, each as these frames, and returns when all have left.
  ///
  /// - Parameter binding: whether it is the daemon that connects.
  func push(_ messages: [[[UInt8]]], binding: Bool = false) async throws {
    let endpoint = place.pull
    try await onThread {
      // Closing the context waits until the messages are with the peer.
      let socket = try Socket(.push, in: Context())
      try socket.set(.linger(patience))
      if binding { try socket.bind(endpoint) } else { try socket.connect(endpoint) }
      for frames in messages { try socket.send(frames) }
    }
  }

  func push(_ messages: [String]) async throws { try await push(messages.map { [Array($0.utf8)] }) }

  /// Publishes messages to the SUB socket, once it has subscribed to so many topics.
  func publish(_ messages: [[[UInt8]]], subscriptions: Int = 1, binding: Bool = false) async throws {
    let endpoint = place.sub
    try await onThread {
      let socket = try Socket(.extendedPublish, in: Context())
      try socket.set(.linger(patience))
      try socket.set(.sendHighWaterMark(0))
      try socket.set(.receiveTimeout(patience))
      if binding { try socket.bind(endpoint) } else { try socket.connect(endpoint) }
      for _ in 0..<subscriptions {
        guard try socket.receive() != nil else { throw NothingCame() }
      }
      for frames in messages { try socket.send(frames) }
    }
  }

  /// Sends frames to the query socket.
  ///
  /// - Returns: the frames of the answer.
  func ask(
    frames: [[UInt8]], from kind: Socket.Kind = .dealer, at endpoint: String? = nil
  ) async throws -> [[UInt8]] {
    let endpoint = endpoint ?? place.query
    return try await onThread {
      let socket = try Socket(kind, in: Context())
      try socket.set(.linger(0))
      try socket.set(.receiveTimeout(patience))
      try socket.connect(endpoint)
      try socket.send(frames)
      guard let answer = try socket.receive() else { throw NothingCame() }
      return answer
    }
  }

  /// - Returns: the body of the answer.
  /// - Throws: the daemon's refusal.
  func ask<Body: Codable & Sendable>(_ question: String, as: Body.Type = Body.self) async throws -> Body {
    let answer = try await ask(frames: [Array(question.utf8)])
    switch try JSONDecoder().decode(QueryReply<Body>.self, from: Data(answer[0])) {
    case .success(let body): return body
    case .failure(let failure): throw failure
    }
  }

  /// The refusal of a question that must be refused.
  func refusal(_ frames: [[UInt8]], from kind: Socket.Kind = .dealer) async throws -> QueryFailure? {
    let answer = try await ask(frames: frames, from: kind)
    switch try JSONDecoder().decode(QueryReply<JSONValue>.self, from: Data(answer.last ?? [])) {
    case .success: return nil
    case .failure(let failure): return failure
    }
  }

  func stats() async throws -> Stats { try await ask(#"{"op": "stats"}"#) }

  /// Asks for stats until they are as they should be.
  @discardableResult
  func stats(where condition: @escaping @Sendable (Stats) -> Bool) async throws -> Stats {
    let endpoint = place.query
    return try await onThread {
      let socket = try Socket(.dealer, in: Context())
      try socket.set(.linger(0))
      try socket.set(.receiveTimeout(patience))
      try socket.connect(endpoint)
      let end = monotonicSeconds() + Double(patience) / 1000
      while monotonicSeconds() < end {
        try socket.send([Array(#"{"op": "stats"}"#.utf8)])
        guard let answer = try socket.receive() else { throw NothingCame() }
        let reply = try JSONDecoder().decode(QueryReply<Stats>.self, from: Data(answer[0]))
        if case .success(let stats) = reply, condition(stats) { return stats }
      }
      throw NothingCame()
    }
  }

  /// What a subscriber receives while `body` runs, until `enough` says so.
  ///
  /// - Parameter first: whether `body` begins only when something was received, so that the subscription is known to be
  ///   there.
  func published(
    afterFirst first: Bool = false,
    during body: @escaping @Sendable () async throws -> Void, until enough: @escaping @Sendable ([[[UInt8]]]) -> Bool
  ) async throws -> [[[UInt8]]] {
    let endpoint = place.publish
    let subscribed = Completion<Void>()
    async let received = onThread {
      // However this ends, whoever waits for the subscription goes on.
      defer { subscribed.fulfill(()) }
      let socket = try Socket(.subscribe, in: Context())
      try socket.set(.linger(0))
      try socket.set(.receiveTimeout(patience))
      try socket.set(.subscribe([]))
      try socket.connect(endpoint)
      var messages: [[[UInt8]]] = []
      if !first { subscribed.fulfill(()) }
      while !enough(messages) {
        guard let message = try socket.receive() else { throw NothingCame() }
        messages.append(message)
        subscribed.fulfill(())
      }
      return messages
    }
    await subscribed.value()
    try await body()
    return try await received
  }
}
