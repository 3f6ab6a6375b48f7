internal import OnlineLearning
internal import SampleFormats

/// A decoder of arrays and its model that are timed, pass by pass over the same messages, going on where they stood.
final class TimedArrays {
  private let arrays: ArrayMessages
  private let decoder: SampleDecoder
  private let learns: Bool
  private var batch = SampleBatch()
  private(set) var model: Model

  /// - Parameter learns: whether samples are learned too.
  init(
    _ arrays: ArrayMessages, learns: Bool, _ configuration: LearnerConfiguration = TimedDecoder.configuration,
    in space: FeatureSpace.Kind = .dictionary
  ) throws {
    guard let decoder = SampleDecoder(loss: configuration.loss) else { throw BenchError.outOfMemory }
    model = Model(configuration, FeatureSpace(space))
    self.arrays = arrays
    self.decoder = decoder
    self.learns = learns
  }

  /// Decodes all messages, as often as it takes to be measured.
  ///
  /// - Returns: the seconds it took.
  func seconds() throws -> Seconds {
    var samples = 0
    let seconds = try Seconds.measure {
      for _ in 0..<arrays.passes {
        for message in arrays.messages {
          try decoder.decode(message.span, for: .learn, into: &batch, dictionary: &model.space)
          samples += batch.count
          if learns { model.learn(batch) }
        }
      }
    }
    guard samples == arrays.samples * arrays.passes else {
      throw BenchError.otherSamples(arrays.kind.rawValue, samples, expected: arrays.samples * arrays.passes)
    }
    return seconds
  }

  /// The samples of each message, decoded, and their features listed as other formats leave them: where rows have theirs
  /// in common, the learner is faster.
  func batches() throws -> [SampleBatch] {
    try arrays.messages.map { message in
      var batch = SampleBatch()
      try decoder.decode(message.span, for: .learn, into: &batch, dictionary: &model.space)
      var listed = SampleBatch()
      for row in 0..<batch.count { listed.append(row: row, of: batch) }
      return listed
    }
  }
}

/// A model that learns samples which have been decoded, going on where it stood.
final class TimedBatches {
  private let batches: [SampleBatch]
  private let passes: Int
  private(set) var model: Model

  init(
    _ arrays: ArrayMessages, _ configuration: LearnerConfiguration = TimedDecoder.configuration,
    in space: FeatureSpace.Kind = .dictionary
  ) throws {
    let decoder = try TimedArrays(arrays, learns: false, configuration, in: space)
    batches = try decoder.batches()
    passes = arrays.passes
    model = decoder.model
  }

  /// Learns all samples, as often.
  ///
  /// - Returns: the seconds it took.
  func seconds() -> Seconds {
    Seconds.measure {
      for _ in 0..<passes {
        for batch in batches { model.learn(batch) }
      }
    }
  }
}
