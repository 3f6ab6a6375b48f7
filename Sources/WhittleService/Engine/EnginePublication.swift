internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol

/// What goes out by itself: publications, and figures for whoever looks on.
extension Engine {
  /// What other threads are told besides the model.
  func reading(now: Double) -> EngineReading {
    EngineReading(
      sequences: stream.state.sequences,
      delayed: Stats.Delayed(
        waiting: stream.state.delayed.count, matched: stream.state.delayed.counts.matched,
        forgotten: stream.state.delayed.counts.forgotten,
        unmatched: counters.unmatched), counters: counters,
      samplesPerSecond: rate.rate(now: now, count: counters.samples),
      uptimeSeconds: now - startTime, health: problem == nil ? .ok : .degraded,
      problem: problem, diverging: divergence.isDiverging, checkpoint: checkpoints.newest(now: now),
      journal: journalStats, measurements: measurements, connections: doors.report)
  }

  /// Why the daemon is degraded, if it is.
  var problem: String? { journal.problem ?? checkpoints.problem }

  /// Publishes, or leaves it for when the publisher is free: it never queues more than one.
  func publish(now: Double) {
    guard publisherBusySince == nil else { return }
    publisherBusySince = now
    publication.restart(step: model.steps, now: now)
    observation.restart(step: model.steps, now: now)
    takeSnapshot(for: .publication, now: now)
  }

  /// Lets those who look on see the model, as `publish` does besides.
  func observe(now: Double) {
    guard publisherBusySince == nil else { return }
    publisherBusySince = now
    observation.restart(step: model.steps, now: now)
    takeSnapshot(for: .observation, now: now)
  }

  /// The publisher is free again.
  func publisherEndedJob(now: Double) {
    guard let began = publisherBusySince else { return }
    publisherBusySince = nil
    publication.rest(from: began, to: now)
    observation.rest(from: began, to: now)
  }

  /// Who looks on sees figures that are this old at most, in seconds; nobody where nobody does.
  static func observationCadence(isWatched: Bool) -> Settings.Cadence {
    Settings.Cadence(samples: 0, seconds: isWatched ? 1 : 0)
  }
}
