internal import Logging
internal import ModelStore
internal import OnlineLearning
internal import OperatingThreads
internal import WhittleProtocol
internal import ZeroMQ

/// The thread that makes checkpoints durable and keeps the catalog of them, so that the engine never waits for a disk.
final class CheckpointWriter: Sendable {
  private enum Job: Sendable {
    case write(ModelSnapshot, SourceSequences, DelayedSamples, SettingOverrides, position: UInt64)
    case keep(Retention)
    case stop
  }

  private let jobs: Mailbox<Job>
  private let engine: Mailbox<EngineLetter>
  private let logger: Logger
  private let retention: Retention
  /// Comes when the thread has ended: then it writes nothing more.
  let ended = Completion<Void>()

  init(keeping retention: Retention, engine: Mailbox<EngineLetter>, logger: Logger) throws(ZeroMQError) {
    jobs = try Mailbox()
    self.retention = retention
    self.engine = engine
    self.logger = logger
  }

  /// Writes a checkpoint; a `checkpointed` letter follows, once the catalog has it too or cannot have it now.
  ///
  /// - Parameter position: of the messages that it covers, the last.
  func write(
    _ model: ModelSnapshot, _ sequences: SourceSequences, _ delayed: DelayedSamples, _ overrides: SettingOverrides,
    position: UInt64
  ) {
    jobs.put(.write(model, sequences, delayed, overrides, position: position))
  }

  /// Keeps other checkpoints from here on.
  func keep(_ retention: Retention) { jobs.put(.keep(retention)) }

  /// Ends the thread once all that was asked for is written.
  func stop() { jobs.put(.stop) }

  func start(_ store: CheckpointStore, catalog: CatalogUpkeep?) throws(DaemonError) {
    try OperatingThread.start(named: "whittle-writer", fulfilling: ended) { [self] in
      var (store, catalog, retention) = (store, catalog, retention)
      catalog?.begin()
      let poller = Poller([], wake: jobs.wake)
      while true {
        let hasWork = catalog?.hasWork ?? false
        do throws(ZeroMQError) {
          // What the catalog lacks from before is added while there is nothing else to do.
          if try !poller.wait(milliseconds: hasWork ? 0 : -1), hasWork { catalog?.work() }
        } catch {
          // Without its wake-up the thread could only spin; the engine hears of it through the failed checkpoint.
          logger.critical("the checkpoint writer cannot wait for work", metadata: ["error": "\(error)"])
        }
        for job in jobs.takeAll() {
          switch job {
          case .stop: return
          case .keep(let new): retention = new
          case .write(let model, let sequences, let delayed, let overrides, let position):
            let checkpoint = Checkpoint(
              model, sequences: sequences, delayed: delayed, overrides: overrides, position: position,
              time: unixSeconds())
            engine.put(.checkpointed(write(checkpoint, &store, keeping: retention, &catalog)))
          }
        }
      }
    }
  }

  private func write(
    _ checkpoint: Checkpoint, _ store: inout CheckpointStore, keeping retention: Retention,
    _ catalog: inout CatalogUpkeep?
  ) -> Result<CheckpointWritten, StoreError> {
    let start = monotonicSeconds()
    do throws(StoreError) {
      let file = try store.write(checkpoint)
      let written = CheckpointWritten(
        step: file.entry.step, file: file.entry.path, bytes: file.bytes, seconds: monotonicSeconds() - start)
      removeOld(&store, keeping: retention)
      catalog?.add(checkpoint, file)
      return .success(written)
    } catch {
      return .failure(error)
    }
  }

  /// What cannot be removed costs space, not the checkpoint: it is logged, and tried again after the next one.
  private func removeOld(_ store: inout CheckpointStore, keeping retention: Retention) {
    do throws(StoreError) {
      for damaged in try store.retain(retention) {
        logger.error("a checkpoint is damaged; it is left where it is", metadata: ["error": "\(damaged)"])
      }
    } catch {
      logger.error("old checkpoints could not be removed", metadata: ["error": "\(error)"])
    }
  }
}
