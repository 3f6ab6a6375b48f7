import FoundationEssentials
import OnlineLearning
import SampleFormats
import StreamLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// A stream that makes a model learn, forget features, begin anew and change its settings, in an order that the seed decides.
private struct RestlessStream {
  private var stream: StreamLearner
  private var random: SeededGenerator
  private let names: [String]

  init(seed: UInt64) throws {
    random = SeededGenerator(seed: seed)
    var settings = LearningSettings()
    settings.learner.penalty = Penalty(l1: random.pick([0, 0.05, 0.3]), l2: random.pick([0, 0.1]))
    settings.features.space = random.pick([.dictionary, .hashed, .indexed])
    settings.features.bits = 4
    settings.features.names = 3
    settings.features.width = 30
    settings.limits.features = 8
    names = (0..<30).map { settings.features.space == .indexed ? "\($0)" : "name_\($0)" }
    stream = try #require(StreamLearner(settings, StreamLearner.State(settings)))
  }

  var model: Model { stream.state.model }

  mutating func goOn() throws {
    switch random.below(20) {
    case 0: _ = stream.reset()
    case 1:
      var settings = stream.settings
      settings.learner.penalty = Penalty(l1: random.pick([0, 0.05, 0.3]), l2: random.pick([0, 0.1]))
      let isChanged = stream.change(settings)
      #expect(isChanged)
    default:
      for _ in 0..<random.below(4) {
        let features = (0...random.below(3)).map { _ in "\(random.pick(names)):\(random.below(5) - 2)" }
        try learn("\(random.below(9) - 4) | \(features.joined(separator: " "))")
      }
    }
  }

  private mutating func learn(_ message: String) throws {
    let bytes = Array(message.utf8)
    try bytes.withUnsafeBytes { bytes in
      let frames = [bytes]
      _ = try stream.accept(frames.span, for: .learn)
    }
    _ = stream.learn(predicts: false, at: 0)
  }
}

extension Model {
  /// What a subscriber is to know, by name, as the bits of the values.
  fileprivate var published: [String: UInt32] {
    let values = learner.coefficients()
    let pairs = values.indices.filter { values[$0] != 0 }.map { (space.name(at: $0), values[$0].bitPattern) }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}

/// The message as it goes over the wire and back.
private func sent<Message: Codable>(_ message: Message) throws -> Message {
  try JSONDecoder().decode(Message.self, from: JSONEncoder().encode(message))
}

@Suite struct CoefficientFormsTests {
  private func settings(
    _ form: Settings.Publishing.Form, top: Int = 3, fullEvery: Int = 5, arrays: Settings.Publishing.Arrays = .never
  ) -> Settings.Publishing {
    var settings = Settings.Publishing()
    settings.form = form
    settings.top = top
    settings.fullEvery = fullEvery
    settings.arrays = arrays
    return settings
  }

