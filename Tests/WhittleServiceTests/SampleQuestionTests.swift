import OnlineLearning
import SampleFormats
import StreamLearning
import TestSupport
import Testing

/// Predictions and explanations beside a reference that asks the model for each coefficient, for all kinds of models; and that
/// asking changes nothing.
@Suite struct SampleQuestionTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    let loss: Loss
    let optimizer: Optimizer
    let space: FeatureSpace.State.Word
    let averages: Bool
    let seed: UInt64
    var testDescription: String { "\(loss) \(optimizer) \(space) averages=\(averages) seed=\(seed)" }
  }

  private static let kinds: [Kind] = {
    var kinds: [Kind] = []
    for loss in Loss.allCases {
      for optimizer in Optimizer.allCases {
        for space in [FeatureSpace.State.Word.dictionary, .hashed, .indexed] {
          kinds.append(
            Kind(
              loss: loss, optimizer: optimizer, space: space, averages: optimizer == .sgd && kinds.count % 2 == 0,
              seed: UInt64(100 + kinds.count)))
        }
      }
    }
    return kinds
  }()

  private static func settings(_ kind: Kind) -> LearningSettings {
    var settings = LearningSettings()
    settings.learner = LearnerConfiguration(
      loss: kind.loss, optimizer: kind.optimizer, learningRate: LearningRate(initial: 0.01),
      averagingStart: kind.averages ? 20 : nil, penalty: Penalty(l1: 0.01, l2: 0.01))
    settings.features.space = kind.space
    // So few that names collide.
    settings.features.bits = 3
    settings.features.width = 12
    if kind.space != .indexed { settings.features.interactions = [Interaction("a", "b")] }
    return settings
  }

  /// A sample in JSON; its features by name and value, products too.
  private static func sample(
    _ kind: Kind, _ random: inout SeededGenerator, unknown: Bool
  ) -> (json: String, features: [(name: String, value: Float)]) {
    var features: [(name: String, value: Float)] = []
    let names =
      kind.space == .indexed
      ? (0..<14).map { "\($0)" }.filter { unknown || Int($0) ?? 0 < 12 }
      : ["a.x", "a.y", "b.x", "b.z", "c", "größe", "\\\"", "d"] + (unknown ? ["u1", "a.u2"] : [])
    for name in names where random.below(2) == 0 { features.append((name, Float(random.normal()))) }
    let members = features.map { "\"\($0.name)\": \($0.value)" }
    features = features.map { ($0.name == "\\\"" ? "\"" : $0.name, $0.value) }
    if kind.space != .indexed {
      let (first, second) = (features.filter { $0.name.hasPrefix("a.") }, features.filter { $0.name.hasPrefix("b.") })
      for a in first {
        for b in second { features.append(("\(a.name)*\(b.name)", Float(Double(a.value) * Double(b.value)))) }
      }
    }
    return ("{\(members.joined(separator: ", "))}", features)
  }

  private static func trained(_ kind: Kind, _ random: inout SeededGenerator) throws -> StreamLearner {
    let settings = settings(kind)
    var stream = try #require(StreamLearner(settings, StreamLearner.State(settings)))
    for _ in 0..<60 {
      let target = kind.loss == .poisson || kind.loss.isClassification ? random.below(2) : random.below(5)
      try stream.learn("{\"y\": \(target), \"x\": \(sample(kind, &random, unknown: false).json)}")
    }
    return stream
  }

  @Test(arguments: kinds)
  func explanationsAddUp(_ kind: Kind) throws {
    var random = SeededGenerator(seed: kind.seed)
    var model = try Self.trained(kind, &random).state.model
    var questions = try #require(SampleQuestions(Self.settings(kind)))
    let before = ModelBits(model)
    var hadCollisions = false
    for _ in 0..<50 {
      let (json, features) = Self.sample(kind, &random, unknown: true)
      let text = Array("{\"op\": \"explain\", \"x\": \(json)}".utf8)
      let told = try questions.explain(text.span, &model)
      let known = features.filter { model.space.index(of: $0.name) != nil }
      #expect(told.unknown == features.map(\.name).filter { model.space.index(of: $0) == nil }, "\(kind)")
      #expect(
        told.contributions.map(\.name).sorted() == known.map(\.name).sorted(), "\(kind.testDescription), \(json)")
      #expect(told.intercept == model.learner.intercept)
      let amounts = told.contributions.map { abs($0.amount) }
      #expect(amounts == amounts.sorted(by: >), "heaviest first")
      var indices: [UInt32: [String]] = [:]
      for feature in known {
        let index = try #require(model.space.index(of: feature.name))
        indices[index, default: []].append(feature.name)
        let contribution = try #require(told.contributions.first { $0.name == feature.name })
        #expect(contribution.value == feature.value)
        let coefficient = model.learner.coefficient(Int(index))
        #expect(contribution.coefficient == coefficient)
        if kind.optimizer != .normalized {
          let product = Double(coefficient) * Double(feature.value)
          #expect(abs(contribution.amount - product) <= 1e-6 * abs(product), "\(kind.testDescription), \(json)")
        }
      }
      let colliding = indices.values.filter { $0.count > 1 }
      hadCollisions = hadCollisions || !colliding.isEmpty
      #expect(Set(told.collisions) == Set(colliding), "\(kind.testDescription), \(json)")
      let sum = told.contributions.reduce(told.intercept) { $0 + $1.amount }
      let magnitude = amounts.reduce(abs(told.intercept), +)
      let tolerance = colliding.isEmpty ? 1e-12 : 1e-6
      #expect(abs(sum - told.margin) <= tolerance * magnitude, "\(kind.testDescription), \(json)")
      // The margin itself, from the coefficients that everybody can read.
      if kind.optimizer != .normalized {
        let margin = known.reduce(told.intercept) { sum, feature in
          let index = Int(model.space.index(of: feature.name) ?? 0)
          return sum + Double(model.learner.coefficient(index)) * Double(feature.value)
        }
        #expect(abs(margin - told.margin) <= 1e-6 * (magnitude + 1), "\(kind.testDescription), \(json)")
      }
    }
    #expect(hadCollisions == (kind.space == .hashed), "\(kind.testDescription)")
    #expect(ModelBits(model) == before, "\(kind.testDescription)")
  }

  /// Thousands of questions, right and wrong, leave every bit of the model as it was.
  @Test(arguments: kinds.enumerated().filter { $0.offset % 4 == 0 }.map(\.element))
  func askingChangesNothing(_ kind: Kind) throws {
    var random = SeededGenerator(seed: kind.seed + 7)
    var stream = try Self.trained(kind, &random)
    var untouched = stream
    var questions = try #require(SampleQuestions(Self.settings(kind)))
    var answered = 0
    for round in 0..<600 {
      let samples = (0..<1 + random.below(4)).map { _ in Self.sample(kind, &random, unknown: true).json }
      var single = Array("{\"op\": \"predict\", \"x\": \(samples[0])}".utf8)
      var several = Array("{\"op\": \"predict\", \"samples\": [\(samples.joined(separator: ", "))]}".utf8)
      if round % 2 == 1 {
        single[random.below(single.count)] = UInt8(random.below(256))
        several[random.below(several.count)] = UInt8(random.below(256))
      }
      let plain = stream.withModel { questions.plainMargin(single.span, &$0) }
      let one = stream.withModel { try? questions.margins(of: .json(single), &$0) }
      let all = stream.withModel { try? questions.margins(of: .json(several), &$0) }
      let explanation = stream.withModel { try? questions.explain(single.span, &$0) }
      if round % 2 == 0 {
        #expect(plain?.margin == one?.margins[0] && plain?.margin == all?.margins[0], "\(kind.testDescription)")
        #expect(plain?.unknownFeatures == one?.unknownFeatures[0] && plain?.margin == explanation?.margin)
        #expect(all?.margins.count == samples.count && explanation?.unknown.count == plain?.unknownFeatures)
        answered += 1
      } else if let plain {
        #expect(plain.margin == one?.margins[0], "what is read fast is read alike")
      }
    }
    #expect(answered == 300)
    #expect(ModelBits(stream.state.model) == ModelBits(untouched.state.model), "\(kind.testDescription)")
    // Nor has it left anything behind that later samples find.
    for _ in 0..<40 {
      let message = "{\"y\": 1, \"x\": \(Self.sample(kind, &random, unknown: kind.space != .indexed).json)}"
      try stream.learn(message)
      try untouched.learn(message)
    }
    #expect(ModelBits(stream.state.model) == ModelBits(untouched.state.model), "\(kind.testDescription)")
  }

  /// A sample alone is refused where a name stands twice in it, known or not, however it is written: as the same is among
  /// several.
  @Test(arguments: [FeatureSpace.State.Word.dictionary, .hashed, .indexed])
  func namesThatStandTwiceAreRefused(_ space: FeatureSpace.State.Word) throws {
    let kind = Kind(loss: .squared, optimizer: .sgd, space: space, averages: false, seed: 11)
    var random = SeededGenerator(seed: kind.seed)
    var model = try Self.trained(kind, &random).state.model
    var questions = try #require(SampleQuestions(Self.settings(kind)))
    // Each is written in several ways.
    let names =
      space == .indexed
      ? [["1", #"\u0031"#], ["7"], ["11"], ["13"]]
      : [["a.x"], ["c", #"\u0063"#], ["größe", #"gr\u00f6ße"#], ["d"], ["unknown"], ["unknown, of many letters"]]
    var seen: [Bool: Int] = [:]
    for round in 0..<2000 {
      let chosen = (0..<1 + random.below(4)).map { _ in random.below(names.count) }
      let members = chosen.map { "\"\(names[$0][random.below(names[$0].count)])\": \(random.below(3))" }
      let sample = "{\(members.joined(separator: ", "))}"
      let isDistinct = Set(chosen).count == chosen.count
      seen[isDistinct, default: 0] += 1
      let text = "space \(space), round \(round): \(sample)"
      let alone = Array("{\"op\": \"predict\", \"x\": \(sample)}".utf8)
      let amongOthers = Array("{\"op\": \"predict\", \"samples\": [\(sample)]}".utf8)
      let plain = questions.plainMargin(alone.span, &model)
      #expect((plain != nil) == isDistinct, "\(text)")
      func refusal(_ question: [UInt8]) -> SampleError? {
        do throws(SampleError) {
          _ = try questions.margins(of: .json(question), &model)
          return nil
        } catch {
          return error
        }
      }
      let (one, other) = (refusal(alone), refusal(amongOthers))
      #expect(one?.reason == (isDistinct ? nil : .duplicateField), "\(text)")
      #expect(other?.reason == one?.reason, "\(text)")
      #expect(other?.message == one.map { "sample 1: \($0.message)" }, "\(text)")
    }
    #expect(seen.count == 2, "both were asked")
  }

  /// One prediction of many is that of the sample alone, also of arrays.
  @Test(arguments: [FeatureSpace.State.Word.dictionary, .hashed, .indexed])
  func arraysAreSamplesByPosition(_ space: FeatureSpace.State.Word) throws {
    var random = SeededGenerator(seed: 5)
    let kind = Kind(loss: .squared, optimizer: .sgd, space: .indexed, averages: false, seed: 5)
    var settings = Self.settings(kind)
    settings.features.space = space
    var stream = try #require(StreamLearner(settings, StreamLearner.State(settings)))
    for _ in 0..<50 { try stream.learn("{\"y\": 1, \"x\": \(Self.sample(kind, &random, unknown: false).json)}") }
    var questions = try #require(SampleQuestions(settings))
    // More columns than the model knows of, dense and by row.
    let rows = (0..<9).map { _ in (0..<14).map { _ in random.below(3) == 0 ? 0 : Float(random.normal()) } }
    let dense = rows.flatMap { $0 }.flatMap { withUnsafeBytes(of: $0) { Array($0) } }
    let header = Array("{\"x\": {\"dtype\": \"<f4\", \"shape\": [9, 14]}}".utf8)
    var model = stream.state.model
    let answers = try questions.margins(of: .arrays(header: header, buffers: [dense]), &model)
    let stored = rows.map { row in row.indices.filter { row[$0] != 0 } }
    var ends = [Int32(0)]
    for row in stored { ends.append(ends[ends.count - 1] + Int32(row.count)) }
    let values = zip(rows, stored).flatMap { row, places in places.map { row[$0] } }
    let indices = stored.flatMap { $0.map(Int32.init) }
    let description = """
      {"data": {"dtype": "<f4", "shape": [\(values.count)]}, "indices": {"dtype": "<i4", "shape": [\(values.count)]},
       "indptr": {"dtype": "<i4", "shape": [10]}, "shape": [9, 14]}
      """
    let buffers = [
      values.withUnsafeBytes { Array($0) }, indices.withUnsafeBytes { Array($0) }, ends.withUnsafeBytes { Array($0) },
    ]
    let sparse = try questions.margins(
      of: .arrays(header: Array(description.utf8), buffers: buffers), &model)
    for (place, row) in rows.enumerated() {
      let text = Array("{\"op\": \"predict\", \"x\": [\(row.map { "\($0)" }.joined(separator: ", "))]}".utf8)
      let answer = stream.withModel { questions.plainMargin(text.span, &$0) }
      let alone = try #require(answer)
      for margin in [answers.margins[place], sparse.margins[place]] {
        #expect(abs(margin - alone.margin) <= 1e-6 * (1 + abs(margin)), "\(space), row \(place)")
      }
      #expect(answers.unknownFeatures[place] == alone.unknownFeatures, "\(space), row \(place)")
      if space == .hashed { continue }
      #expect(alone.unknownFeatures == 2)
      #expect(sparse.unknownFeatures[place] == stored[place].count { $0 >= 12 }, "\(space), row \(place)")
    }
  }
}

extension StreamLearner {
  fileprivate mutating func learn(_ message: String) throws {
    let bytes = Array(message.utf8)
    try bytes.withUnsafeBytes { bytes in
      let frames = [bytes]
      _ = try accept(frames.span, for: .learn)
    }
    _ = learn(predicts: false, at: 0)
  }
}
