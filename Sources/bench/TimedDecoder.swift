internal import OnlineLearning
internal import SampleFormats

/// A decoder and its model that are timed, pass by pass over the same messages, going on where they stood.
final class TimedDecoder {
  private let text: FormatText
  private let decoder: SampleDecoder
  private let learns: Bool
  private var batch = SampleBatch()
  private var model: Model

  /// What Vowpal Wabbit learns, too.
  static let configuration = LearnerConfiguration(
    loss: .squared, learningRate: LearningRate(schedule: .constant, initial: LearnerSetup.rate),
    penalty: PenaltyKind.elasticnet.penalty)

  /// - Parameter learns: whether samples are learned too.
  init(_ text: FormatText, learns: Bool) throws {
    guard let decoder = SampleDecoder(loss: TimedDecoder.configuration.loss) else { throw BenchError.outOfMemory }
    self.text = text
    self.decoder = decoder
    self.learns = learns
    model = Model(TimedDecoder.configuration)
  }

  /// Decodes all messages.
  ///
  /// - Returns: the seconds it took.
  func seconds() throws -> Seconds {
    var samples = 0
    let seconds = try Seconds.measure {
      for message in text.messages {
        try decoder.decode(
          message.span, format: text.kind.format, for: .learn, into: &batch, dictionary: &model.space)
        samples += batch.count
        if learns { model.learn(batch) }
      }
    }
    guard samples == text.samples else {
      throw BenchError.otherSamples(text.kind.rawValue, samples, expected: text.samples)
    }
    return seconds
  }
}
