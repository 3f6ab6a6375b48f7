internal import WhittleProtocol

/// Progressive validation as rows of a table: a metric, and its values over everything, the recent past and the window.
enum ValidationRows {
  /// Rows for the metrics that apply; none before the first sample.
  static func rows(_ validation: Validation, digits: Int = 6) -> [[String]] {
    let stretches = [validation.overall, validation.recent, validation.window]
    guard stretches.contains(where: { $0 != nil }) else { return [] }
    var rows = [["PREDICTED BEFORE LEARNED", "OVERALL", "RECENT", "WINDOW"]]
    for (name, metric) in metrics {
      let values = stretches.map { $0.flatMap(metric) }
      if values.contains(where: { $0 != nil }) {
        rows.append([name] + values.map { Format.number($0, digits: digits) })
      }
    }
    return rows
  }

  private static let metrics: [(String, @Sendable (Validation.Metrics) -> Double?)] = [
    ("loss", { $0.loss }),
    ("loss of the best constant", { $0.bestConstantLoss }),
    ("root mean squared error", { $0.rmse }),
    ("mean absolute error", { $0.mae }),
    ("R squared", { $0.r2 }),
    ("accuracy", { $0.accuracy }),
    ("area under the ROC curve", { $0.auc }),
    ("  at most off by", { $0.aucError }),
    ("share of class 1", { $0.baseRate }),
    ("mean prediction", { $0.meanPrediction }),
    ("calibration error", { $0.calibrationError }),
  ]
}
