import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleClient
@testable import whittle

@Suite struct KeyReaderTests {
  @Test(
    arguments: [
      ("q s", [.character("q"), .character(" "), .character("s")]),
      ("\u{1B}[A\u{1B}OB\u{1B}[5~\u{1B}[6~", [.up, .down, .pageUp, .pageDown]),
      ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~", [.home, .end, .home, .end]),
      ("\u{1B}[15;2~q", [.character("q")]), ("\u{1B}q", [.character("q")]), ("\u{1B}\u{1B}[A", [.up]),
      ("é\u{0C}", [.character("\u{0C}")]),
    ] as [(String, [KeyReader.Key])])
  func keys(text: String, keys: [KeyReader.Key]) {
    for size in [1, 2, 3, 100] {
      var reader = KeyReader()
      var found: [KeyReader.Key] = []
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        found += reader.keys(rest.prefix(size))
        rest = rest.dropFirst(size)
      }
      #expect(found == keys, "in pieces of \(size)")
    }
  }
}

@Suite struct ScreenFrameTests {
  @Test func onlyWhatDiffersIsWritten() {
    var frame = ScreenFrame()
    #expect(
      frame.update(to: ["a", "", "c"])
        == "\u{1B}[?2026h\u{1B}[2J\u{1B}[1;1H\u{1B}[2Ka\u{1B}[3;1H\u{1B}[2Kc\u{1B}[?2026l")
    #expect(frame.update(to: ["a", "", "c"]) == "")
    #expect(frame.update(to: ["a", "b", "c"]) == "\u{1B}[?2026h\u{1B}[2;1H\u{1B}[2Kb\u{1B}[?2026l")
    #expect(frame.update(to: ["a"]) == "\u{1B}[?2026h\u{1B}[2;1H\u{1B}[2K\u{1B}[3;1H\u{1B}[2K\u{1B}[?2026l")
    frame.forget()
    #expect(frame.update(to: ["a"]) == "\u{1B}[?2026h\u{1B}[2J\u{1B}[1;1H\u{1B}[2Ka\u{1B}[?2026l")
  }
}

@Suite struct PublicationFeedTests {
  @Test func whatIsPublishedArrives() async throws {
    let stats = try WireJSON.encode(exampleStats)
    // Sends to whoever subscribes.
    let daemon = try FakePeer(.extendedPublish) { _ in [utf8("stats"), stats] }
    let feed = PublicationFeed()
    let (words, word) = AsyncStream<Void>.makeStream()
    try feed.start(daemon.endpoint, topics: [.stats]) { word.yield() }
    var waiting = words.makeAsyncIterator()
    await waiting.next()
    #expect(feed.take() == [.publication(Publication(.stats(exampleStats)))])
    #expect(feed.take() == [])
  }

  /// Until something is published, what the daemon answers is the first view.
  @Test func theFirstViewIsAskedFor() async throws {
    let coefficients = Coefficients(step: 7, intercept: 0, names: ["a"], values: [1], features: 1, activeSet: 1)
    let configuration = ConfigurationReport(
      configuration: ["publish.every_seconds": .number(10)], origins: [:], endpoints: [:], version: "1")
    let daemon = try FakePeer(.router) { message in
      let question = text(message.last ?? [])
      let answer =
        question.contains("\"stats\"")
        ? try? WireJSON.encode(QueryReply.success(exampleStats))
        : question.contains("\"coefficients\"")
          ? try? WireJSON.encode(QueryReply.success(coefficients))
          : try? WireJSON.encode(QueryReply.success(configuration))
      return Array(message.dropLast()) + [answer ?? []]
    }
    let publisher = try FakePeer(.publish)
    let feed = PublicationFeed()
    let (words, word) = AsyncStream<Void>.makeStream()
    try feed.start(publisher.endpoint, query: daemon.endpoint, top: 3) { word.yield() }
    var waiting = words.makeAsyncIterator()
    var news: [PublicationFeed.News] = []
    while !news.contains(.interval(10)) {
      await waiting.next()
      news += feed.take()
    }
    #expect(
      news == [
        .publication(Publication(.stats(exampleStats))), .publication(Publication(.coefficients(coefficients))),
        .interval(10),
      ])
    #expect(daemon.received.contains { text($0.last ?? []).contains("\"top\":3") })
  }

  @Test func failuresArrive() async throws {
    let feed = PublicationFeed()
    let (words, word) = AsyncStream<Void>.makeStream()
    try feed.start("nonsense") { word.yield() }
    var waiting = words.makeAsyncIterator()
    await waiting.next()
    let news = feed.take()
    #expect(news.count == 1)
    guard case .failed(.unusableEndpoint) = news.first else {
      Issue.record("expected a failure, found \(news)")
      return
    }
  }
}
