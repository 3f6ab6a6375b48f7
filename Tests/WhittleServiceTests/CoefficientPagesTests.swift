import FoundationEssentials
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// Answers in parts, told the time.
@Suite struct CoefficientPagesTests {
  private static func listing(_ count: Int, binary: Bool = false) throws -> CoefficientListing {
    var model = Model(LearnerConfiguration())
    let members = (0..<count).map { "\"größe \($0)\": \($0 + 1)" }.joined(separator: ", ")
    try model.learn(["{\"y\": 1, \"x\": {\(members)}}"])
    let snapshot = ModelSnapshot(model)
    return CoefficientListing(
      snapshot, snapshot.learner.coefficients(), Array(0..<snapshot.featureCount), binary: binary)
  }

  private func decode(_ answer: Answer) throws -> Coefficients {
    let text = Data(try #require(answer.first))
    if answer.count == 1 {
      guard case .success(let body) = try JSONDecoder().decode(QueryReply<Coefficients>.self, from: text) else {
        throw QueryFailure(.internal, "refused")
      }
      return body
    }
    guard case .success(let head) = try JSONDecoder().decode(QueryReply<BinaryCoefficients>.self, from: text) else {
      throw QueryFailure(.internal, "refused")
    }
    return try Coefficients(head, Array(answer.dropFirst()))
  }

  /// Parts of any length, put together, are the whole; and a part can be asked for twice.
  @Test(arguments: [1, 3, 10, 99, 100, 101], [false, true])
  func partsMakeTheWhole(limit: Int, binary: Bool) throws {
    var pages = CoefficientPages()
    let listing = try Self.listing(100, binary: binary)
    let whole = try decode(pages.begin(listing, limit: nil, now: 0))
    #expect(whole.cursor == nil && whole.names.count == 100 && pages.secondsLeft(now: 0) == nil)
    var part = try decode(pages.begin(listing, limit: limit, now: 0))
    var (names, values) = (part.names, part.values)
    while let cursor = part.cursor {
      #expect(part.names.count == limit && part.step == whole.step)
      part = try decode(pages.goOn(cursor, limit: nil, now: 1))
      #expect(try decode(pages.goOn(cursor, limit: nil, now: 1)) == part, "once more")
      #expect(try decode(pages.goOn(cursor, limit: 1, now: 1)).names == [part.names[0]], "a shorter part")
      names += part.names
      values += part.values
    }
    #expect(names == whole.names && values == whole.values)
  }

  @Test func whatNobodyAsksForIsLetGoOf() throws {
    var pages = CoefficientPages()
    let listing = try Self.listing(10)
    let cursor = try #require(try decode(pages.begin(listing, limit: 4, now: 100)).cursor)
    #expect(pages.secondsLeft(now: 110) == 50)
    _ = try pages.goOn(cursor, limit: nil, now: 159)
    #expect(pages.secondsLeft(now: 159) == 60, "asking keeps it")
    _ = try pages.goOn(cursor, limit: nil, now: 218)
    pages.expire(now: 279)
    #expect(pages.secondsLeft(now: 279) == nil)
    expectUnknown(cursor, &pages, now: 279)
  }

  @Test func asManyAreKeptAsThereIsRoomFor() throws {
    var pages = CoefficientPages()
    let listing = try Self.listing(10)
    let cursors = try (0..<CoefficientPages.capacity + 3).map { number in
      try #require(try decode(pages.begin(listing, limit: 4, now: Double(number))).cursor)
    }
    #expect(Set(cursors).count == cursors.count)
    for cursor in cursors.prefix(3) { expectUnknown(cursor, &pages, now: 20) }
    for cursor in cursors.dropFirst(3) { _ = try pages.goOn(cursor, limit: nil, now: 20) }
  }

  @Test(arguments: ["", "-", "x", "1-", "-1", "1-1", "0-0", "1-2-3", "é-1", "18446744073709551616-1"])
  func otherTextsAreNoCursors(_ text: String) {
    var pages = CoefficientPages()
    expectUnknown(text, &pages, now: 0)
  }

  @Test func placesOutsideAreNoCursors() throws {
    var pages = CoefficientPages()
    let cursor = try #require(try decode(pages.begin(try Self.listing(10), limit: 4, now: 0)).cursor)
    let key = cursor.split(separator: "-")[0]
    for place in ["10", "-1", "11", "9223372036854775807", "9223372036854775808", " 1"] {
      expectUnknown("\(key)-\(place)", &pages, now: 0)
    }
    #expect(try decode(pages.goOn("\(key)-9", limit: .max, now: 0)).names.count == 1)
  }

  private func expectUnknown(_ cursor: String, _ pages: inout CoefficientPages, now: Double) {
    do throws(QueryFailure) {
      _ = try pages.goOn(cursor, limit: nil, now: now)
      Issue.record("\(cursor) was known")
    } catch {
      #expect(error.code == .unknownCursor && error.message.contains("ask anew"))
    }
  }

  @Test func roomForLargeQuestions() throws {
    let room = QuestionRoom(limit: 10)
    var tickets = [try #require(room.take(4)), try #require(room.take(6))]
    #expect(room.take(1) == nil)
    #expect(room.take(1) == nil, "asking in vain takes up none")
    tickets.removeFirst()
    #expect(room.take(5) == nil)
    tickets.append(try #require(room.take(4)))
    #expect(tickets.count == 2 && room.take(1) == nil)
  }
}
