internal import WhittleProtocol

/// How a daemon that is watched is doing, in a line.
enum DaemonStatus {
  /// - Parameters:
  ///   - event: the last one; says why the model diverges.
  ///   - silence: what to say where nothing has come for long, as `Silence` does.
  static func line(_ stats: Stats, event: Event?, silence: String?) -> (text: String, isGood: Bool) {
    var words: [String] = []
    if let silence { words.append(silence) }
    if stats.diverging {
      let reason = event?.kind == .divergenceBegan ? event?.message : nil
      words.append("diverging: \(Format.name(reason ?? "the loss has exploded"))")
    }
    if stats.health != .ok {
      words.append("\(stats.health.rawValue): \(Format.name(stats.problem ?? "no reason given"))")
    }
    return words.isEmpty ? ("ok", true) : (words.joined(separator: "   "), false)
  }
}

/// How long nothing has come from a daemon, and whether that is too long.
struct Silence {
  private var lastWord: Double?
  private var patience: Double? = 3

  /// Takes in that something came.
  mutating func end(at now: Double) { lastWord = now }

  /// Takes in how often something is to come, in seconds; nil where silence means nothing.
  mutating func expect(every interval: Double?) { patience = interval.map { max(3, 3 * $0) } }

  /// What to tell people; nil where all is as it should be.
  func notice(at now: Double) -> String? {
    guard let patience, let lastWord, now - lastWord >= patience else { return nil }
    return "no word for \(Format.count(Int(now - lastWord))) s, waiting"
  }
}
