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
    #expect(feed.take() == [.publication(.stats(exampleStats))])
    #expect(feed.take() == [])
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
