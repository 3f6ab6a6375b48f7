internal import Synchronization
internal import WhittleClient
internal import WhittleProtocol

/// What one daemon publishes, received on a thread of its own, and kept until the loop that shows it takes it.
final class PublicationFeed: Sendable {
  enum News: Equatable {
    case publication(Publication)
    /// The daemon publishes at least so often, in seconds; nil where time alone is no reason to.
    case interval(Double?)
    /// Nothing more will come.
    case failed(ClientError)
  }

  /// Who takes so little that this much waits loses the oldest.
  private static let capacity = 1000

  private struct State {
    var news: [News] = []
    var published: Set<Topic> = []
  }

  private let state = Mutex(State())

  /// All that has come since the last time, in order; of coefficients only the newest.
  func take() -> [News] {
    state.withLock { state in
      defer { state.news = [] }
      return state.news
    }
  }

  /// Starts to receive.
  ///
  /// - Parameters:
  ///   - query: an endpoint to ask for a first view, where the next publication may be long in coming.
  ///   - top: so many coefficients are asked for.
  ///   - keys: for a daemon that asks for them.
  ///   - wake: called on other threads when there is something to `take`.
  /// - Throws: `failed` when the operating system starts no more threads.
  func start(
    _ endpoint: String, topics: [Topic] = Topic.allCases, query: String? = nil, top: Int = 0,
    keys: ClientKeys? = nil, wake: @escaping @Sendable () -> Void
  ) throws(ToolError) {
    try BackgroundThread.start { [self] in
      do throws(ClientError) {
        let subscriber = try Subscriber(endpoint: endpoint, topics: topics, keys: keys)
        while true {
          put(.publication(try subscriber.next(milliseconds: nil)), isAnswer: false)
          wake()
        }
      } catch {
        put(.failed(error), isAnswer: false)
        wake()
      }
    }
    guard let query else { return }
    try BackgroundThread.start { [self] in
      // Without answers the first publication makes the first view.
      guard let client = try? QueryClient(endpoint: query, keys: keys) else { return }
      if let stats = try? client.stats() { put(.publication(Publication(.stats(stats))), isAnswer: true) }
      if let coefficients = try? client.coefficients(top: top) {
        put(.publication(Publication(.coefficients(coefficients))), isAnswer: true)
      }
      wake()
      guard case .number(let seconds) = try? client.configuration().configuration["publish.every_seconds"] else {
        return
      }
      put(.interval(seconds > 0 ? seconds : nil), isAnswer: true)
      wake()
    }
  }

  private func put(_ news: News, isAnswer: Bool) {
    state.withLock { state in
      if case .publication(let publication) = news {
        // What is published is newer than the answer, and of coefficients it is all.
        let isCoefficients = news.isCoefficients
        let topic = isCoefficients ? Topic.coefficients : publication.topic
        if isAnswer && state.published.contains(topic) { return }
        if !isAnswer { state.published.insert(topic) }
        if isCoefficients { state.news.removeAll(where: \.isCoefficients) }
      }
      if state.news.count >= PublicationFeed.capacity { state.news.removeFirst() }
      state.news.append(news)
    }
  }
}

extension PublicationFeed.News {
  fileprivate var isCoefficients: Bool {
    guard case .publication(let publication) = self, case .coefficients = publication.content else { return false }
    return true
  }
}
