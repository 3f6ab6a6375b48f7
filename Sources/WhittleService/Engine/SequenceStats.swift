internal import ModelStore
internal import WhittleProtocol

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
      // Names whose bytes differ may be the same text: then the first is told, and the sums are of all.
      bySource: Dictionary(listed) { first, _ in first })
  }
}
