import FoundationEssentials
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// The answer that is put into words without the encoder.
struct PlainPredictionTests {
  private func read(_ bytes: [UInt8]) throws -> QueryReply<Prediction> {
    try JSONDecoder().decode(QueryReply<Prediction>.self, from: Data(bytes))
  }

  /// Every number comes back to the last bit, and the members are those that the encoder writes.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func isWhatTheEncoderWrites(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    func number() -> Double {
      let any = Double(bitPattern: generator.next())
      return any.isFinite && seed.isMultiple(of: 2) ? any : generator.normal() * 100
    }
    let prediction = Prediction(
      step: generator.next(), prediction: number(), margin: seed == 7 ? -0.0 : number(),
      unknownFeatures: generator.below(1000))
    let bytes = encodedPrediction(prediction)
    guard case .success(let read) = try read(bytes) else {
      Issue.record("seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
      return
    }
    #expect(read == prediction, "seed \(seed)")
    #expect(read.margin.bitPattern == prediction.margin.bitPattern, "seed \(seed)")
    let decoder = JSONDecoder()
    let ours = try decoder.decode([String: JSONValue].self, from: Data(bytes))
    #expect(try ours == decoder.decode([String: JSONValue].self, from: Data(encodedReply(prediction))), "seed \(seed)")
  }

  @Test(arguments: [Double.infinity, -.infinity, .nan])
  func whatIsNotFiniteIsAFailure(number: Double) throws {
    let bytes = encodedPrediction(Prediction(step: 1, prediction: 0.5, margin: number, unknownFeatures: 0))
    guard case .failure(let failure) = try read(bytes) else {
      Issue.record("\(String(decoding: bytes, as: UTF8.self))")
      return
    }
    #expect(failure.code == .internal)
  }
}
