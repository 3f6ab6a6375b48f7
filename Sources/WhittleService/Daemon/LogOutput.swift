internal import Glibc
public import Logging
internal import Synchronization

/// Where log lines go: to standard error, or to systemd's journal. All loggers share it, and its level may change.
///
/// Safe from every thread.
public final class LogOutput: Sendable {
  private let format: Settings.LogFormat
  /// Nil where lines go to standard error.
  private let journal: JournalSocket?
  /// The place of the least severe level that is logged among all levels.
  private let threshold: Atomic<Int>
  private let repeats = Mutex(RepeatedLines())

  /// - Parameters:
  ///   - environment: where systemd says, in `JOURNAL_STREAM`, what leads to its journal.
  ///   - journal: the path of the journal's socket.
  public init(
    level: Settings.LogLevel, format: Settings.LogFormat, environment: [String: String],
    journal: String = JournalSocket.systemPath
  ) {
    self.format = format
    let isJournal = format == .auto && JournalSocket.isStandardError(environment["JOURNAL_STREAM"])
    self.journal = isJournal ? JournalSocket(path: journal) : nil
    threshold = Atomic(LogOutput.place(of: level))
  }

  /// The least severe level that is logged.
  public var level: Logger.Level { Logger.Level.allCases[threshold.load(ordering: .relaxed)] }

  func set(level: Settings.LogLevel) { threshold.store(LogOutput.place(of: level), ordering: .relaxed) }

  private static func place(of level: Settings.LogLevel) -> Int {
    let level: Logger.Level =
      switch level {
      case .debug: .debug
      case .info: .info
      case .notice: .notice
      case .warning: .warning
      case .error: .error
      }
    // Every level is one of all.
    return Logger.Level.allCases.firstIndex(of: level) ?? 0
  }

  /// Writes a line, unless it came too often lately.
  func write(_ line: LogLine) {
    let (isAdmitted, leftOut) = repeats.withLock { $0.admit(line, now: monotonicSeconds()) }
    for report in leftOut { put(report) }
    if isAdmitted { put(line) }
  }

  private func put(_ line: LogLine) {
    if let journal {
      if journal.send(line) { return }
      // Nobody takes entries: as a line it may still arrive, with the level where systemd looks for it.
      return put("<\(line.priority)>\(line.words)\n")
    }
    put(format == .json ? line.json : line.text)
  }

  private func put(_ text: String) {
    // One write a line, so that lines of several threads do not mix.
    let bytes = Array(text.utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}
