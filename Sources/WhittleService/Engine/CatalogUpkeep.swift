internal import Logging
internal import ModelCatalog
internal import ModelStore

/// The catalog as the checkpoint writer sees it: nothing that fails here fails a checkpoint, and the engine hears nothing of
/// it. What went wrong is logged once, and made good after a later checkpoint.
struct CatalogUpkeep: Sendable {
  private var keeper: CatalogKeeper
  private let logger: Logger
  /// Whether what was there at the start has been looked through.
  private var hasBegun = false
  private var isFailing = false

  /// - Returns: nil where there is to be no catalog; one that is there is removed.
  init?(_ settings: Settings, on files: any FileSystem, logger: Logger) {
    guard settings.catalogCoefficients > 0 else {
      do throws(CatalogError) {
        try CatalogKeeper.remove(directory: settings.stateDirectory)
      } catch {
        logger.error("the catalog of an earlier start could not be removed", metadata: ["error": "\(error)"])
      }
      return nil
    }
    keeper = CatalogKeeper(directory: settings.stateDirectory, limit: settings.catalogCoefficients, on: files)
    self.logger = logger
  }

  /// Whether there is something left to do for `work`.
  var hasWork: Bool { !keeper.isComplete }

  /// Brings the catalog into step with the files, as far as that takes no reading of whole files.
  mutating func begin() {
    attempt { keeper throws(CatalogError) in try keeper.begin() }
    hasBegun = !isFailing
  }

  /// Adds a checkpoint that was just written.
  mutating func add(_ checkpoint: Checkpoint, _ file: CheckpointStore.Written) {
    attempt { keeper throws(CatalogError) in try keeper.add(checkpoint, file) }
    if !isFailing, !hasBegun { begin() }
  }

  /// Adds one of the checkpoints that the catalog lacks.
  mutating func work() {
    var unreadable: StoreError?
    attempt { keeper throws(CatalogError) in
      unreadable = try keeper.addNextMissing()
      return nil
    }
    // Nothing is lost: it is missing from the catalog as it is from whatever else is made of the files.
    if let unreadable {
      logger.error("a checkpoint cannot be read; the catalog does without it", metadata: ["error": "\(unreadable)"])
    }
  }

  private mutating func attempt(_ body: (inout CatalogKeeper) throws(CatalogError) -> CatalogError?) {
    do throws(CatalogError) {
      let mended = try body(&keeper)
      if let mended { logger.warning("the catalog was made anew", metadata: ["reason": "\(mended)"]) }
      if isFailing { logger.notice("recovered: the catalog could be written again") }
      isFailing = false
    } catch {
      if !isFailing {
        logger.error(
          "the catalog could not be written; checkpoints are, and it is mended after a later one",
          metadata: ["error": "\(error)"])
      }
      isFailing = true
    }
  }
}
