internal import ArgumentParser

struct CatalogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog",
    abstract: "Look after the catalog of a state directory: what its checkpoints hold, in tables for SQL.",
    discussion: """
      The catalog is catalog.sqlite in the state directory. The daemon keeps it in step with the checkpoint files; \
      `whittle query` asks it.
      """,
    subcommands: [CatalogRebuildCommand.self])
}
