/// How far a feed has come.
struct FeedProgress: Equatable, Encodable {
  var samples = 0
  var messages = 0
  var bytes = 0
  /// All bytes of all passes; nil when it is not known, as with a pipe.
  var totalBytes: Int?
  var seconds = 0.0

  enum CodingKeys: String, CodingKey {
    case samples, messages, bytes, seconds
  }

  private var rate: Double { seconds > 0 ? Double(samples) / seconds : 0 }

  /// One line for a terminal, at most `columns` wide.
  func line(columns: Int) -> String {
    let head = "\(Format.count(samples)) samples  \(Format.rate(rate))"
    guard let totalBytes, totalBytes > 0 else { return String(head.prefix(columns)) }
    let share = min(Double(bytes) / Double(totalBytes), 1)
    let left = share > 0 ? seconds / share * (1 - share) : .nan
    let tail = "\(Int(share * 100)) %  \(Format.clock(seconds: left)) left"
    let width = min(columns - head.count - tail.count - 6, 40)
    guard width >= 4 else { return String("\(head)  \(tail)".prefix(columns)) }
    let filled = Int(Double(width) * share)
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
    return "\(head)  [\(bar)]  \(tail)"
  }

  /// What was done in all.
  var summary: String {
    let samples = samples == 1 ? "1 sample" : "\(Format.count(samples)) samples"
    let messages = messages == 1 ? "1 message" : "\(Format.count(messages)) messages"
    return "sent \(samples) in \(messages), \(Format.duration(seconds: seconds)), \(Format.rate(rate))"
  }
}
