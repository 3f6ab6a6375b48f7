internal import ModelStore
internal import OnlineLearning
internal import SampleFormats

/// Numbers that a source left out.
public struct SequenceGap: Sendable, Equatable {
  /// Its name's UTF-8; empty for the source without a name.
  public var source: [UInt8]
  public var missing: ClosedRange<UInt64>
}

/// The numbers that sources give their samples: what came before is left out, what is missing is counted.
extension StreamLearner {
  /// So many gaps of a message are told; the sequences count all.
  public static let mostGaps = 100

  /// - Returns: whether the number was here before.
  private mutating func take(_ number: UInt64, of source: ArraySlice<UInt8>, _ outcome: inout MessageOutcome) -> Bool {
    switch state.sequences.take(number, of: source.span) {
    case .inOrder: return false
    case .duplicate: return true
    case .afterGap(let missing):
      if outcome.gaps.count < StreamLearner.mostGaps {
        outcome.gaps.append(SequenceGap(source: Array(source), missing: number - missing...number - 1))
      }
      return false
    }
  }

  /// Takes in the numbers of the accepted message, and drops the samples that were here before.
  mutating func admitSequences(_ outcome: inout MessageOutcome) {
    if batch.labels.count == 0, batch.labels.message == nil { return }
    if let message = batch.labels.message {
      if take(message.seq, of: message.source[...], &outcome) {
        outcome.duplicates = dropAll()
        return
      }
    }
    var repeated: [Int] = []
    for place in 0..<batch.labels.count {
      let label = batch.labels[place]
      guard let seq = label.seq else { continue }
      let source = batch.labels.source(of: label) ?? []
      guard take(seq, of: source, &outcome) else { continue }
      outcome.duplicates.append(label.sample)
      if let row = label.row { repeated.append(row) } else { batch.unlearned -= 1 }
    }
    if !repeated.isEmpty { batch.removeRows(repeated) }
  }

  /// Drops a message that was here before.
  ///
  /// - Returns: the places of all of its samples.
  private mutating func dropAll() -> [Int] {
    let count = batch.count + batch.unlearned
    batch.removeAll()
    return Array(0..<count)
  }

  /// - Throws: when the message's sources are new and there is no room for them.
  func checkSequences() throws(SampleError) {
    var new: Set<[UInt8]> = []
    if let message = batch.labels.message, !state.sequences.knows(message.source.span) { new.insert(message.source) }
    try checkRoom(for: new)
    for place in 0..<batch.labels.count {
      let label = batch.labels[place]
      guard label.seq != nil else { continue }
      let source = batch.labels.source(of: label) ?? []
      if state.sequences.knows(source.span) { continue }
      new.insert(Array(source))
      try checkRoom(for: new)
    }
  }

  private func checkRoom(for new: Set<[UInt8]>) throws(SampleError) {
    guard let source = new.first, state.sequences.count + new.count > settings.limits.sources else { return }
    throw SampleError(
      .limit,
      "source \"\(String(decoding: source.prefix(60), as: UTF8.self))\" is new, and limits.sources, "
        + "\(settings.limits.sources), have numbered samples already",
      from: source.isEmpty ? nil : String(decoding: source, as: UTF8.self))
  }
}
