internal import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import WhittleProtocol

/// The numbers that sources give their samples: what came before is left out, what is missing is counted.
extension Engine {
  /// Takes in the numbers of a decoded message, and drops the samples that were here before.
  ///
  /// - Returns: which samples those are, by their places in the message.
  /// - Throws: when sources come that there is no room for; then nothing was taken in.
  func admitSequences() throws(SampleError) -> [Int] {
    if batch.labels.count == 0, batch.labels.message == nil { return [] }
    try checkRoomForSources()
    if let message = batch.labels.message {
      hasNewSequences = true
      if sequences.take(message.seq, of: message.source.span) == .duplicate { return dropAll() }
    }
    var repeated: [Int] = []
    var samples: [Int] = []
    for place in 0..<batch.labels.count {
      let label = batch.labels[place]
      guard let seq = label.seq else { continue }
      hasNewSequences = true
      let source = batch.labels.source(of: label) ?? []
      let arrival = sequences.take(seq, of: source.span)
      guard arrival == .duplicate else { continue }
      samples.append(label.sample)
      if let row = label.row { repeated.append(row) } else { batch.unlearned -= 1 }
    }
    if !repeated.isEmpty { batch.removeRows(repeated) }
    return samples
  }

  /// Drops a message that was here before.
  ///
  /// - Returns: the places of all of its samples.
  private func dropAll() -> [Int] {
    let count = batch.count + batch.unlearned
    batch.removeAll()
    return Array(0..<count)
  }

  private func checkRoomForSources() throws(SampleError) {
    var new: Set<[UInt8]> = []
    if let message = batch.labels.message, !sequences.knows(message.source.span) { new.insert(message.source) }
    try checkRoom(for: new)
    for place in 0..<batch.labels.count {
      let label = batch.labels[place]
      guard label.seq != nil else { continue }
      let source = batch.labels.source(of: label) ?? []
      if sequences.knows(source.span) { continue }
      new.insert(Array(source))
      try checkRoom(for: new)
    }
  }

  private func checkRoom(for new: Set<[UInt8]>) throws(SampleError) {
    guard let source = new.first, sequences.count + new.count > settings.limits.sources else { return }
    throw SampleError(
      .limit,
      "source \"\(String(decoding: source.prefix(60), as: UTF8.self))\" is new, and limits.sources, "
        + "\(settings.limits.sources), have numbered samples already",
      from: source.isEmpty ? nil : String(decoding: source, as: UTF8.self))
  }
}

extension Stats.Sequences {
  /// How many sources are told by name.
  static let listed = 100

  /// - Complexity: O(sources), and to sort them.
  init(_ sequences: SourceSequences) {
    let totals = sequences.totals
    // Those first that lost or repeated most; else in the order in which they came.
    let order = sequences.all.enumerated().sorted {
      let (one, other) = ($0.element.progress, $1.element.progress)
      return (one.missing &+ one.duplicates, $1.offset) > (other.missing &+ other.duplicates, $0.offset)
    }
    let listed = order.prefix(Stats.Sequences.listed).map { entry in
      (
        entry.element.source,
        Stats.Sequences.Source(
          last: entry.element.progress.last, missing: entry.element.progress.missing,
          duplicates: entry.element.progress.duplicates)
      )
    }
    self.init(
      sources: sequences.count, missing: totals.missing, duplicates: totals.duplicates,
      bySource: Dictionary(uniqueKeysWithValues: listed))
  }
}
