/// Finite decimal numbers as people write them.
public enum DecimalNumber {
  /// The number that a text is; nil where it is none. Swift's own reading would take hexadecimal, "nan" and "inf" too.
  public static func read(_ text: String) -> Double? {
    guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let number = Double(text),
      number.isFinite
    else { return nil }
    return number
  }

  /// The shortest text that reads as the number; whole numbers without a fraction.
  public static func text(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? String(number)
  }
}
