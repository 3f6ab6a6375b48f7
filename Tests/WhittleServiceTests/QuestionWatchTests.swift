import Testing

@testable import WhittleService

/// When questions are looked for.
struct QuestionWatchTests {
  /// How many messages are learned until it is time to look.
  private func messages(_ watch: inout QuestionWatch, bytes: Int) -> Int {
    var count = 1
    while !watch.learned(bytes: bytes) { count += 1 }
    return count
  }

  @Test func looksAfterAsMuchAgain() {
    var watch = QuestionWatch()
    let first = messages(&watch, bytes: 1000)
    #expect((21...40).contains(first))
    // It stays time until somebody has looked.
    #expect(messages(&watch, bytes: 0) == 1)
    watch.looked()
    #expect(messages(&watch, bytes: 1000) == first)
  }

  /// Many small messages, and one large one, are reason enough.
  @Test(arguments: [0, 1, 100, 1 << 20])
  func comesSomeTime(bytes: Int) {
    var watch = QuestionWatch()
    let count = messages(&watch, bytes: bytes)
    #expect(bytes < 1 << 20 ? (10...400).contains(count) : count == 1)
  }
}
