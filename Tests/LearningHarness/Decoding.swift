internal import OnlineLearning
internal import SampleFormats

/// One line of JSON: a message to decode.
struct DecodingRequest: Decodable {
  /// The message.
  var decode: String
  var format: String
}

/// One line of JSON: the samples of a message, or what is wrong with it.
struct DecodingAnswer: Encodable {
  struct Row: Encodable {
    var target: Double
    var importance: Double
    var names: [String]
    var values: [Float]
  }

  var rows: [Row] = []
  /// How many samples are not to be learned.
  var unlearned = 0
  var reason: String?

  /// - Throws: `Refusal` for a format that is none.
  init(_ request: DecodingRequest) throws {
    guard let format = SampleDecoder.Format(rawValue: request.format) else {
      throw Refusal(description: "there is no format \(request.format)")
    }
    guard let decoder = SampleDecoder(loss: .squared) else { throw Refusal(description: "memory is short") }
    var batch = SampleBatch()
    var dictionary = FeatureSpace()
    let message = Array(request.decode.utf8)
    do throws(SampleError) {
      try decoder.decode(message.span, format: format, for: .learn, into: &batch, dictionary: &dictionary)
    } catch {
      reason = error.reason.rawValue
    }
    unlearned = batch.unlearned
    rows = (0..<batch.count).map { row in
      let range = batch.range(of: row)
      return Row(
        target: batch.targets[row], importance: batch.importances[row],
        names: range.map { dictionary.name(at: Int(batch.features[$0])) }, values: Array(batch.values[range]))
    }
  }
}
