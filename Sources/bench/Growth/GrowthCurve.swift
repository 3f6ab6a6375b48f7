internal import Foundation

/// How throughput changes with one thing.
struct GrowthCurve: Encodable {
  /// Also the name of its picture.
  let name: String
  let title: String
  /// What it changes with.
  let axis: String
  let lines: [Line]

  struct Line: Encodable {
    let name: String
    let points: [Point]
  }

  struct Point: Encodable {
    let x: Double
    /// Samples a second: the median of the rounds, and the lowest and the highest.
    let median: Double
    let lowest: Double
    let highest: Double

    init(x: Int, _ figures: [Double]) {
      self.x = Double(x)
      median = bench.median(figures)
      // One round at least has been measured.
      lowest = figures.min() ?? median
      highest = figures.max() ?? median
    }
  }

  /// As text, a line a point.
  var text: String {
    let rows = lines.flatMap { line in
      line.points.map { point in
        (
          line.name, String(format: "%.0f", point.x), String(format: "%.1f k", point.median / 1e3),
          String(format: "%.1f k", point.lowest / 1e3), String(format: "%.1f k", point.highest / 1e3)
        )
      }
    }
    let width = max(10, rows.map(\.0.count).max() ?? 0)
    let widths = [axis.count + 2, 12, 12, 12]
    func line(_ name: String, _ cells: [String]) -> String {
      name + String(repeating: " ", count: width - name.count)
        + zip(cells, widths).map { String(repeating: " ", count: max(1, $1 - $0.count)) + $0 }.joined()
    }
    let heading = line("", [axis, "samples/s", "from", "to"])
    return ([title, heading] + rows.map { line($0.0, [$0.1, $0.2, $0.3, $0.4]) }).joined(separator: "\n")
  }
}
