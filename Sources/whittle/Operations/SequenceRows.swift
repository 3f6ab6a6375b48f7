internal import WhittleProtocol

/// Rows of a table about the numbers that sources give their samples; none where none does.
enum SequenceRows {
  /// So many sources are told apart, those with the most to tell.
  private static let listed = 5

  static func rows(_ sequences: Stats.Sequences) -> [[String]] {
    if sequences.sources == 0 { return [] }
    var rows = [
      ["sources", Format.count(UInt64(sequences.sources))],
      ["  missing", Format.count(sequences.missing)],
      ["  duplicates", Format.count(sequences.duplicates)],
    ]
    let troubled = sequences.bySource.filter { $0.value.trouble > 0 }
      .sorted { ($1.value.trouble, $0.key) < ($0.value.trouble, $1.key) }
    for (name, source) in troubled.prefix(listed) {
      rows.append([
        "  \(name.isEmpty ? "(no name)" : name)",
        "\(Format.count(source.missing)) missing, \(Format.count(source.duplicates)) duplicates, last "
          + Format.count(source.last),
      ])
    }
    return rows
  }
}

extension Stats.Sequences.Source {
  /// Whatever a daemon says, it can be added.
  fileprivate var trouble: UInt64 { missing &+ duplicates }
}
