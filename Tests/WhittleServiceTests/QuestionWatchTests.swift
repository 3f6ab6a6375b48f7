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

  @Test func looksSeldomUntilSomebodyAsks() {
    var watch = QuestionWatch()
    let seldom = messages(&watch, bytes: 1000)
    watch.looked(found: false)
    #expect(messages(&watch, bytes: 1000) == seldom && seldom > 20)
    watch.looked(found: true)
    let frequent = messages(&watch, bytes: 1000)
    #expect(frequent < 8)
    watch.looked(found: false)
    #expect(messages(&watch, bytes: 1000) == frequent)
  }

  @Test func losesPatience() {
    var watch = QuestionWatch()
    watch.looked(found: true)
    for _ in 0..<2000 { watch.looked(found: false) }
    #expect(messages(&watch, bytes: 1000) > 20)
  }

  /// Many small messages, and one large one, are reason enough.
  @Test(arguments: [0, 1, 100, 1 << 20])
  func comesSomeTime(bytes: Int) {
    var watch = QuestionWatch()
    let count = messages(&watch, bytes: bytes)
    #expect(bytes < 1 << 20 ? (10...400).contains(count) : count == 1)
  }
}
