internal import ArgumentParser
internal import FoundationEssentials
internal import ModelStore
internal import OnlineLearning

/// What a shell offers where a checkpoint is named: the IDs of the state directory, `latest`, and files.
enum CheckpointCompletion {
  static var kind: CompletionKind {
    .custom { words, _, prefix in
      let ids = CheckpointCompletion.sequences(words).map(String.init)
      return (ids + ["latest"] + CheckpointCompletion.files(prefix)).filter { $0.hasPrefix(prefix) }
    }
  }

  /// Only IDs.
  static var ids: CompletionKind {
    .custom { words, _, prefix in
      CheckpointCompletion.sequences(words).map(String.init).filter { $0.hasPrefix(prefix) }
    }
  }

  private static func sequences(_ words: [String]) -> [UInt64] {
    let directory = StateOptions.directory(given: CommandWords.value(of: "--state", in: words))
    return ((try? CheckpointStore.entries(in: directory)) ?? []).map(\.sequence)
  }

  /// Checkpoint files and directories that the text may go on to; none before there is a hint that it is a path.
  private static func files(_ prefix: String) -> [String] {
    guard prefix.contains("/") || prefix.contains(".") else { return [] }
    let end = prefix.lastIndex(of: "/").map { prefix.index(after: $0) } ?? prefix.startIndex
    let parent = String(prefix[..<end])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.isEmpty ? "." : parent)) ?? []
    return names.sorted().compactMap { name in
      var isDirectory = false
      guard FileManager.default.fileExists(atPath: parent + name, isDirectory: &isDirectory) else { return nil }
      if isDirectory { return parent + name + "/" }
      return name.hasSuffix(".safetensors") ? parent + name : nil
    }
  }
}

/// What a shell offers where a feature is named: the features of the newest checkpoint, where that is quickly read.
enum FeatureCompletion {
  /// Larger files would have people wait for their shells.
  private static let largestFile = 16 << 20
  private static let mostNames = 1000

  static var kind: CompletionKind {
    .custom { words, _, prefix in
      let directory = StateOptions.directory(given: CommandWords.value(of: "--state", in: words))
      guard let entry = (try? CheckpointStore.entries(in: directory))?.last,
        let size = try? InputFile.size(of: entry.path), size <= FeatureCompletion.largestFile,
        let model = try? Checkpoint(file: entry.path).model
      else { return [] }
      let values = model.learner.coefficients()
      let names = values.indices.filter { model.space.isListed($0, value: values[$0]) }.map { model.space.name(at: $0) }
      // A line is a name to the shell.
      return Array(names.filter { $0.hasPrefix(prefix) && !$0.contains("\n") }.prefix(FeatureCompletion.mostNames))
    }
  }
}

/// What stands on a command line so far.
enum CommandWords {
  /// The value of an option, `--name value` or `--name=value`; nil where it is not given yet.
  static func value(of option: String, in words: [String]) -> String? {
    for (place, word) in words.enumerated().reversed() {
      if word.hasPrefix(option + "=") { return String(word.dropFirst(option.count + 1)) }
      // Shells of the Bourne family part words at the equals sign.
      if word == option, place + 1 < words.count {
        return words[place + 1] == "=" ? (place + 2 < words.count ? words[place + 2] : nil) : words[place + 1]
      }
    }
    return nil
  }
}
