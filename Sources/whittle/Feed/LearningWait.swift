internal import WhittleClient
internal import WhittleProtocol

/// Waits until a daemon has learned what was sent to it.
///
/// Messages carry no mark of who sent them: those of other senders, and those sent before that the daemon still had to
/// take, count too.
struct LearningWait {
  private static let longestPause = Duration.milliseconds(250)

  private let client: QueryClient
  private let before: Stats

  /// Asks the daemon how far it is. Make it before the first message is sent.
  ///
  /// - Throws: as the client does.
  init(_ client: QueryClient) throws(ClientError) {
    self.client = client
    before = try client.stats()
  }

  /// Returns once the daemon has seen to `messages` more messages than before.
  ///
  /// - Throws: `ToolError.rejected` where it rejected any, `notLearned` where it was restarted or has taken none for as
  ///   long as the client waits for an answer, `ClientError` where it does not answer.
  func wait(for messages: Int) throws {
    var last = before
    var lastNews = ContinuousClock.now
    var nextPause = Duration.milliseconds(1)
    while last.messages - before.messages < messages {
      pause(nextPause)
      nextPause = min(nextPause * 2, LearningWait.longestPause)
      let stats = try client.stats()
      let isRestarted = stats.uptimeSeconds < last.uptimeSeconds || stats.messages < last.messages
      if isRestarted { throw notLearned(last, of: messages, reason: "was then restarted") }
      if stats.messages > last.messages {
        lastNews = .now
      } else if lastNews.duration(to: .now) >= .milliseconds(client.milliseconds) {
        throw notLearned(
          last, of: messages,
          reason: "takes no more; are the samples sent to this daemon, and to no other? If it is busy, allow more time")
      }
      last = stats
    }
    let rejected = last.rejected.compactMap { reason, count in
      let more = count - min(before.rejected[reason] ?? 0, count)
      return more > 0 ? (reason, more) : nil
    }
    if !rejected.isEmpty {
      throw ToolError.rejected(endpoint: client.endpoint, byReason: Dictionary(uniqueKeysWithValues: rejected))
    }
  }

  private func notLearned(_ last: Stats, of messages: Int, reason: String) -> ToolError {
    .notLearned(
      endpoint: client.endpoint, taken: last.messages - before.messages, sent: messages, reason: reason)
  }
}
