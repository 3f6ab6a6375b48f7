import Testing
import WhittleProtocol

@testable import WhittleService

@Suite struct TelemetryTests {
  private func event(_ number: Int, _ kind: Event.Kind = .modelReset) -> Event {
    Event(kind, step: UInt64(number), time: Double(number), message: "number \(number)")
  }

  private func text(_ message: LiveMessage) -> String { String(decoding: message.json, as: UTF8.self) }

  @Test func eventsAreBoundedAndTheNewestFirst() {
    let telemetry = Telemetry()
    for number in 0..<1000 { telemetry.take(event(number)) }
    let events = telemetry.events
    #expect(events.count == 200)
    for (number, event) in zip((800..<1000).reversed(), events) { #expect(text(event).contains("number \(number)\"")) }
    #expect(events.map(\.id) == events.map(\.id).sorted(by: >))
    #expect(telemetry.eventCounts == ["model_reset": 1000])
  }

  @Test func kindsOfEventsAreBounded() {
    let telemetry = Telemetry()
    for number in 0..<100 { telemetry.take(event(number, Event.Kind(rawValue: "kind_\(number)"))) }
    telemetry.take(event(0, Event.Kind(rawValue: "kind_7")))
    let counts = telemetry.eventCounts
    #expect(counts.count == Telemetry.eventKindLimit + 1)
    #expect(counts["other"] == 50 && counts["kind_7"] == 2)
  }

  @Test func checkpointsAreBoundedAndTheNewestFirst() {
    let telemetry = Telemetry()
    for number in 0..<250 { telemetry.take(CheckpointReport(time: Double(number), step: UInt64(number), file: "f")) }
    #expect(telemetry.checkpoints.map(\.step) == (150..<250).reversed().map { UInt64($0) })
  }

  @Test func aListenerHearsAllThatComesAfterIt() async throws {
    let telemetry = Telemetry()
    telemetry.take(event(1))
    let messages = try #require(telemetry.listen(after: nil))
    #expect(messages.first.isEmpty)
    for number in 2...5 { telemetry.take(event(number)) }
    telemetry.pause()
    telemetry.enter(.stopping)
    var heard: [LiveMessage] = []
    for await message in messages.following { heard.append(message) }
    #expect(heard.map(\.kind) == [.event, .event, .event, .event, nil])
    #expect(zip(2...5, heard).allSatisfy { text($1).contains("number \($0)\"") })
    #expect(zip(heard.prefix(4), heard.dropFirst().prefix(3)).allSatisfy { $0.id < $1.id })
  }

  @Test func whoComesBackHearsWhatItMissed() throws {
    let telemetry = Telemetry()
    for number in 1...5 { telemetry.take(event(number)) }
    let third = telemetry.events[2].id
    let messages = try #require(telemetry.listen(after: third))
    #expect(messages.first.map(\.id) == telemetry.events.prefix(2).reversed().map(\.id))
    // Numbers of a daemon before this one are below all of this one's.
    #expect(try #require(telemetry.listen(after: 0)).first.count == 5)
    #expect(try #require(telemetry.listen(after: .max)).first.isEmpty)
  }

  @Test func aSlowListenerMissesTheOldestAndHoldsNothing() async throws {
    let telemetry = Telemetry()
    let messages = try #require(telemetry.listen(after: nil))
    for number in 1...1000 { telemetry.take(event(number)) }
    telemetry.enter(.stopping)
    var heard: [LiveMessage] = []
    for await message in messages.following { heard.append(message) }
    #expect(heard.count == Telemetry.listenerBuffer)
    #expect(heard.map(\.id) == telemetry.events.prefix(Telemetry.listenerBuffer).reversed().map(\.id))
  }

  @Test func soManyMayListen() throws {
    let telemetry = Telemetry()
    var listeners = (0..<Telemetry.listenerLimit).compactMap { _ in telemetry.listen(after: nil) }
    #expect(listeners.count == 100 && telemetry.listenerCount == 100)
    #expect(telemetry.listen(after: nil) == nil)
    telemetry.end(listeners.removeFirst())
    #expect(telemetry.listen(after: nil) != nil)
    telemetry.enter(.stopping)
    for listener in listeners { telemetry.end(listener) }
    #expect(telemetry.listen(after: nil) == nil)
  }
}
