internal import ArgumentParser
internal import ModelCatalog
internal import ModelStore

struct CatalogRebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Make the catalog anew from the checkpoint files.",
    discussion: """
      The daemon must be stopped: while it runs, it does this by itself, at its start and with every checkpoint; deleting \
      catalog.sqlite is enough. Whoever reads the catalog goes on reading the one that was there until this is done.
      """)

  @OptionGroup var state: StateOptions

  @Option(
    help: ArgumentHelp(
      "Of each checkpoint, so many of the heaviest coefficients. (default: as in the catalog that is there, else "
        + "\(CatalogKeeper.defaultLimit))",
      valueName: "k"))
  var coefficients: Int?

  @Flag(help: "Print what was done as one JSON object.")
  var json = false

  func validate() throws {
    if let coefficients, coefficients < 1 {
      throw ValidationError("--coefficients must be at least 1, not \(coefficients)")
    }
  }

  private struct Outcome: Encodable {
    let catalog: String
    let checkpoints: Int
    let unreadable: [String]
  }

  func run() throws {
    // Before the lock, which would make the directory.
    _ = try state.entries()
    let lock: StateLock
    do throws(StoreError) {
      lock = try StateLock(directory: state.directory)
    } catch {
      throw ToolError(error)
    }
    defer { withExtendedLifetime(lock) {} }
    var unreadable: [String] = []
    let count = try CatalogKeeper.rebuild(directory: state.directory, limit: coefficients) { error in
      StandardError.write("whittle: left out: \(error)\n")
      unreadable.append("\(error)")
    }
    let path = CatalogReader.path(in: state.directory)
    if json { return try StandardOutput.writeJSON(Outcome(catalog: path, checkpoints: count, unreadable: unreadable)) }
    try StandardOutput.write("\(path): \(Format.count(count)) checkpoint\(count == 1 ? "" : "s")\n")
  }
}
