internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show how the model and its stream are doing.")

  @OptionGroup var options: QueryOptions

  func run() throws {
    let stats = try options.client().stats()
    if options.json { return try StandardOutput.writeJSON(stats) }
    try StandardOutput.write(StatsCommand.text(stats))
  }

  static func text(_ stats: Stats) -> String {
    var table = Table([.left, .left, .left, .left])
    table.add(["health", stats.health.rawValue])
    if let problem = stats.problem { table.add(["problem", problem]) }
    if stats.diverging {
      table.add(["diverging", "the loss has exploded; the step size is too large (see the daemon's log)"])
    }
    table.add(["uptime", Format.duration(seconds: stats.uptimeSeconds)])
    table.add(["step", Format.count(stats.step)])
    table.add(["samples learned", Format.count(stats.samples)])
    table.add(["samples not learned", Format.count(stats.unlearned)])
    table.add(["messages", Format.count(stats.messages)])
    let rejected = stats.rejected.values.reduce(UInt64(0)) { $0.addingReportingOverflow($1).partialValue }
    table.add(["messages rejected", Format.count(rejected)])
    for (reason, count) in stats.rejected.sorted(by: { $0.key < $1.key }) {
      table.add(["  \(reason)", Format.count(count)])
    }
    table.add(["samples per second", Format.rate(stats.samplesPerSecond)])
    for row in ValidationRows.rows(stats.validation) { table.add(row) }
    table.add(["features", Format.count(stats.features)])
    table.add(["active set", Format.count(stats.activeSet)])
    table.add(["sparsity", Format.percent(stats.sparsity)])
    table.add(["L1 norm", Format.number(stats.l1Norm)])
    table.add(["L2 norm", Format.number(stats.l2Norm)])
    table.add(["intercept", Format.number(stats.intercept)])
    table.add(["step size", Format.number(stats.stepSize)])
    table.add(["clamped updates", Format.count(stats.clampedUpdates)])
    if let checkpoint = stats.checkpoint {
      table.add(["checkpoint", checkpoint.file])
      table.add(["checkpoint step", Format.count(checkpoint.step)])
      table.add(["checkpoint age", Format.duration(seconds: checkpoint.ageSeconds)])
    } else {
      table.add(["checkpoint", "none yet"])
    }
    return table.text()
  }
}
