internal import WhittleProtocol
internal import WhittleService

/// All that Prometheus is told. Names and units follow its conventions: base units, counters end in `_total`, and times are told
/// as timestamps rather than as ages.
///
/// The figures of the model and its stream are those of the last reading of them, which is at most a second or so old, and
/// older only while the engine works at one thing for longer; `whittle_reading_timestamp_seconds` tells.
///
/// - Parameter refusedRequests: those over HTTP that lacked the token.
func metricsText(_ telemetry: Telemetry, refusedRequests: UInt64 = 0) -> [UInt8] {
  var text = MetricsText()
  text.add(
    .gauge, "whittle_build_info", "A constant 1, labeled by the version of the daemon.", by: "version",
    [(whittleVersion, 1)])
  text.add(
    .gauge, "whittle_ready", "1 while the daemon learns, 0 while it starts or stops.",
    telemetry.phase == .learning ? 1 : 0)
  text.add(.gauge, "whittle_live_listeners", "Browsers and others that listen at /api/live.", telemetry.listenerCount)
  text.add(
    .counter, "whittle_http_refused_requests_total", "HTTP requests that showed no token, or a wrong one.",
    refusedRequests)
  text.add(
    .counter, "whittle_events_total", "Events since the daemon started, by kind.", by: "event",
    telemetry.eventCounts.sorted { $0.key < $1.key }.map { ($0.key, Double($0.value)) })
  if let reading = telemetry.reading {
    text.add(
      .gauge, "whittle_reading_timestamp_seconds",
      "When the figures of the model and its stream were read, in seconds since 1970.", reading.time)
    addStream(reading.stats, reading.measurements, &text)
    addConnections(reading.stats.connections ?? [:], &text)
    addModel(reading.stats, &text)
    addValidation(reading.stats.validation, &text)
    addDisk(reading, &text)
  }
  addProcess(telemetry, &text)
  return text.bytes
}

private func addStream(_ stats: Stats, _ measurements: EngineMeasurements, _ text: inout MetricsText) {
  text.add(
    .counter, "whittle_messages_total", "Messages received since the daemon started, rejected ones too.",
    stats.messages)
  text.add(
    .counter, "whittle_rejected_messages_total", "Messages rejected since the daemon started, by reason.",
    by: "reason", Telemetry.rejectReasons.map { ($0, Double(stats.rejected[$0] ?? 0)) })
  text.add(.counter, "whittle_samples_total", "Samples learned since the daemon started.", stats.samples)
  text.add(
    .counter, "whittle_unlearned_samples_total",
    "Samples received since the daemon started that were not to be learned: no target, or an importance weight of 0.",
    stats.unlearned)
  text.add(
    .gauge, "whittle_sources", "Sources that have numbered their samples.", stats.sequences.sources)
  text.add(
    .counter, "whittle_missing_samples_total",
    "Numbers that sources gave to samples which never came, over the model's life.", stats.sequences.missing)
  text.add(
    .counter, "whittle_duplicate_samples_total",
    "Samples that came again, or too late, and were not learned, over the model's life.", stats.sequences.duplicates)
  text.add(.gauge, "whittle_delayed_samples", "Samples that wait for their targets.", stats.delayed.waiting)
  text.add(
    .counter, "whittle_delayed_matched_total", "Samples learned when their targets came, over the model's life.",
    stats.delayed.matched)
  text.add(
    .counter, "whittle_delayed_forgotten_total",
    "Samples let go before their targets came, over the model's life.", stats.delayed.forgotten)
  text.add(
    .counter, "whittle_delayed_unmatched_total",
    "Targets that came for no sample that waited, since the daemon started.", stats.delayed.unmatched)
  text.add(
    "whittle_message_bytes", "Size of each message received, all its frames together.", measurements.messageBytes)
  text.add(
    "whittle_message_samples", "Samples in each message accepted, learned or not.", measurements.messageSamples)
  text.add(
    "whittle_learn_seconds",
    "Time to read a message, learn its samples, and answer it where its sender wants that: of one message in "
      + "\(EngineMeasurements.learnStride).", measurements.learnSeconds)
  text.add(
    "whittle_queue_delay_seconds",
    "Each time that messages were taken from a socket, up to 256 at once, and learned: how long ago the engine had last "
      + "seen that socket empty. For none of them it took longer, from its arrival on; a stream that is faster than the "
      + "engine shows as ever longer delays.", measurements.queueDelaySeconds)
}

private func addConnections(_ connections: [String: Stats.Connections], _ text: inout MetricsText) {
  let sockets = connections.sorted { $0.key < $1.key }
  text.add(
    .gauge, "whittle_connections", "Who is connected, by socket, also those who have not said yet who they are.",
    by: "socket", sockets.map { ($0.key, Double($0.value.open)) })
  text.add(
    .counter, "whittle_connections_accepted_total",
    "Connections since the daemon started, by socket, refused ones too.",
    by: "socket", sockets.map { ($0.key, Double($0.value.accepted)) })
  text.add(
    .counter, "whittle_refused_total",
    "What was refused since the daemon started, by socket and reason: connections, and messages and operations over "
      + "them.",
    by: ("socket", "reason"),
    sockets.flatMap { socket in
      Telemetry.refusalReasons.map { ((socket.key, $0), Double(socket.value.refused[$0] ?? 0)) }
    })
}

