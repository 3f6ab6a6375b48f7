import Logging
import Synchronization

/// Keeps what is logged, for a test to look at.
final class CapturedLog: Sendable {
  struct Line: Sendable {
    let level: Logger.Level
    let message: String
    let fields: [String: String]
  }

  private let captured = Mutex<[Line]>([])

  var lines: [Line] { captured.withLock { $0 } }

  func lines(_ message: String) -> [Line] { lines.filter { $0.message == message } }

  fileprivate func append(_ line: Line) { captured.withLock { $0.append(line) } }

  var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

  private struct Handler: LogHandler {
    let log: CapturedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.append(
        Line(
          level: event.level, message: event.message.description,
          fields: (event.metadata ?? [:]).mapValues(\.description)))
    }
  }
}
