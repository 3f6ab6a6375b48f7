internal import Glibc

/// Numbers and names as people read them.
enum Format {
  /// `12,345`
  static func count(_ number: some BinaryInteger) -> String {
    let digits = String(number.magnitude)
    var text = ""
    for (position, digit) in digits.enumerated() {
      if position > 0 && (digits.count - position).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return number < 0 ? "-" + text : text
  }

  /// Six significant digits unless said otherwise: `0.123457`, `1.5e-07`.
  static func number(_ number: Double, digits: Int = 6) -> String {
    printf("%.*g", [Int32(clamping: digits), number])
  }

  static func number(_ number: Double?, digits: Int = 6) -> String {
    number.map { Format.number($0, digits: digits) } ?? "-"
  }

  static func fixed(_ number: Double, decimals: Int) -> String {
    printf("%.*f", [Int32(clamping: decimals), number])
  }

  /// A whole number from 100 on, one decimal below: `12,345/s`, `2.5/s`.
  static func rate(_ perSecond: Double) -> String {
    guard perSecond.isFinite, perSecond.magnitude < 1e15 else { return "-/s" }
    return (perSecond < 100 ? fixed(perSecond, decimals: 1) : count(Int(perSecond.rounded()))) + "/s"
  }

  /// A share from 0 to 1: `76.0 %`.
  static func percent(_ share: Double) -> String {
    fixed(share * 100, decimals: 1) + " %"
  }

  /// `0.25 s`, `12.0 s`, `3 min 12 s`, `5 h 3 min`, `2 d 5 h`
  static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "-" }
    if seconds < 10 { return fixed(seconds, decimals: 2) + " s" }
    if seconds < 59.95 { return fixed(seconds, decimals: 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 86400 { return "\(whole / 3600) h \(whole / 60 % 60) min" }
    return "\(whole / 86400) d \(whole / 3600 % 24) h"
  }

  /// A clock for what is left: `0:07`, `12:30`, `3:05:00`.
  static func clock(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e7 else { return "-:--" }
    let whole = Int(seconds.rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let minutes = whole / 60 % 60
    return whole < 3600
      ? "\(minutes):\(two(whole % 60))" : "\(whole / 3600):\(two(minutes)):\(two(whole % 60))"
  }

  /// `512 B`, `1.5 kB`, `12.0 MB`
  static func bytes(_ number: Int) -> String {
    var value = Double(number)
    if value.magnitude < 1000 { return "\(number) B" }
    var unit = "kB"
    for next in ["MB", "GB", "TB", "PB"] where value.magnitude >= 999_950 {
      value /= 1000
      unit = next
    }
    return fixed(value / 1000, decimals: 1) + " " + unit
  }

  /// A name from outside, with nothing in it that would command the terminal.
  static func name(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { isControl($0) }) else { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { shown.append(isControl(scalar) ? "\u{FFFD}" : scalar) }
    return String(shown)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      || scalar == "\u{2028}" || scalar == "\u{2029}"
  }

  private static func printf(_ format: String, _ arguments: [any CVarArg]) -> String {
    // The longest: `%.*f` of the largest Double has 309 digits before the point.
    var buffer = [CChar](repeating: 0, count: 400)
    let length = withVaList(arguments) { vsnprintf(&buffer, buffer.count, format, $0) }
    return String(
      decoding: buffer.prefix(max(0, min(Int(length), buffer.count - 1))).map { UInt8(bitPattern: $0) },
      as: UTF8.self)
  }
}
