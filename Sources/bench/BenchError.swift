/// Why nothing could be measured.
enum BenchError: Error, CustomStringConvertible {
  /// A program that the benchmark needs failed.
  case program(String, said: String)
  /// A program's answer is not what was asked for.
  case answer(String, to: String)
  /// Both sides learned something else from the same rows.
  case differentWork(stream: String, penalty: String, difference: Double, limit: Double)
  /// A reader of a text found another number of samples in it.
  case otherSamples(String, Int, expected: Int)
  /// Learning what was just decoded made another model than learning what had been decoded before.
  case otherModel(String)
  /// What was restored is not what was written.
  case otherRestored(String)
  case outOfMemory
  /// No row has the name that was asked for.
  case nothingNamed(String)

  var description: String {
    switch self {
    case .program(let name, let said): "\(name) failed" + (said.isEmpty ? ", and does not say why" : ":\n\(said)")
    case .answer(let answer, let question): "\"\(question)\" was answered by \"\(answer)\""
    case .differentWork(let stream, let penalty, let difference, let limit):
      """
      the two sides do not do the same work: after one pass over the \(stream) rows with penalty \(penalty) the \
      coefficients differ from scikit-learn's by \(difference) of their norm, more than \(limit): mend the learner before measuring it
      """
    case .otherSamples(let reader, let samples, let expected):
      "\(reader): \(samples) samples were read where \(expected) stand; mend the reader before measuring it"
    case .otherModel(let messages):
      "\(messages): decoding and learning made another model than learning alone; mend the decoder before measuring it"
    case .otherRestored(let size):
      "\(size): the restored model is another than the one that was written; mend the store before measuring it"
    case .outOfMemory: "memory is short; ask for fewer --rows"
    case .nothingNamed(let part): "no row's name contains \"\(part)\"; leave out --only to see all names"
    }
  }
}
