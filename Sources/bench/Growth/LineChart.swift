internal import Foundation

/// A curve as a picture: lines over two logarithmic axes, readable on a light and on a dark page.
struct LineChart {
  let curve: GrowthCurve

  private static let width = 720.0
  private static let height = 420.0
  private static let margin = (left: 72.0, right: 24.0, top: 48.0, bottom: 72.0)
  /// Told apart by people who see few colors, too; and each line has marks of its own.
  private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]

  var svg: String {
    let points = curve.lines.flatMap(\.points)
    let across = Axis(points.map(\.x), LineChart.margin.left, LineChart.width - LineChart.margin.right, steps: 2)
    let up = Axis(
      points.flatMap { [$0.lowest, $0.highest] }, LineChart.height - LineChart.margin.bottom, LineChart.margin.top,
      steps: 10)
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(LineChart.width)) \(Int(LineChart.height))" role="img" \
      aria-label="\(curve.title)" font-family="sans-serif" font-size="13">
      """,
      "<style>text{fill:#333}.grid{stroke:#8888;stroke-width:.6}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>",
      text(curve.title, LineChart.margin.left, 24, "start", size: 16),
      text(
        curve.axis, (LineChart.margin.left + LineChart.width - LineChart.margin.right) / 2, LineChart.height - 36,
        "middle"),
    ]
    for tick in up.ticks {
      let y = up.place(tick)
      parts.append(line(LineChart.margin.left, y, LineChart.width - LineChart.margin.right, y))
      parts.append(text(LineChart.label(tick), LineChart.margin.left - 8, y + 4, "end"))
    }
    for tick in across.ticks {
      let x = across.place(tick)
      parts.append(line(x, LineChart.margin.top, x, LineChart.height - LineChart.margin.bottom))
      parts.append(text(LineChart.label(tick), x, LineChart.height - LineChart.margin.bottom + 18, "middle"))
    }
    for (number, line) in curve.lines.enumerated() {
      let color = LineChart.colors[number % LineChart.colors.count]
      let places = line.points.map { (x: across.place($0.x), point: $0) }
      let path = places.map { "\(rounded($0.x)),\(rounded(up.place($0.point.median)))" }.joined(separator: " ")
      parts.append("<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>")
      for (x, point) in places {
        parts.append(
          "<line x1=\"\(rounded(x))\" y1=\"\(rounded(up.place(point.lowest)))\" x2=\"\(rounded(x))\" "
            + "y2=\"\(rounded(up.place(point.highest)))\" stroke=\"\(color)\" stroke-width=\"1\"/>")
        parts.append(mark(number, x, up.place(point.median), color))
      }
      let x = LineChart.margin.left + Double(number) * 180
      parts.append(mark(number, x, LineChart.height - 14, color))
      parts.append(text(line.name, x + 12, LineChart.height - 10, "start"))
    }
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  /// Figures between two ends of a picture, by their logarithms.
  private struct Axis {
    let ticks: [Double]
    private let low: Double
    private let high: Double
    private let start: Double
    private let end: Double

    /// - Parameter steps: how many times one tick is the one before, at least.
    init(_ figures: [Double], _ start: Double, _ end: Double, steps: Double) {
      (self.start, self.end) = (start, end)
      let least = max(figures.min() ?? 1, 1e-9)
      let most = max(figures.max() ?? 1, least)
      low = log(steps) * (log(least) / log(steps)).rounded(.down)
      high = max(log(steps) * (log(most) / log(steps)).rounded(.up), low + log(steps))
      let count = Int(((high - low) / log(steps)).rounded())
      let stride = max(1, (count + 8) / 9)
      ticks = Swift.stride(from: 0, through: count, by: stride).map { [low] in exp(low + Double($0) * log(steps)) }
    }

    func place(_ figure: Double) -> Double { start + (log(max(figure, 1e-9)) - low) / (high - low) * (end - start) }
  }

  private func mark(_ number: Int, _ x: Double, _ y: Double, _ color: String) -> String {
    switch number % 3 {
    case 0: "<circle cx=\"\(rounded(x))\" cy=\"\(rounded(y))\" r=\"4\" fill=\"\(color)\"/>"
    case 1: "<rect x=\"\(rounded(x - 4))\" y=\"\(rounded(y - 4))\" width=\"8\" height=\"8\" fill=\"\(color)\"/>"
    default:
      "<path d=\"M\(rounded(x)) \(rounded(y - 5))l5 9h-10z\" fill=\"\(color)\"/>"
    }
  }

  private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    "<line class=\"grid\" x1=\"\(rounded(x1))\" y1=\"\(rounded(y1))\" x2=\"\(rounded(x2))\" y2=\"\(rounded(y2))\"/>"
  }

  private func text(_ text: String, _ x: Double, _ y: Double, _ anchor: String, size: Int = 13) -> String {
    "<text x=\"\(rounded(x))\" y=\"\(rounded(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\">\(text)</text>"
  }

  private func rounded(_ number: Double) -> String { String(format: "%.1f", number) }

  private static func label(_ figure: Double) -> String {
    switch figure {
    case 1e6...: String(format: "%g M", (figure / 1e4).rounded() / 100)
    case 1e3...: String(format: "%g k", (figure / 10).rounded() / 100)
    default: String(format: "%g", (figure * 100).rounded() / 100)
    }
  }
}
