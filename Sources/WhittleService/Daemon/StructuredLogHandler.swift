internal import FoundationEssentials
internal import Glibc
public import Logging
internal import WhittleProtocol

/// Writes a line a log event to standard error: time, level, message, and the metadata as fields.
public struct StructuredLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level
  private let format: Settings.LogFormat

  public init(level: Settings.LogLevel, format: Settings.LogFormat) {
    logLevel =
      switch level {
      case .debug: .debug
      case .info: .info
      case .notice: .notice
      case .warning: .warning
      case .error: .error
      }
    self.format = format
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
    let line =
      switch format {
      case .text: text(event, fields)
      case .json: json(event, fields)
      }
    // One write a line, so that lines of several threads do not mix.
    let bytes = Array(line.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  private func text(_ event: LogEvent, _ fields: Logger.Metadata) -> String {
    var line = "\(timestamp()) \(event.level.rawValue) \(oneLine(event.message.description))"
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      let value = value.description
      let isPlain = !value.isEmpty && !value.contains { $0.isWhitespace || $0 == "\"" || $0 == "=" }
      line += " \(key)=\(isPlain ? value : "\"\(oneLine(value).replacing("\"", with: "\\\""))\"")"
    }
    return line + "\n"
  }

  private func oneLine(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\r", with: "\\r")
  }

  private func json(_ event: LogEvent, _ fields: Logger.Metadata) -> String {
    var object: [String: JSONValue] = [
      "time": .string(timestamp()), "level": .string(event.level.rawValue),
      "message": .string(event.message.description),
    ]
    for (key, value) in fields { object[key] = .string(value.description) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // An object of texts always encodes.
    let bytes = (try? encoder.encode(JSONValue.object(object))) ?? Data()
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  /// ISO 8601 with milliseconds, in UTC.
  private func timestamp() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date =
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(date)T\(time).\(padded(now.tv_nsec / 1_000_000, 3))Z"
  }
}
