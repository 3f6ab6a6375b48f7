internal import FoundationEssentials
internal import Glibc
internal import Logging
internal import WhittleProtocol

/// What is logged: a level, a message that is the same every time, and what differs as fields.
struct LogLine: Sendable, Equatable {
  let level: Logger.Level
  let message: String
  let fields: [String: String]

  init(_ level: Logger.Level, _ message: String, _ fields: [String: String] = [:]) {
    self.level = level
    self.message = message
    self.fields = fields
  }

  /// The message and the fields on one line.
  var words: String {
    var line = oneLine(message)
    for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
      let isPlain = !value.isEmpty && !value.contains { $0.isWhitespace || $0 == "\"" || $0 == "=" }
      line += " \(key)=\(isPlain ? value : "\"\(oneLine(value).replacing("\"", with: "\\\""))\"")"
    }
    return line
  }

  /// Time, level, message and fields.
  var text: String { "\(timestamp()) \(level.rawValue) \(words)\n" }

  /// One JSON object.
  var json: String {
    var object: [String: JSONValue] = [
      "time": .string(timestamp()), "level": .string(level.rawValue), "message": .string(message),
    ]
    for (key, value) in fields { object[key] = .string(value) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // An object of texts always encodes.
    let bytes = (try? encoder.encode(JSONValue.object(object))) ?? Data()
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  /// The level as syslog and systemd number it.
  var priority: Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  private func oneLine(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\r", with: "\\r")
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
