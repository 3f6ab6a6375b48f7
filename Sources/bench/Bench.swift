internal import ArgumentParser

/// Measures whittle beside its peers.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure whittle beside its peers. Run it built for release, on a quiet machine.",
    subcommands: [
      LearnerCommand.self, FormatsCommand.self, StoreCommand.self, QueryCommand.self, PublishCommand.self,
      PathCommand.self, GrowthCommand.self, AllCommand.self, WireCommand.self,
    ])
}
