/// Coefficients for people: what the model is as a whole, then name and coefficient, the heaviest first.
enum CoefficientTable {
  /// - Parameters:
  ///   - names: run in parallel with `values`.
  ///   - features: how many features the model knows, zero or not.
  ///   - activeSet: how many of them are not zero.
  ///   - digits: how many significant ones numbers have.
  static func text(
    names: [String], values: [Float], step: UInt64, intercept: Double, features: Int, activeSet: Int,
    digits: Int = 6, style: Style = .plain
  ) -> String {
    let head =
      "step \(Format.count(step))   intercept \(Format.number(intercept, digits: digits))   "
      + "active \(Format.count(activeSet)) of \(Format.count(features)) features\n"
    let sorted = sortedByMagnitude(names: names, values: values)
    if sorted.isEmpty { return head }
    var table = Table([.left, .right], header: ["NAME", "COEFFICIENT"])
    for (name, value) in sorted { table.add([name, Format.number(Double(value), digits: digits)]) }
    return head + "\n" + table.text(style)
  }

  /// The heaviest first; those of equal weight in the order in which they came, NaN last.
  static func sortedByMagnitude(names: [String], values: [Float]) -> [(name: String, value: Float)] {
    func weight(_ value: Float) -> Float { value.isNaN ? -1 : value.magnitude }
    return zip(names, values).enumerated()
      .sorted { (weight($1.element.1), $0.offset) < (weight($0.element.1), $1.offset) }
      .map { (name: $0.element.0, value: $0.element.1) }
  }
}
