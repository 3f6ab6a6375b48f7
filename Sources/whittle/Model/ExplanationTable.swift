internal import WhittleProtocol

/// A prediction for people, as a sum: a line for each feature's contribution, the heaviest first, the intercept, and the total.
struct ExplanationTable {
  private let explanation: Explanation
  private let shown: Int
  private let digits: Int
  private let columns: Int
  private let glyphs: Glyphs
  private let style: Style

  /// - Parameters:
  ///   - top: so many contributions are shown; the others are one line. Nil shows all.
  ///   - digits: how many significant ones numbers have.
  ///   - columns: for the bars; where they do not fit, there are none.
  init(
    _ explanation: Explanation, top: Int? = nil, digits: Int = 6, columns: Int = 80, glyphs: Glyphs = .unicode,
    style: Style = .plain
  ) {
    self.explanation = explanation
    // An answer whose lists do not run in parallel shows what there is of all of them.
    let count =
      [
        explanation.names.count, explanation.values.count, explanation.coefficients.count,
        explanation.contributions.count,
      ].min() ?? 0
    shown = min(top ?? count, count)
    self.digits = digits
    self.columns = columns
    self.glyphs = glyphs
    self.style = style
  }

  var text: String {
    let plain = table { _ in "" }
    let width = plain.split(separator: "\n").map { DisplayWidth.of(String($0)) }.max() ?? 0
    let bar = CoefficientBar(
      half: min((columns - width - 3) / 2, 20),
      values: explanation.contributions.prefix(shown) + [explanation.intercept],
      glyphs: glyphs)
    var text =
      "prediction \(number(explanation.prediction))   margin \(number(explanation.margin))   "
      + "step \(Format.count(explanation.step))\n\n" + (bar.half >= 3 ? table { bar.text($0) } : plain)
    if !explanation.unknownFeatures.isEmpty {
      text += "\nunknown to the model, and counted as zero: \(names(explanation.unknownFeatures))\n"
    }
    for group in explanation.collisions ?? [] { text += "\nlearned as one feature, by their hash: \(names(group))\n" }
    return text
  }

  private func table(_ bar: (Double) -> String) -> String {
    var table = Table(
      [.left, .right, .right, .right, .left], header: ["NAME", "VALUE", "COEFFICIENT", "CONTRIBUTION"])
    for index in 0..<shown {
      let contribution = explanation.contributions[index]
      table.add([
        explanation.names[index], number(Double(explanation.values[index])),
        number(Double(explanation.coefficients[index])),
        number(contribution), bar(contribution),
      ])
    }
    let others = explanation.contributions.dropFirst(shown)
    if !others.isEmpty {
      table.add([
        others.count == 1 ? "1 other" : "\(Format.count(others.count)) others", "", "", number(others.reduce(0, +)),
      ])
    }
    table.add(["intercept", "", "", number(explanation.intercept), bar(explanation.intercept)])
    table.add(["total", "", "", number(explanation.margin)])
    return table.text(style)
  }

  private func number(_ number: Double) -> String { Format.number(number, digits: digits) }

  private func names(_ names: [String]) -> String { names.map(Format.name).joined(separator: ", ") }
}

extension Explanation {
  /// Only the so many heaviest contributions; margin and intercept are still those of the whole sample.
  func heaviest(_ count: Int) -> Explanation {
    var less = self
    less.names = Array(names.prefix(count))
    less.values = Array(values.prefix(count))
    less.coefficients = Array(coefficients.prefix(count))
    less.contributions = Array(contributions.prefix(count))
    return less
  }
}