private func addModel(_ stats: Stats, _ text: inout MetricsText) {
  text.add(
    .counter, "whittle_steps_total", "Samples learned over the model's life: its clock. A reset sets it to 0.",
    stats.step)
  text.add(.gauge, "whittle_features", "Features that the model knows.", stats.features)
  text.add(.gauge, "whittle_active_features", "Features whose coefficient is not zero.", stats.activeSet)
  text.add(
    .gauge, "whittle_sparsity_ratio", "The share of features whose coefficient is zero, 0 to 1.", stats.sparsity)
  text.add(.gauge, "whittle_l1_norm", "The sum of the coefficients' absolute values.", stats.l1Norm)
  text.add(.gauge, "whittle_l2_norm", "The root of the sum of the coefficients' squares.", stats.l2Norm)
  text.add(.gauge, "whittle_intercept", "The intercept.", stats.intercept)
  text.add(.gauge, "whittle_step_size", "The step size of the next step.", stats.stepSize)
  text.add(
    .counter, "whittle_clamped_updates_total",
    "Updates held back at the largest finite weight, over the model's life.", stats.clampedUpdates)
  text.add(
    .gauge, "whittle_diverging", "1 while the loss has exploded and not come down again: the steps are too large.",
    stats.diverging ? 1 : 0)
  text.add(
    .counter, "whittle_forgotten_features_total",
    "Features forgotten to make room in a full dictionary, since the daemon started.", stats.room.forgotten)
  text.add(
    .counter, "whittle_refused_features_total",
    "Features left out of their samples since a full dictionary had no room, as often as they came, since the daemon "
      + "started.", stats.room.refused)
}

/// Means are over everything, over the recent past with a memory that fades, and over a window.
private func addValidation(_ validation: Validation, _ text: inout MetricsText) {
  let stretches = [("overall", validation.overall), ("recent", validation.recent), ("window", validation.window)]
  func add(_ name: String, _ help: String, _ value: (Validation.Metrics) -> Double?) {
    text.add(.gauge, name, help, by: "stretch", stretches.map { ($0.0, $0.1.flatMap(value)) })
  }
  add("whittle_loss", "Mean loss of predictions, each made before its sample was learned.") { $0.loss }
  add("whittle_best_constant_loss", "The loss of the best constant prediction, chosen in hindsight.") {
    $0.bestConstantLoss
  }
  add("whittle_root_mean_squared_error", "Root mean squared error of predictions, for regression.") { $0.rmse }
  add("whittle_mean_absolute_error", "Mean absolute error of predictions, for regression.") { $0.mae }
  add("whittle_determination_coefficient", "R squared of predictions, for regression.") { $0.r2 }
  add("whittle_accuracy_ratio", "The share of right classes, for classification.") { $0.accuracy }
  add("whittle_roc_area_ratio", "The area under the ROC curve, for classification.") { $0.auc }
  add("whittle_calibration_error_ratio", "The expected calibration error, for logistic loss.") {
    $0.calibrationError
  }
}

private func addDisk(_ reading: Telemetry.Reading, _ text: inout MetricsText) {
  let (stats, measurements) = (reading.stats, reading.measurements)
  text.add(
    .gauge, "whittle_degraded", "1 while a checkpoint or the journal cannot be written; learning goes on.",
    stats.health == .degraded ? 1 : 0)
  text.add(
    .counter, "whittle_checkpoints_written_total", "Checkpoints written since the daemon started.",
    measurements.checkpointsWritten)
  text.add(
    .counter, "whittle_checkpoints_failed_total", "Checkpoints that could not be written since the daemon started.",
    measurements.checkpointsFailed)
  text.add(
    "whittle_checkpoint_seconds", "Time to write a checkpoint and make it durable.", measurements.checkpointSeconds)
  text.add(
    .gauge, "whittle_checkpoint_timestamp_seconds",
    "When the newest checkpoint was written, in seconds since 1970; missing where there is none.",
    stats.checkpoint.map { reading.time - $0.ageSeconds })
  text.add(
    .gauge, "whittle_checkpoint_steps", "The step of the newest checkpoint; missing where there is none.",
    stats.checkpoint.map { Double($0.step) })
  guard let journal = stats.journal else { return }
  text.add(
    .counter, "whittle_journal_messages_total", "Messages accepted over the model's life.", journal.position)
  text.add(
    .gauge, "whittle_journal_unwritten_messages", "Messages learned that would not survive the process.",
    journal.position - min(journal.position, journal.written))
  text.add(
    .gauge, "whittle_journal_unsynchronized_messages", "Messages learned that would not survive the machine.",
    journal.position - min(journal.position, journal.synchronized))
  text.add(
    .gauge, "whittle_held_answers", "Answers that wait for the journal.", journal.heldAnswers)
}

private func addProcess(_ telemetry: Telemetry, _ text: inout MetricsText) {
  let process = ProcessFigures()
  text.add(
    .gauge, "process_start_time_seconds", "When the process started, in seconds since 1970.", telemetry.startTime)
  text.add(
    .counter, "process_cpu_seconds_total", "User and system processor time.", process.cpuSeconds)
  text.add(.gauge, "process_resident_memory_bytes", "Resident memory size.", process.residentBytes)
  text.add(.gauge, "process_virtual_memory_bytes", "Virtual memory size.", process.virtualBytes)
  text.add(.gauge, "process_open_fds", "Open file descriptors.", process.openDescriptors)
  text.add(.gauge, "process_max_fds", "The most file descriptors that may be open.", process.maximumDescriptors)
}

extension MetricsText {
  fileprivate mutating func add(_ name: String, _ help: String, _ histogram: Histogram) {
    let buckets = 0..<Histogram.bucketCount
    add(
      histogram: name, help, buckets.map { histogram.counts[$0] }, bounds: buckets.map { histogram.bound(of: $0) },
      sum: histogram.sum)
  }
}
