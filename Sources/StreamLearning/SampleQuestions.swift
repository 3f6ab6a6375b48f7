public import OnlineLearning
public import SampleFormats

/// Answers questions about samples by a model, of which they change nothing: no name is added, no shrinkage paid, no
/// sample counted.
///
/// Belongs to one thread.
public struct SampleQuestions {
  /// Samples as questions hold them.
  public enum Samples: Sendable {
    /// The text of the question, which has them under `x` or `samples`.
    case json([UInt8])
    /// A header of arrays, and its buffers.
    case arrays(header: [UInt8], buffers: [[UInt8]])
  }

  /// What samples are predicted to be, in their order.
  public struct Margins: Sendable {
    public var margins: [Double] = []
    /// How many features of each the model does not know.
    public var unknownFeatures: [Int] = []
  }

  /// What a sample's margin is the sum of.
  public struct Explanation: Sendable {
    public struct Contribution: Sendable {
      /// As in the sample.
      public var name: String
      public var value: Float
      public var coefficient: Float
      /// What it adds to the margin.
      public var amount: Double
    }

    public var margin: Double
    public var intercept: Double
    /// Heaviest first.
    public var contributions: [Contribution] = []
    /// The names that the model does not know.
    public var unknown: [String] = []
    /// Names of the sample that share an index, and so a coefficient.
    public var collisions: [[String]] = []
  }

  private let decoder: SampleDecoder
  private var batch = SampleBatch()

  /// - Parameter settings: how messages are read.
  /// - Returns: nil when memory is short.
  public init?(_ settings: LearningSettings) {
    guard
      let decoder = SampleDecoder(
        loss: settings.learner.loss, limits: settings.limits, fields: settings.json,
        interactions: settings.features.interactions)
    else { return nil }
    self.decoder = decoder
  }

  /// The margin of the sample of a question that asks for one prediction in the usual way.
  ///
  /// - Returns: nil where it asks in another way, or something is wrong with it.
  /// - Complexity: O(bytes)
  public mutating func plainMargin(
    _ question: Span<UInt8>, _ model: inout Model
  ) -> (margin: Double, unknownFeatures: Int)? {
    guard decoder.decodePlainQuestion(question, into: &batch, dictionary: &model.space), batch.count == 1 else {
      return nil
    }
    return (model.margin(of: 0, in: batch), batch.unknownFeatures)
  }

  /// The margins of samples.
  ///
  /// - Throws: what is wrong with them.
  /// - Complexity: O(bytes)
  public mutating func margins(of samples: Samples, _ model: inout Model) throws(SampleError) -> Margins {
    try decode(samples, &model)
    var margins = Margins()
    margins.margins.reserveCapacity(batch.count)
    margins.unknownFeatures.reserveCapacity(batch.count)
    var unknown = 0
    for row in 0..<batch.count {
      margins.margins.append(model.margin(of: row, in: batch))
      margins.unknownFeatures.append(batch.unknownAtRowEnds[row] - unknown)
      unknown = batch.unknownAtRowEnds[row]
    }
    return margins
  }

  private mutating func decode(_ samples: Samples, _ model: inout Model) throws(SampleError) {
    switch samples {
    case .json(let text): try decoder.decodeQuestion(text.span, into: &batch, dictionary: &model.space)
    case .arrays(let header, let buffers):
      // One after the other, so that all of them stay where they are for as long as they are lent.
      let frames = [header] + buffers
      let bytes = frames.flatMap { $0 }
      try bytes.withUnsafeBufferPointer { (bytes) throws(SampleError) in
        var end = 0
        let lent = frames.map { frame in
          defer { end += frame.count }
          return UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[end..<end + frame.count]))
        }
        try decoder.decode(lent.span, format: .arrays, for: .predict, into: &batch, dictionary: &model.space)
      }
    }
  }

  /// What the margin of a question's sample is the sum of.
  ///
  /// - Parameter question: its text, which has the sample under `x`.
  /// - Throws: what is wrong with it.
  /// - Complexity: O(bytes), and to sort the features
  public mutating func explain(_ question: Span<UInt8>, _ model: inout Model) throws(SampleError) -> Explanation {
    let features = try decoder.decodeNamedQuestion(question, into: &batch, dictionary: &model.space)
    guard batch.count == 1 else {
      throw SampleError(.shape, "one sample is explained at a time; this question holds \(batch.count)")
    }
    let learner = model.learner
    var explanation = Explanation(margin: model.margin(of: 0, in: batch), intercept: learner.intercept)
    let shares = model.space.sharesIndices ? SharedIndices(features) : SharedIndices([])
    for feature in features {
      guard let index = feature.feature else {
        explanation.unknown.append(feature.name)
        continue
      }
      let value = shares.value[index] ?? feature.value
      var amount = learner.contribution(of: Int(index), value: value)
      // What several names add together is divided as their values are.
      if value != feature.value {
        amount =
          value == 0
          ? Double(learner.coefficient(Int(index))) * Double(feature.value)
          : amount * (Double(feature.value) / Double(value))
      }
      explanation.contributions.append(
        Explanation.Contribution(
          name: feature.name, value: feature.value, coefficient: learner.coefficient(Int(index)), amount: amount))
    }
    explanation.collisions = shares.collisions
    let places = explanation.contributions.indices.sorted {
      (-abs(explanation.contributions[$0].amount), $0) < (-abs(explanation.contributions[$1].amount), $1)
    }
    explanation.contributions = places.map { explanation.contributions[$0] }
    return explanation
  }

  /// Which names of a sample share indices.
  private struct SharedIndices {
    /// The sum of the values of those that share an index.
    var value: [UInt32: Float] = [:]
    /// Their names, in the order in which the first ones came.
    var collisions: [[String]] = []

    init(_ features: [NamedFeature]) {
      var names: [UInt32: [String]] = [:]
      var sums: [UInt32: Float] = [:]
      var order: [UInt32] = []
      for feature in features {
        guard let index = feature.feature else { continue }
        if names[index] == nil { order.append(index) }
        names[index, default: []].append(feature.name)
        sums[index, default: 0] += feature.value
      }
      for index in order {
        guard let sharing = names[index], sharing.count > 1 else { continue }
        collisions.append(sharing)
        value[index] = sums[index]
      }
    }
  }
}

extension StreamLearner {
  /// Lends the model to questions about samples, which leave it as it is.
  public mutating func withModel<Answer>(_ ask: (inout Model) -> Answer) -> Answer { ask(&state.model) }
}
