internal import ArgumentParser

/// How samples stand in a file.
enum SampleFormat: String, ExpressibleByArgument, CaseIterable {
  case csv, jsonl, vw, svmlight

  /// The format that a file's name ends in; nil when it does not tell.
  static func ofSuffix(of path: String) -> SampleFormat? {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[dot...].lowercased() {
    case ".csv": return .csv
    case ".jsonl", ".ndjson", ".json": return .jsonl
    case ".vw", ".txt": return .vw
    case ".svmlight", ".libsvm", ".svm": return .svmlight
    default: return nil
    }
  }

  /// What may stand together in one message.
  var payload: PayloadKind {
    switch self {
    case .csv, .jsonl: .json
    case .vw: .vwLines
    case .svmlight: .svmlightLines
    }
  }

  /// Whether a line, blanks before it left out, holds no sample.
  func passesOver(_ line: ArraySlice<UInt8>) -> Bool {
    line.isEmpty || self == .svmlight && line.first == UInt8(ascii: "#")
  }
}

/// The ways in which a message holds more than one sample.
enum PayloadKind: Equatable {
  /// `[sample,sample]`
  case json
  /// One sample a line.
  case vwLines, svmlightLines
}
