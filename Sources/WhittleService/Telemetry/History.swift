internal import WhittleProtocol

/// The stats over time, in bounded memory. A pure state: it is told the time.
struct History {
  private struct Moment {
    let time: Double
    let stats: Figures
  }

  /// Those of the stats that are kept.
  private struct Figures {
    let step: UInt64
    let samplesPerSecond: Double
    let lossOverall: Double?
    let lossRecent: Double?
    let bestConstantLoss: Double?
    let activeSet: Int
    let features: Int
    let sparsity: Double
  }

  private var series: ThinnedSeries<Moment>

  /// - Parameters:
  ///   - moments: how many are kept.
  ///   - interval: seconds between two of them, at first.
  init(moments: Int = 1000, interval: Double = 1) {
    series = ThinnedSeries(capacity: moments, interval: interval)
  }

  /// - Parameters:
  ///   - now: seconds, on a clock that does not go back.
  ///   - time: for people.
  mutating func append(_ stats: Stats, now: Double, time: Double) {
    // JSON has no words for what is not finite.
    func finite(_ number: Double?) -> Double? { number.flatMap { $0.isFinite ? $0 : nil } }
    let figures = Figures(
      step: stats.step, samplesPerSecond: stats.samplesPerSecond, lossOverall: finite(stats.loss.overall),
      lossRecent: finite(stats.loss.recent), bestConstantLoss: finite(stats.validation.recent?.bestConstantLoss),
      activeSet: stats.activeSet, features: stats.features, sparsity: stats.sparsity)
    series.append(Moment(time: time, stats: figures), at: now)
  }

  /// - Complexity: O(moments)
  var report: HistoryReport {
    var report = HistoryReport()
    for moment in series.points.map(\.value) {
      report.time.append(moment.time)
      report.step.append(moment.stats.step)
      report.samplesPerSecond.append(moment.stats.samplesPerSecond)
      report.lossOverall.append(moment.stats.lossOverall)
      report.lossRecent.append(moment.stats.lossRecent)
      report.bestConstantLoss.append(moment.stats.bestConstantLoss)
      report.activeSet.append(moment.stats.activeSet)
      report.features.append(moment.stats.features)
      report.sparsity.append(moment.stats.sparsity)
    }
    return report
  }
}
