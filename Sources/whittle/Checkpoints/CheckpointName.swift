internal import ArgumentParser

/// What a checkpoint is called on the command line.
enum CheckpointName: Equatable {
  /// The newest that is whole.
  case latest
  /// By its sequence number.
  case id(UInt64)
  /// The newest that is whole and had learned at most so many samples.
  case step(UInt64)
  /// The newest that is whole and was written at that time, in seconds since 1970, or before.
  case time(Double)
  /// The same, for so many seconds ago.
  case ago(Double)
  /// By its file.
  case path(String)

  static let help = ArgumentHelp(
    """
    Its ID as `checkpoints list` shows it, `latest`, step:1000, 2026-01-31T12:00 (UTC), "2h ago", or the path of its file.
    """, valueName: "checkpoint")

  static let notation = """
    A checkpoint is named by its ID, the number in front of its file's name (`checkpoints list` shows all); by `latest`, \
    the newest; by `step:1000`, the newest of at most that step; by a time as 2026-01-31, 2026-01-31T12:00 or \
    2026-01-31T12:00:00+02:00 (without a zone it is UTC) or as "90s ago", "30min ago", "2h ago", "7d ago", the newest that \
    was written by then; or by the path of its file, where need be with ./ in front. What is damaged is passed over where \
    the newest is looked for.
    """

  /// - Throws: what is wrong with it, for people.
  init(_ text: String) throws(CheckpointNameMistake) {
    if text == "latest" {
      self = .latest
    } else if CheckpointName.isNumber(text) {
      guard let id = UInt64(text) else { throw CheckpointNameMistake("there is no ID as large as \(text)") }
      self = .id(id)
    } else if text.hasPrefix("step:") {
      let number = String(text.dropFirst("step:".count))
      guard CheckpointName.isNumber(number), let step = UInt64(number) else {
        throw CheckpointNameMistake("after \"step:\" stands a whole number, as in step:1000, not \"\(number)\"")
      }
      self = .step(step)
    } else if text.hasSuffix(" ago") {
      guard let seconds = TimeText.duration(String(text.dropLast(" ago".count))) else {
        throw CheckpointNameMistake("\"\(text)\" is none of \"90s ago\", \"30min ago\", \"2h ago\", \"7d ago\"")
      }
      self = .ago(seconds)
    } else if TimeText.looksLikeTime(text) {
      guard let time = TimeText.time(text) else {
        throw CheckpointNameMistake(
          "\"\(text)\" is no time; times are as 2026-01-31, 2026-01-31T12:00 or 2026-01-31T12:00:00+02:00")
      }
      self = .time(time)
    } else if text.isEmpty {
      throw CheckpointNameMistake("a checkpoint has a name; `latest` is the newest")
    } else {
      self = .path(text)
    }
  }

  var isPath: Bool {
    if case .path = self { true } else { false }
  }

  private static func isNumber(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }
}

/// A name that none of its forms fits.
struct CheckpointNameMistake: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
