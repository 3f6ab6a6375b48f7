internal import FoundationEssentials

/// A trajectory for people and for tables of other programs.
extension Trajectory {
  /// A row a checkpoint, a column a feature.
  func history(digits: Int, style: Style = .plain) -> String {
    var table = Table(
      [.right, .right, .left] + names.map { _ in .right }, header: ["ID", "STEP", "WRITTEN"] + names)
    for (place, moment) in moments.enumerated() {
      table.add(
        [moment.title, Format.count(moment.step), Date(timeIntervalSince1970: moment.time).ISO8601Format()]
          + values.map { Format.number($0[place].map { Double($0) }, digits: digits) })
    }
    return table.text(style)
  }

  /// A row a feature, a column a checkpoint.
  ///
  /// - Parameter columns: how many characters a line may have; nil for any number. What does not fit is left out, evenly,
  ///   and never the oldest and the newest.
  func path(digits: Int, columns: Int? = nil, style: Style = .plain) -> String {
    var shown = Array(moments.indices)
    while true {
      var table = Table(
        [.left] + shown.map { _ in .right }, header: ["ID"] + shown.map { moments[$0].title })
      table.add(["STEP"] + shown.map { Format.count(moments[$0].step) })
      for (feature, name) in names.enumerated() {
        table.add([name] + shown.map { Format.number(values[feature][$0].map { Double($0) }, digits: digits) })
      }
      let text = table.text()
      let width = text.split(separator: "\n").map { DisplayWidth.of(String($0)) }.max() ?? 0
      guard let columns, width > columns, shown.count > 2 else {
        let left = moments.count - shown.count
        return table.text(style)
          + (left == 0 ? "" : "\(Format.count(left)) checkpoints between are not shown; --csv and --json have all\n")
      }
      shown = Trajectory.evenly(shown.count - 1, of: moments.count)
    }
  }

  /// Coefficients over steps.
  func chart(_ style: Style) -> Chart {
    Chart(
      series: zip(names, values).map { name, coefficients in
        Chart.Series(
          name: name,
          points: zip(moments, coefficients).map { Chart.Point(x: Double($0.step), y: $1.map { Double($0) }) })
      }, glyphs: .ofLocale, style: style)
  }

  /// So many of the places below `total`, the first and the last among them.
  ///
  /// - Precondition: 2 ≤ `count` ≤ `total`
  static func evenly(_ count: Int, of total: Int) -> [Int] {
    (0..<count).map { $0 * (total - 1) / (count - 1) }
  }

  /// A line a checkpoint: its ID, time and step, the intercept, and a column a feature.
  var historyCSV: [UInt8] {
    var csv: [UInt8] = []
    csv.appendCSVRecord(["checkpoint", "time", "step", "(intercept)"] + names)
    for (place, moment) in moments.enumerated() {
      csv.appendCSVRecord(
        [moment.title, "\(moment.time)", "\(moment.step)", "\(moment.intercept)"]
          + values.map { $0[place].map { "\($0)" } ?? "" })
    }
    return csv
  }

  /// A line a feature, with a column a checkpoint; above them its step, its time and the intercept.
  var pathCSV: [UInt8] {
    var csv: [UInt8] = []
    csv.appendCSVRecord(["feature"] + moments.map(\.title))
    csv.appendCSVRecord(["(step)"] + moments.map { "\($0.step)" })
    csv.appendCSVRecord(["(time)"] + moments.map { "\($0.time)" })
    csv.appendCSVRecord(["(intercept)"] + moments.map { "\($0.intercept)" })
    for (feature, name) in names.enumerated() {
      csv.appendCSVRecord([name] + values[feature].map { $0.map { "\($0)" } ?? "" })
    }
    return csv
  }
}
