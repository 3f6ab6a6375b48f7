internal import ModelStore

extension ToolError {
  /// What a checkpoint that cannot be read means to this tool.
  init(_ error: StoreError) {
    switch error {
    case .system("open", let path, _): self = .cannotOpen(file: path, reason: "\(error)")
    case .system(_, let path, _): self = .cannotRead(file: path, reason: "\(error)")
    case .damaged(let path, let problem): self = .badData(file: path, line: nil, reason: problem)
    case .newerVersion(let path, let found, let known):
      self = .badData(
        file: path, line: nil,
        reason: "format version \(found) is newer than the \(known) that this whittle reads; upgrade whittle")
    case .locked(let directory, _): self = .cannotOpen(file: directory, reason: "\(error)")
    case .journalDamaged(let path, _, _, _, _): self = .badData(file: path, line: nil, reason: "\(error)")
    case .journalFailed(let segment, _): self = .cannotRead(file: segment, reason: "\(error)")
    }
  }
}
