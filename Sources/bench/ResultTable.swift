internal import Foundation

/// Results as text, for people or for programs.
enum ResultTable {
  private static let headings = [
    "name", "figure", "unit", "beside", "its figure", "ratio", "from", "to", "bar", "verdict",
  ]
  /// Columns of words; the others hold figures.
  private static let leftAligned: Set = [0, 2, 3, 9]

  static func text(_ results: [Result]) -> String {
    let lines = [headings] + results.map(cells)
    let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      let padded = line.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return leftAligned.contains(column) ? cell + padding : padding + cell
      }
      return padded.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }

  static func json(_ results: [Result]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(results), as: UTF8.self)
  }

  private static func cells(_ result: Result) -> [String] {
    let ratios = result.comparison?.ratios ?? []
    return [
      result.name, text(result.figure, result.unit), result.unit.rawValue,
      result.comparison?.reference ?? "", result.comparison.map { text($0.figure, result.unit) } ?? "",
      ratio(result.ratio), ratio(ratios.min()), ratio(ratios.max()),
      text(result.bar, result.comparison == nil ? result.unit : nil), result.verdict ?? "",
    ]
  }

  private static func text(_ figure: Double, _ unit: Result.Unit) -> String {
    switch unit {
    case .featuresPerSecond, .bytesPerSecond: String(format: "%.1f M", figure / 1e6)
    case .samplesPerSecond: String(format: "%.0f k", figure / 1e3)
    case .bytes: String(format: "%.0f", figure)
    case .seconds: String(format: "%.3f m", figure * 1e3)
    case .processorSecondsPerMillion: String(format: "%.3f", figure)
    case .share: String(format: "%.4f", figure)
    }
  }

  /// - Parameter unit: the limit's; nil where it is a ratio.
  private static func text(_ bar: Result.Bar?, _ unit: Result.Unit?) -> String {
    func text(_ limit: Double) -> String { unit.map { self.text(limit, $0) } ?? String(format: "%g", limit) }
    return switch bar {
    case .atLeast(let limit): "≥ \(text(limit))"
    case .atMost(let limit): "≤ \(text(limit))"
    case nil: ""
    }
  }

  private static func ratio(_ ratio: Double?) -> String {
    ratio.map { String(format: "%.2f", $0) } ?? ""
  }
}
