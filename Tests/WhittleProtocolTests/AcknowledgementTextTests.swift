import TestSupport
import Testing
import WhittleProtocol

/// Acknowledgements are worded by themselves; JSON's general decoder reads in them what was meant.
@Suite struct AcknowledgementTextTests {
  @Test func toTheLetter() throws {
    let least = Acknowledgement(samples: 2, step: 17)
    #expect(least.replyText.map { String(decoding: $0, as: UTF8.self) } == #"{"ok":true,"samples":2,"step":17}"#)
    let most = Acknowledgement(
      samples: 1, unlearned: 2, duplicates: 3, step: .max, predictions: [0.5, nil, -1e-7], last: 9)
    #expect(
      most.replyText.map { String(decoding: $0, as: UTF8.self) }
        == #"{"ok":true,"samples":1,"unlearned":2,"duplicates":3,"step":18446744073709551615,"#
        + #""predictions":[0.5,null,-1e-07],"last":9}"#)
  }

  @Test func whatIsReadIsWhatWasMeant() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      func some<Value>(_ value: @autoclosure () -> Value) -> Value? { random.below(2) == 0 ? nil : value() }
      func prediction() -> Double {
        let edges = [0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -1e22, 1e16, 0.1, 1]
        let drawn = Double(bitPattern: random.next())
        return random.below(3) == 0 || !drawn.isFinite ? random.pick(edges) : drawn
      }
      let meant = Acknowledgement(
        samples: random.below(1000), unlearned: some(random.below(10)), duplicates: some(random.below(10)),
        step: random.next() >> 11, predictions: some((0..<random.below(5)).map { _ in some(prediction()) }),
        last: some(random.next() >> 11))
      let text = try #require(meant.replyText)
      let read = try decode(IngestReply.self, String(decoding: text, as: UTF8.self))
      guard case .success(let read) = read else {
        Issue.record("seed \(seed): a refusal was read in \(String(decoding: text, as: UTF8.self))")
        continue
      }
      #expect(read == meant, "seed \(seed)")
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func whatIsNoNumberHasNoWords(_ value: Double) {
    #expect(Acknowledgement(samples: 1, step: 1, predictions: [1, value]).replyText == nil)
  }
}
