internal import ArgumentParser

/// How samples stand in a file.
enum SampleFormat: String, ExpressibleByArgument, CaseIterable {
  case csv, jsonl, vw

  /// The format that a file's name ends in; nil when it does not tell.
  static func ofSuffix(of path: String) -> SampleFormat? {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[dot...].lowercased() {
    case ".csv": return .csv
    case ".jsonl", ".ndjson", ".json": return .jsonl
    case ".vw", ".txt": return .vw
    default: return nil
    }
  }

  /// What may stand together in one message.
  var payload: PayloadKind { self == .vw ? .lines : .json }
}

/// The two ways in which a message holds more than one sample.
enum PayloadKind: Equatable {
  /// `[sample,sample]`
  case json
  /// One sample a line.
  case lines
}
