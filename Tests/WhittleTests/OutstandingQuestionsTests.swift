import TestSupport
import Testing

@testable import WhittleClient

private func question(_ id: UInt64, isRepeatable: Bool = true, deadline: Int = 1000) -> OutstandingQuestions.Question {
  OutstandingQuestions.Question(
    id: id, frames: [[UInt8(truncatingIfNeeded: id)]], isRepeatable: isRepeatable, deadline: deadline, timeout: 5)
}

@Suite struct OutstandingQuestionsTests {
  @Test func nothingIsSentWithoutAConnection() {
    var questions = OutstandingQuestions(window: 10)
    questions.ask(question(1))
    #expect(questions.nextToSend() == nil)
    questions.connected()
    #expect(questions.nextToSend() == question(1))
    #expect(questions.nextToSend() == nil)
    #expect(questions.answered(1) == true)
    #expect(questions.answered(1) == false, "a second answer belongs to nobody")
    #expect(questions.count == 0)
  }

  @Test func noMoreThanTheWindowAreUnderWay() {
    var questions = OutstandingQuestions(window: 2)
    questions.connected()
    for id in 1...4 { questions.ask(question(UInt64(id))) }
    #expect(questions.nextToSend()?.id == 1)
    #expect(questions.nextToSend()?.id == 2)
    #expect(questions.nextToSend() == nil)
    #expect(questions.forget(2) == true)
    #expect(questions.nextToSend()?.id == 3)
    #expect(questions.nextToSend() == nil)
    #expect(questions.unsentCount == 1)
  }

  @Test func aBrokenConnectionRepeatsWhatMayBeRepeated() {
    var questions = OutstandingQuestions(window: 10)
    questions.connected()
    for id in 1...5 { questions.ask(question(UInt64(id), isRepeatable: id != 2)) }
    for _ in 1...3 { _ = questions.nextToSend() }
    #expect(questions.disconnected() == [2])
    #expect(questions.nextToSend() == nil)
    questions.connected()
    let again = [questions.nextToSend(), questions.nextToSend(), questions.nextToSend(), questions.nextToSend()]
    #expect(again == [question(1), question(3), question(4), question(5)])
    #expect(questions.answered(2) == false)
  }

  @Test func whatCouldNotBeSentIsNextAgain() {
    var questions = OutstandingQuestions(window: 10)
    questions.connected()
    for id in 1...3 { questions.ask(question(UInt64(id), isRepeatable: false)) }
    _ = questions.nextToSend()
    let second = questions.nextToSend()
    second.map { questions.putBack($0) }
    #expect(questions.disconnected() == [1], "it was not sent, so nothing is in doubt")
    questions.connected()
    #expect(questions.nextToSend() == question(2, isRepeatable: false))
    #expect(questions.nextToSend()?.id == 3)
  }

  @Test func deadlinesTellWhetherThePeerWasThere() {
    var questions = OutstandingQuestions(window: 1)
    questions.ask(question(1, deadline: 10))
    questions.ask(question(2, deadline: 30))
    #expect(questions.nextDeadline == 10)
    #expect(questions.expired(now: 9) == [])
    #expect(questions.expired(now: 10) == [OutstandingQuestions.Expired(id: 1, timeout: 5, wasReachable: false)])
    questions.connected()
    _ = questions.nextToSend()
    _ = questions.disconnected()
    #expect(questions.expired(now: 30) == [OutstandingQuestions.Expired(id: 2, timeout: 5, wasReachable: true)])
    #expect(questions.nextDeadline == nil)
  }

  @Test func theBooksDoNotGrowWithWhatHasEnded() {
    var questions = OutstandingQuestions(window: 1)
    for id in 1...10_000 {
      questions.ask(question(UInt64(id), deadline: .max))
      #expect(questions.forget(UInt64(id)) == true)
      #expect(questions.bookCount <= 2 * 66)
    }
  }

  @Test(arguments: 0..<200) func agreesWithAList(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let window = 1 + random.below(5)
    var questions = OutstandingQuestions(window: window)
    var list = QuestionList(window: window)
    var id: UInt64 = 0
    var now = 0
    for step in 0..<400 {
      let place: Comment = "seed \(seed), step \(step)"
      switch random.below(9) {
      case 0, 1:
        id += 1
        let next = question(id, isRepeatable: random.below(2) == 0, deadline: now + random.below(60))
        questions.ask(next)
        list.entries.append(QuestionList.Entry(question: next))
      case 2, 3:
        #expect(questions.nextToSend() == list.nextToSend(), place)
      case 4:
        let answered = UInt64(random.below(Int(id) + 2))
        #expect(questions.answered(answered) == list.remove(answered), place)
      case 5:
        let forgotten = UInt64(random.below(Int(id) + 2))
        #expect(questions.forget(forgotten) == list.remove(forgotten), place)
      case 6:
        now += random.below(10)
        let expired = questions.expired(now: now)
        #expect(Set(expired.map(\.id)) == list.expired(now: now), place)
        #expect(expired.count == Set(expired.map(\.id)).count, place)
      case 7:
        if list.isConnected {
          #expect(questions.disconnected() == list.disconnected(), place)
        } else {
          questions.connected()
          list.isConnected = true
        }
      default:
        if let sent = questions.nextToSend() {
          #expect(list.nextToSend() == sent, place)
          questions.putBack(sent)
          list.putBack(sent)
        }
      }
      #expect(questions.count == list.entries.count, place)
      #expect(questions.unsentCount == list.entries.count { !$0.isSent }, place)
      #expect(questions.bookCount <= 4 * questions.count + 128, place)
    }
    #expect(questions.end() == list.entries.map(\.question.id), "seed \(seed)")
    #expect(questions.count == 0 && questions.bookCount == 0, "seed \(seed)")
  }
}

/// The rules once more, by looking through a list.
private struct QuestionList {
  struct Entry {
    let question: OutstandingQuestions.Question
    var isSent = false
  }

  let window: Int
  var isConnected = false
  var entries: [Entry] = []

  init(window: Int) { self.window = window }

  mutating func nextToSend() -> OutstandingQuestions.Question? {
    guard isConnected, entries.count(where: \.isSent) < window,
      let place = entries.firstIndex(where: { !$0.isSent })
    else { return nil }
    entries[place].isSent = true
    return entries[place].question
  }

  mutating func putBack(_ question: OutstandingQuestions.Question) {
    if let place = entries.firstIndex(where: { $0.question.id == question.id }) { entries[place].isSent = false }
  }

  mutating func remove(_ id: UInt64) -> Bool {
    let before = entries.count
    entries.removeAll { $0.question.id == id }
    return entries.count < before
  }

  mutating func expired(now: Int) -> Set<UInt64> {
    let late = Set(entries.filter { $0.question.deadline <= now }.map(\.question.id))
    entries.removeAll { late.contains($0.question.id) }
    return late
  }

  mutating func disconnected() -> [UInt64] {
    isConnected = false
    let lost = entries.filter { $0.isSent && !$0.question.isRepeatable }.map(\.question.id)
    entries.removeAll { lost.contains($0.question.id) }
    for place in entries.indices { entries[place].isSent = false }
    return lost
  }
}
