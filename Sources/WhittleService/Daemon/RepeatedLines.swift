internal import Logging

/// Holds back log lines that come again and again, and counts them. A pure state machine: it is told the time.
///
/// Lines are the same that have the same level and message, whatever their fields. Of each, `burst` may come at any speed, and from
/// then on one every `spacing` seconds; a minute after the first that was held back, a line says how many were.
struct RepeatedLines {
  private struct Kind: Hashable {
    let level: String
    let message: String
  }

  private struct Record {
    /// How many may come now.
    var credit = Double(RepeatedLines.burst)
    var time: Double
    var leftOut = 0
    var isReportDue = Double.infinity

    mutating func earn(until now: Double) {
      credit = min(Double(RepeatedLines.burst), credit + max(0, now - time) / RepeatedLines.spacing)
      time = now
    }
  }

  static let burst = 200
  static let spacing = 1.0
  /// Seconds after which it is told how many lines were held back.
  static let reportAfter = 60.0
  /// How many kinds are told apart; more count as one.
  static let mostKinds = 500

  private var records: [Kind: Record] = [:]
  private var nextReport = Double.infinity

  /// Takes in a line.
  ///
  /// - Returns: whether it is to be written; and lines that are to be written before it, about those that were held back.
  mutating func admit(_ line: LogLine, now: Double) -> (isAdmitted: Bool, reports: [LogLine]) {
    let reports = now >= nextReport ? takeReports(now: now) : []
    let kind = kind(of: line, now: now)
    var record = records[kind] ?? Record(time: now)
    record.earn(until: now)
    let isAdmitted = record.credit >= 1
    if isAdmitted {
      record.credit -= 1
    } else {
      if record.leftOut == 0 { record.isReportDue = now + RepeatedLines.reportAfter }
      record.leftOut += 1
      nextReport = min(nextReport, record.isReportDue)
    }
    records[kind] = record
    return (isAdmitted, reports)
  }

  private mutating func kind(of line: LogLine, now: Double) -> Kind {
    let kind = Kind(level: line.level.rawValue, message: line.message)
    if records[kind] != nil || records.count < RepeatedLines.mostKinds { return kind }
    // Of those that have not come for long nothing has to be known.
    let wait = Double(RepeatedLines.burst) * RepeatedLines.spacing
    records = records.filter { $1.leftOut > 0 || now - $1.time < wait }
    return records.count < RepeatedLines.mostKinds ? kind : Kind(level: line.level.rawValue, message: "other lines")
  }

  private mutating func takeReports(now: Double) -> [LogLine] {
    var reports: [LogLine] = []
    nextReport = .infinity
    for (kind, record) in records where record.leftOut > 0 {
      if record.isReportDue > now {
        nextReport = min(nextReport, record.isReportDue)
        continue
      }
      records[kind]?.leftOut = 0
      reports.append(
        LogLine(
          .init(rawValue: kind.level) ?? .warning, "log lines were left out that came too often",
          ["line": kind.message, "lines": "\(record.leftOut)"]))
    }
    return reports.sorted { ($0.fields["line"] ?? "") < ($1.fields["line"] ?? "") }
  }
}
