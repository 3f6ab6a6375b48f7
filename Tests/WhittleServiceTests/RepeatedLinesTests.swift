import Logging
import Testing

@testable import WhittleService

/// The limit on log lines that come again and again.
struct RepeatedLinesTests {
  private func line(_ message: String, _ number: Int = 0) -> LogLine {
    LogLine(.warning, message, ["number": "\(number)"])
  }

  @Test func aFloodIsCutAndCounted() {
    var lines = RepeatedLines()
    var admitted = 0
    for number in 0..<10_000 {
      let (isAdmitted, reports) = lines.admit(line("flood", number), now: 100 + Double(number) * 1e-3)
      admitted += isAdmitted ? 1 : 0
      #expect(reports.isEmpty)
    }
    // Ten seconds earn ten more.
    #expect((RepeatedLines.burst...RepeatedLines.burst + 10).contains(admitted))
    // Another line is not held back, and a minute later it comes after the count.
    #expect(lines.admit(line("other"), now: 110).isAdmitted)
    let (isAdmitted, reports) = lines.admit(line("other"), now: 171)
    #expect(isAdmitted)
    #expect(
      reports == [
        LogLine(
          .warning, "log lines were left out that came too often", ["line": "flood", "lines": "\(10_000 - admitted)"])
      ])
    #expect(lines.admit(line("other"), now: 300).reports.isEmpty, "told once")
  }

  @Test func aSlowLineIsNeverHeldBack() {
    var lines = RepeatedLines()
    for number in 0..<3000 { #expect(lines.admit(line("tick"), now: Double(number)).isAdmitted) }
  }

  @Test func levelsAreToldApart() {
    var lines = RepeatedLines()
    for _ in 0..<1000 { _ = lines.admit(line("same"), now: 0) }
    #expect(!lines.admit(line("same"), now: 0).isAdmitted)
    #expect(lines.admit(LogLine(.error, "same"), now: 0).isAdmitted)
  }

  /// Messages that are never the same take no memory without end, and are held back together.
  @Test func manyKindsAreHeldBackTogether() {
    var lines = RepeatedLines()
    let admitted = (0..<10_000).count { lines.admit(line("message \($0)"), now: 5).isAdmitted }
    #expect(admitted == RepeatedLines.mostKinds + RepeatedLines.burst)
    // Later there is room again.
    #expect(lines.admit(line("a new one"), now: 5 + Double(RepeatedLines.burst) + 61).isAdmitted)
  }
}
