import FoundationEssentials
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleClient

/// What a daemon publishes that publishes changes, with all coefficients at any time.
private struct ChangingPublisher {
  var epoch = "1"
  var truth: [String: Float] = [:]
  var (fulls, deltas): (UInt64, UInt64) = (0, 0)

  func frames(_ topic: Topic, _ message: some Codable & Sendable, _ sequence: UInt64) throws -> [[UInt8]] {
    let marked = Marked(PublicationMark(epoch: epoch, sequence: sequence), message)
    return [Array(topic.rawValue.utf8), Array(try JSONEncoder().encode(marked))]
  }

  mutating func full() throws -> [[UInt8]] {
    fulls += 1
    return try frames(
      .coefficients,
      PublishedCoefficients(
        form: .full, step: 100 + deltas, intercept: 1, features: 9, activeSet: truth.count, deltaSequence: deltas,
        PublishedValues(names: Array(truth.keys), values: truth.keys.map { truth[$0] ?? 0 })), fulls)
  }

  mutating func delta(_ changes: [String: Float]) throws -> [[UInt8]] {
    for (name, value) in changes { truth[name] = value == 0 ? nil : value }
    deltas += 1
    return try frames(
      .coefficientsDelta,
      CoefficientsDelta(
        baseSequence: deltas - 1, baseStep: 99 + deltas, step: 100 + deltas, intercept: 1, features: 9,
        activeSet: truth.count,
        PublishedValues(names: Array(changes.keys), values: changes.keys.map { changes[$0] ?? 0 })), deltas)
  }
}

extension Coefficients {
  fileprivate var byName: [String: Float] { Dictionary(uniqueKeysWithValues: zip(names, values)) }
}

@Suite struct PublicationReaderTests {
  private func read(_ reader: inout PublicationReader, _ frames: [[UInt8]]) throws -> PublicationReader.Outcome {
    let topic = try #require(Topic(rawValue: String(decoding: frames[0], as: UTF8.self)))
    return try reader.read(topic, frames, of: "tcp://x:1")
  }

  private func coefficients(_ outcome: PublicationReader.Outcome) -> Coefficients? {
    guard case .publication(let publication) = outcome, case .coefficients(let coefficients) = publication.content
    else {
      return nil
    }
    return coefficients
  }

  /// Whatever is lost, what a reader tells is what the publisher had at that time; and it comes back once all coefficients do.
  @Test(arguments: 0..<100) func whatIsToldIsTrueWhateverIsLost(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var publisher = ChangingPublisher()
    var reader = PublicationReader()
    var (told, asked) = (0, 0)
    /// Whether a delta was lost since the last full one arrived.
    var isLost = true
    for _ in 0..<300 {
      if random.below(50) == 0 {
        publisher.epoch += "1"
        (publisher.fulls, publisher.deltas, publisher.truth) = (0, 0, [:])
        isLost = true
      }
      let isDelta = random.below(8) > 0
      let changes = (0..<random.below(4)).map { _ in ("n\(random.below(6))", Float(random.below(4))) }
      let frames = try isDelta ? publisher.delta(Dictionary(changes) { $1 }) : publisher.full()
      if random.below(10) == 0 {
        if isDelta { isLost = true }
        continue
      }
      let outcome = try read(&reader, frames)
      if !isDelta {
        // One that says nothing new is passed over.
        #expect(isLost == (coefficients(outcome) != nil), "seed \(seed)")
        isLost = false
      }
      if let coefficients = coefficients(outcome) {
        #expect(coefficients.byName == publisher.truth && coefficients.step == 100 + publisher.deltas, "seed \(seed)")
        told += 1
      } else if isDelta {
        #expect(isLost, "seed \(seed)")
        if outcome == .needsAll { asked += 1 }
      }
    }
    #expect(told > 50 && asked > 0, "seed \(seed)")
  }

  @Test func aGapIsToldOnceInAWhile() throws {
    var publisher = ChangingPublisher()
    var reader = PublicationReader()
    var asked: [Int] = []
    for number in 0..<40 where try read(&reader, publisher.delta(["a": Float(number)])) == .needsAll {
      asked.append(number)
    }
    #expect(asked == [0, 16, 32])
  }

  @Test func repetitionsArePassedOverAndGapsCounted() throws {
    let publisher = ChangingPublisher()
    var reader = PublicationReader()
    func stats(_ epoch: String, _ sequence: UInt64) throws -> UInt64? {
      var publisher = publisher
      publisher.epoch = epoch
      guard case .publication(let publication) = try read(&reader, publisher.frames(.stats, exampleStats, sequence))
      else { return nil }
      #expect(publication.mark == PublicationMark(epoch: epoch, sequence: sequence))
      #expect(publication.content == .stats(exampleStats))
      return publication.missedBefore
    }
    #expect(try stats("a", 7) == 0, "what was before is nothing that was missed")
    #expect(try stats("a", 7) == nil)
    #expect(try stats("a", 8) == 0)
    #expect(try stats("a", 12) == 3)
    #expect(try stats("b", 2) == 0, "another run of the daemon")
    #expect(try stats("b", 3) == 0)
  }

  @Test func arraysAreRead() throws {
    var arrays = BinaryArrays()
    arrays.append("values", [Float(1), -2])
    arrays.append("names", bytes: Array("ab größe".utf8))
    arrays.append("name_ends", [2, 10])
    let full = PublishedCoefficients(
      form: .top, step: 3, intercept: 0, features: 4, activeSet: 2, PublishedValues(arrays: arrays.descriptions))
    let frames = try ChangingPublisher().frames(.coefficients, full, 1) + arrays.buffers
    var reader = PublicationReader()
    #expect(coefficients(try read(&reader, frames))?.byName == ["ab": 1, " größe": -2])
    #expect(throws: ClientError.self) { try read(&reader, Array(frames.dropLast())) }
  }
}
