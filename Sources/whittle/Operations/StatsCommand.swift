internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show how the model and its stream are doing.")

  @OptionGroup var numbers: NumberOptions
  @OptionGroup var options: QueryOptions

  func run() throws {
    let stats = try options.client().stats()
    if options.json { return try StandardOutput.writeJSON(stats) }
    try StandardOutput.write(StatsCommand.text(stats, digits: numbers.digits))
  }

  /// - Parameter digits: how many significant ones numbers have.
  static func text(_ stats: Stats, digits: Int = 6) -> String {
    func number(_ value: Double) -> String { Format.number(value, digits: digits) }
    // Three tables: a long name of a checkpoint does not pull the columns of the metrics apart.
    var stream = Table([.left, .left])
    stream.add(["health", stats.health.rawValue])
    if let problem = stats.problem { stream.add(["problem", problem]) }
    if stats.diverging {
      stream.add(["diverging", "the loss has exploded; the step size is too large (see the daemon's log)"])
    }
    stream.add(["uptime", Format.duration(seconds: stats.uptimeSeconds)])
    stream.add(["step", Format.count(stats.step)])
    stream.add(["samples learned", Format.count(stats.samples)])
    stream.add(["samples not learned", Format.count(stats.unlearned)])
    stream.add(["messages", Format.count(stats.messages)])
    let rejected = stats.rejected.values.reduce(UInt64(0)) { $0.addingReportingOverflow($1).partialValue }
    stream.add(["messages rejected", Format.count(rejected)])
    for (reason, count) in stats.rejected.sorted(by: { $0.key < $1.key }) {
      stream.add(["  \(reason)", Format.count(count)])
    }
    stream.add(["samples per second", Format.rate(stats.samplesPerSecond)])
    var metrics = Table([.left, .left, .left, .left])
    for row in ValidationRows.rows(stats.validation, digits: digits) { metrics.add(row) }
    var model = Table([.left, .left])
    model.add(["features", Format.count(stats.features)])
    model.add(["active set", Format.count(stats.activeSet)])
    model.add(["sparsity", Format.percent(stats.sparsity)])
    model.add(["L1 norm", number(stats.l1Norm)])
    model.add(["L2 norm", number(stats.l2Norm)])
    model.add(["intercept", number(stats.intercept)])
    model.add(["step size", number(stats.stepSize)])
    model.add(["clamped updates", Format.count(stats.clampedUpdates)])
    if stats.room.forgotten > 0 || stats.room.refused > 0 {
      stream.add(["features forgotten for others", Format.count(stats.room.forgotten)])
      stream.add(["features without room", Format.count(stats.room.refused)])
    }
    if stats.delayed.waiting > 0 || stats.delayed.matched > 0 || stats.delayed.unmatched > 0 {
      stream.add(["samples waiting for targets", Format.count(UInt64(clamping: stats.delayed.waiting))])
      stream.add(["  matched", Format.count(stats.delayed.matched)])
      stream.add(["  forgotten", Format.count(stats.delayed.forgotten)])
      stream.add(["targets of unknown samples", Format.count(stats.delayed.unmatched)])
    }
    for row in SequenceRows.rows(stats.sequences) { stream.add(row) }
    if let checkpoint = stats.checkpoint {
      model.add(["checkpoint", checkpoint.file])
      model.add(["checkpoint step", Format.count(checkpoint.step)])
      model.add(["checkpoint age", Format.duration(seconds: checkpoint.ageSeconds)])
    } else {
      model.add(["checkpoint", "none yet"])
    }
    if let journal = stats.journal {
      let behind = journal.position - min(journal.synchronized, journal.position)
      model.add(["journal", behind == 0 ? "synced" : "\(Format.count(behind)) messages are not synced"])
    }
    return [stream, metrics, model].map { $0.text() }.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