  /// Who has all coefficients of any step and applies the changes since has, to the bit, all of a later step.
  @Test(arguments: 0..<60) func changesLeadFromAnyStepToAnyLaterOne(seed: UInt64) throws {
    var stream = try RestlessStream(seed: seed)
    var forms = CoefficientForms(settings(.delta, arrays: seed % 2 == 0 ? .never : .always))
    /// One that listens from the start, and some that come later.
    var listeners: [[String: UInt32]] = []
    var deltas: UInt64 = 0
    var (fulls, changes, left) = (0, 0, 0)
    var lastStep: UInt64 = 0
    for round in 0..<120 {
      try stream.goOn()
      let model = stream.model
      let messages = forms.messages(ModelSnapshot(model), model.learner.coefficients(), deltas: deltas)
      for message in messages {
        switch message {
        case .delta(let delta, let buffers):
          let delta = try sent(delta)
          #expect(delta.baseSequence == deltas && delta.baseStep == lastStep, "seed \(seed)")
          #expect(delta.step == model.steps && delta.intercept == model.learner.intercept, "seed \(seed)")
          deltas += 1
          let (names, values) = try delta.pairs(buffers)
          #expect(Set(names).count == names.count, "seed \(seed)")
          changes += names.count
          left += values.count { $0 == 0 }
          for place in listeners.indices {
            for (name, value) in zip(names, values) { listeners[place][name] = value == 0 ? nil : value.bitPattern }
          }
        case .coefficients(let full, let buffers):
          let full = try sent(full)
          fulls += 1
          #expect(full.deltaSequence == deltas && full.form == .full, "seed \(seed)")
          let (names, values) = try full.pairs(buffers)
          #expect(
            Dictionary(uniqueKeysWithValues: zip(names, values.map(\.bitPattern))) == model.published, "seed \(seed)")
          if listeners.isEmpty { listeners.append(model.published) }
        }
      }
      lastStep = model.steps
      #expect(listeners.allSatisfy { $0 == model.published }, "seed \(seed), round \(round)")
      if round % 10 == 9 {
        // Somebody who comes late is given all.
        guard case .coefficients(let full, let buffers) = try #require(forms.full(deltas: deltas)) else {
          Issue.record("not all coefficients")
          return
        }
        let (names, values) = try full.pairs(buffers)
        listeners.append(Dictionary(uniqueKeysWithValues: zip(names, values.map(\.bitPattern))))
      }
    }
    #expect(fulls == 1 + 119 / 5 && deltas == 119)
    #expect(changes > 0 && left > 0, "seed \(seed): nothing has changed")
  }

  /// A feature that is forgotten and comes back may get another index, and another feature its own.
  @Test func namesThatMoveFromIndexToIndex() {
    func state(_ names: [Int: (String, Float)]) -> ActiveCoefficients {
      let indices = names.keys.sorted()
      var flat = FlatNames()
      for index in indices { flat.append(names[index]?.0 ?? "") }
      return ActiveCoefficients(
        step: 0, intercept: 0, features: 9, activeSet: indices.count, indices: indices,
        values: indices.map { names[$0]?.1 ?? 0 }, names: flat)
    }
    let old = state([0: ("a", 1), 1: ("b", 2), 3: ("c", 3), 5: ("same", 5)])
    let new = state([0: ("b", 2), 1: ("d", 2), 2: ("c", 3), 5: ("same", 5)])
    let changes = CoefficientChanges(from: old, to: new)
    #expect(changes.names.strings == ["b", "d", "c", "a"])
    #expect(changes.values == [2, 2, 3, 0])
    #expect(CoefficientChanges(from: new, to: new).values.isEmpty)
  }

  @Test(arguments: 0..<20) func theHeaviestAreThoseThatSortingFinds(seed: UInt64) throws {
    var stream = try RestlessStream(seed: seed)
    for top in [1, 3, 1000] {
      var forms = CoefficientForms(settings(.top, top: top))
      for _ in 0..<20 {
        try stream.goOn()
        let values = stream.model.learner.coefficients()
        let active = values.indices.filter { values[$0] != 0 }
        let sorted = active.sorted { (abs(values[$1]), $0) < (abs(values[$0]), $1) }.prefix(top)
        let messages = forms.messages(ModelSnapshot(stream.model), values, deltas: 0)
        guard case .coefficients(let message, []) = try #require(messages.first), messages.count == 1 else {
          Issue.record("seed \(seed)")
          return
        }
        #expect(message.form == .top && message.deltaSequence == nil)
        #expect(message.names == sorted.map { stream.model.space.name(at: $0) }, "seed \(seed)")
        #expect(message.values == sorted.map { values[$0] }, "seed \(seed)")
        #expect(message.activeSet == active.count, "seed \(seed)")
      }
    }
  }

  @Test func arraysWhereThereAreMany() throws {
    for count in [CoefficientForms.arraysFrom - 1, CoefficientForms.arraysFrom] {
      let values = (0..<count).map { Float($0 + 1) }
      var space = FeatureSpace()
      for index in values.indices { space.intern("größe \(index)".utf8Span.span) }
      let model = Model(LearnerConfiguration(), space)
      for arrays in Settings.Publishing.Arrays.allCases {
        var forms = CoefficientForms(settings(.full, arrays: arrays))
        let messages = forms.messages(ModelSnapshot(model), values, deltas: 0)
        guard case .coefficients(let message, let buffers) = try #require(messages.first) else { return }
        let expected = arrays == .always || arrays == .auto && count == CoefficientForms.arraysFrom
        #expect((message.arrays != nil) == expected && (message.names == nil) == expected)
        #expect(buffers.count == (expected ? 3 : 0))
        let pairs = try sent(message).pairs(buffers)
        #expect(pairs.values == values && pairs.names.last == "größe \(count - 1)" && pairs.names.count == count)
      }
    }
  }
}
