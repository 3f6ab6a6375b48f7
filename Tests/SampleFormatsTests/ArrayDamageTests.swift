import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Random damage to messages of arrays.
struct ArrayDamageTests {
  /// Whatever the frames hold, the decoder does not trap, takes what is sound, and changes nothing when it refuses.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomDamage(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let valid: [[[UInt8]]] = [
      ArrayMessage.dense([[1, 0, 3], [4, 5, 6]], y: [1, 2], weight: [1, 2]).frames,
      ArrayMessage.dense([[1, 2], [0, 4]], y: [1, 2], dtype: "f8", targetType: "i4").frames,
      ArrayMessage.sparse([[(0, 1), (3, 2)], [], [(2, 3)]], columns: 5, y: [1, 2, 3], indexType: "i8").frames,
      ArrayMessage.sparse([[(4, 1), (3, 2)], [(1, 0)]], columns: 5, y: [1, 2], dtype: "i4").frames,
      [Array(#"{"dtype": "float32", "shape": [2, 1]}"#.utf8)]
        + [0, 1].map { _ in ArrayMessage.bytes([1, 2] as [Float]) },
      [Array("topic".utf8)] + ArrayMessage.dense([[1]], y: [1]).frames,
    ]
    let known = Workbench()
    for message in valid { try known.learn(frames: message) }
    let before = ModelBits(known.model)
    let bench = Workbench()
    var rejected = 0
    for round in 0..<5_000 {
      bench.model = known.model
      let message = damaged(generator.pick(valid), using: &generator)
      var context: String { "seed \(seed), round \(round), frames \(message)" }
      do throws(SampleError) {
        try bench.decode(frames: message, format: generator.pick([.auto, .arrays]))
        expectSound(bench, context)
        bench.model.learn(bench.batch)
        let isFinite = bench.model.learner.coefficients().allSatisfy(\.isFinite)
        #expect(isFinite, "\(context)")
      } catch {
        rejected += 1
        #expect(bench.batch.isEmpty, "\(context)")
        #expect(ModelBits(bench.model) == before, "\(context)")
      }
      // What was refused or taken leaves no trace in the decoder.
      if round % 50 == 0 {
        let fresh = Workbench()
        (bench.model, fresh.model) = (known.model, known.model)
        for message in valid {
          try bench.learn(frames: message)
          try fresh.learn(frames: message)
        }
        #expect(ModelBits(bench.model) == ModelBits(fresh.model), "\(context)")
      }
    }
    // Otherwise the damage would be too light or too heavy to tell anything.
    #expect(1_000...4_900 ~= rejected, "seed \(seed): \(rejected) of 5000 rejected")
  }

  private func damaged(_ message: [[UInt8]], using generator: inout SeededGenerator) -> [[UInt8]] {
    var frames = message
    for _ in 0...generator.below(2) {
      let frame = generator.below(frames.count)
      switch generator.below(12) {
      case 0: frames.remove(at: frame)
      case 1: frames.insert(frames[generator.below(frames.count)], at: frame)
      case 2: frames.swapAt(frame, generator.below(frames.count))
      case 3: frames[frame].removeLast(min(frames[frame].count, generator.below(9)))
      default:
        guard !frames[frame].isEmpty else { continue }
        let place = generator.below(frames[frame].count)
        frames[frame][place] =
          switch generator.below(3) {
          case 0: generator.pick(Array("0123456789-.e[]{},:\"".utf8))
          case 1: frames[frame][place] ^ 1 << UInt8(generator.below(8))
          default: generator.pick([0, 0x7F, 0x80, 0xFF])
          }
      }
      if frames.isEmpty { return [[]] }
    }
    return frames
  }

  private func expectSound(_ bench: Workbench, _ context: @autoclosure () -> String) {
    let batch = bench.batch
    let isSound =
      batch.features.allSatisfy { $0 < bench.model.space.count }
      && batch.values.allSatisfy { $0.isFinite && $0 != 0 } && batch.features.count == batch.values.count
      && batch.rowEnds.last ?? 0 == batch.features.count && batch.rowEnds == batch.rowEnds.sorted()
      && batch.targets.allSatisfy(\.isFinite) && batch.targets.count == batch.count
      && batch.importances.allSatisfy { $0 > 0 && $0.isFinite } && batch.importances.count == batch.count
      && batch.count + batch.unlearned > 0
    #expect(isSound, "\(context()): \(batch)")
    let areUnique = (0..<batch.count).allSatisfy { row in
      Set(batch.features[batch.range(of: row)]).count == batch.range(of: row).count
    }
    #expect(areUnique, "\(context()): a feature stands twice")
  }
}
