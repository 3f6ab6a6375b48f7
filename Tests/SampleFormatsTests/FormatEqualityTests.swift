import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// The format that a sample comes in makes no difference to what is learned.
struct FormatEqualityTests {
  private struct Sample {
    var target: Double
    var importance: Double
    var features: [(name: String, value: Float)]

    var json: String {
      let features = features.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ")
      return #"{"y": \#(target), "x": {\#(features)}, "weight": \#(importance)}"#
    }

    var text: String {
      "\(target) \(importance) |" + features.map { " \($0.name):\($0.value)" }.joined()
    }
  }

  private func samples(
    _ count: Int, _ loss: Loss, using generator: inout SeededGenerator
  ) -> [Sample] {
    (0..<count).map { _ in
      var names = Set<Int>()
      while names.count < 5 { names.insert(Int.random(in: 0..<40, using: &generator)) }
      return Sample(
        target: loss.isClassification
          ? [-1, 0, 1].randomElement(using: &generator)!
          : .random(in: (loss == .poisson ? 0 : -9)...9, using: &generator),
        importance: .random(in: 0.1...3, using: &generator),
        features: names.sorted().map { ("f\($0)", Float.random(in: -2...2, using: &generator)) })
    }
  }

  @Test(arguments: Loss.allCases)
  func sameSamplesLeadToTheSameModel(_ loss: Loss) throws {
    for seed in UInt64(1)...5 {
      var generator = SeededGenerator(seed: seed)
      let samples = samples(300, loss, using: &generator)
      let single = Workbench(loss: loss)
      let json = Workbench(loss: loss)
      let text = Workbench(loss: loss)
      for sample in samples { try single.learn(sample.json) }
      // Another cut of the stream into messages makes no difference either.
      for start in stride(from: 0, to: samples.count, by: 70) {
        let part = samples[start..<min(start + 70, samples.count)]
        try json.learn("[" + part.map(\.json).joined(separator: ", ") + "]")
        try text.learn(part.map(\.text).joined(separator: "\n"))
        #expect(json.rows == text.rows, "seed \(seed)")
        #expect(json.batch.features == text.batch.features, "seed \(seed)")
      }
      #expect(json.model.steps == 300)
      #expect(ModelBits(json.model) == ModelBits(text.model), "seed \(seed)")
      #expect(ModelBits(json.model) == ModelBits(single.model), "seed \(seed)")
    }
  }

  @Test
  func positionIsAName() throws {
    let positional = Workbench()
    let named = Workbench()
    try positional.learn(#"{"y": 1, "x": [0.5, 0, -3]}"#)
    try named.learn("1 | 0:0.5 1:0 2:-3")
    #expect(ModelBits(positional.model) == ModelBits(named.model))
  }
}
