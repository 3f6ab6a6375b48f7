/// Times and durations as people type them.
enum TimeText {
  /// Whether a text begins as `2026-` does: then it has to be a time.
  static func looksLikeTime(_ text: String) -> Bool {
    let start = Array(text.utf8.prefix(5))
    return start.count == 5 && start[4] == UInt8(ascii: "-") && start[..<4].allSatisfy(isDigit)
  }

  /// Seconds since 1970 of `2026-01-31`, `2026-01-31T12:00`, `2026-01-31 12:00:30.5` and those with `Z` or `+02:00` behind;
  /// without a zone it is UTC.
  ///
  /// - Returns: nil for what is none, also for days and hours that there are not.
  static func time(_ text: String) -> Double? {
    var rest = Array(text.utf8)[...]
    func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
      guard rest.count >= digits, rest.prefix(digits).allSatisfy(isDigit) else { return nil }
      let value = rest.prefix(digits).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
      rest.removeFirst(digits)
      return range.contains(value) ? value : nil
    }
    func takes(_ characters: String) -> Bool {
      guard let first = rest.first, characters.utf8.contains(first) else { return false }
      rest.removeFirst()
      return true
    }
    guard let year = number(4, 1970...9999), takes("-"), let month = number(2, 1...12), takes("-"),
      let day = number(2, 1...days(inMonth: month, of: year))
    else { return nil }
    var seconds = Double(daysSince1970(year, month, day)) * 86_400
    if rest.isEmpty { return seconds }
    guard takes("Tt "), let hour = number(2, 0...23), takes(":"), let minute = number(2, 0...59) else { return nil }
    seconds += Double(hour * 3600 + minute * 60)
    if takes(":") {
      guard let second = number(2, 0...59) else { return nil }
      seconds += Double(second)
      if takes(".") {
        let digits = rest.prefix(while: isDigit)
        guard !digits.isEmpty, let fraction = Double("0." + String(decoding: digits, as: UTF8.self)) else { return nil }
        rest.removeFirst(digits.count)
        seconds += fraction
      }
    }
    if takes("Zz") || rest.isEmpty { return rest.isEmpty ? seconds : nil }
    let isWest = rest.first == UInt8(ascii: "-")
    guard takes("+-"), let hours = number(2, 0...23), takes(":"), let minutes = number(2, 0...59), rest.isEmpty else {
      return nil
    }
    let offset = Double(hours * 3600 + minutes * 60)
    return isWest ? seconds + offset : seconds - offset
  }

  /// Seconds of `90s`, `30min`, `1.5 h`, `7 days`.
  ///
  /// - Returns: nil for what is none, and for what is less than none.
  static func duration(_ text: String) -> Double? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(number.count).drop { $0 == " " }
    guard let value = Double(number), value.isFinite else { return nil }
    switch unit {
    case "s", "sec", "second", "seconds": return value
    case "m", "min", "minute", "minutes": return value * 60
    case "h", "hour", "hours": return value * 3600
    case "d", "day", "days": return value * 86_400
    case "w", "week", "weeks": return value * 7 * 86_400
    default: return nil
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  private static func days(inMonth month: Int, of year: Int) -> Int {
    let isLeapYear = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    if month == 2 { return isLeapYear ? 29 : 28 }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// By whole years and months: nobody asks often enough for a formula.
  private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let years = (1970..<year).reduce(0) { $0 + 337 + days(inMonth: 2, of: $1) }
    return (1..<month).reduce(years + day - 1) { $0 + days(inMonth: $1, of: year) }
  }
}
