internal import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning

/// All settings: the one place that names them. Files, flags, environment variables, the `configuration` query and
/// the help texts follow from it.
public enum SettingTable {
  /// In the order in which people read them.
  public static let all: [Setting] = model + stream + outputs + security + operation

  private static let model: [Setting] = [
    .choice("model.loss", \.learner.loss, "What a wrong prediction costs."),
    .learner(.quantile, "τ: the quantile that loss quantile predicts."),
    .learner(.delta, "δ of loss huber: larger errors pull with constant force."),
    .learner(.epsilon, "ε of loss epsilon_insensitive: errors up to it are free."),
    .boolean("model.intercept", \.learner.intercept, "Whether the model has an intercept (never penalized)."),
    .learner(
      .optimizer,
      "sgd: all weights step alike; adagrad: each by its gradients; normalized: also by its feature's size; ftrl: "
        + "FTRL-Proximal."),
    .number(
      "validation.half_life", \.learner.memory.halfLife,
      "Samples after which a sample has half its say in the recent progressive metrics.", above: true),
    .integer(
      "validation.window", \.learner.memory.window,
      "The last so many samples make the windowed progressive metrics.", 8...1_000_000_000_000),
    .learner(
      .schedule,
      "How the step size falls: constant η0; inverse_scaling η0/(t+1)^power; optimal 1/(λ(t+t0)); auto as suits "
        + "the optimizer."),
    .learner(
      .update,
      "gradient: one step; invariant: infinitely many small ones, so that none overshoots; auto as suits the "
        + "optimizer."),
    .learner(.initial, "η0, the first step size, and α of ftrl; auto as suits the optimizer."),
    .learner(.power, "The exponent of inverse_scaling."),
    .learner(.t0, "t0 of optimal; auto is Bottou's heuristic."),
    .learner(.beta, "β of ftrl: a weight's rate is α/(β + √Σg²)."),
    .learner(
      .averageFrom,
      "Averaged SGD: from this step on, coefficients and predictions are the mean of the weights; none: never."),
    .learner(.l1, "λ1, truncated gradient: makes weights exactly zero."),
    .learner(.l2, "λ2, weight decay: the penalty is (λ2/2)‖w‖²."),
    .learner(.threshold, "θ: larger weights are spared λ1; none spares no weight."),
    .learner(.period, "K: λ1 acts at every K-th step, by what it missed."),
    .learner(
      .penalize,
      "raw: weights as they are; scaled: times their features' root mean square, as if features were scaled."),
    .penaltyFactors(
      "penalty.factors", \.learner.penalty.factors,
      "λ1 and λ2 of some features times a factor, as age=0 or sensor_*=0.5; 0: never penalized."
    ).atOnce,
  ]

  private static let stream: [Setting] = [
    .endpoints("ingest.sub.bind", \.ingest.subBind, "Where publishers of samples connect to.", binds: true),
    .endpoints("ingest.sub.connect", \.ingest.subConnect, "Publishers of samples to connect to.", binds: false),
    .list(
      "ingest.sub.topics", \.ingest.subTopics, "Topic prefixes to subscribe to; the empty one takes everything.",
      expects: "topic prefixes", check: { _ in true }),
    .endpoints("ingest.pull.bind", \.ingest.pullBind, "Where pushers of samples connect to.", binds: true),
    .endpoints("ingest.pull.connect", \.ingest.pullConnect, "Pushers of samples to connect to.", binds: false),
    .endpoints(
      "ingest.router.bind", \.ingest.routerBind, "Where senders of samples that want answers connect to.", binds: true),
    .endpoints(
      "ingest.router.connect", \.ingest.routerConnect, "Senders of samples that want answers to connect to.",
      binds: false),
    .boolean(
      "ingest.router.predict", \.ingest.routerPredicts,
      "Whether answers carry the predictions made for a message's samples before they were learned."
    ).atOnce,
    .choice(
      "ingest.router.acknowledge", \.ingest.routerAcknowledge,
      "When ROUTER answers: accepted: once learned; journaled: once in the journal; durable: once that is synced."),
    .integer(
      "ingest.router.send_high_water_mark", \.ingest.routerSendHighWaterMark,
      "Answers that ROUTER holds for a client that does not read them; beyond, they are dropped.", 1...100_000_000),
    .choice("ingest.format", \.ingest.format, "The messages' format; auto tells them apart.").atOnce,
    .integer(
      "ingest.receive_high_water_mark", \.ingest.receiveHighWaterMark,
      "Messages a socket holds for the engine from each peer; beyond, publishers drop, and all other senders wait.",
      1...100_000_000),
    .choice(
      "json.layout", \.json.layout,
      "Whether a JSON record has its features in a field of their own, or flat among its other fields."
    ).atOnce,
    .fieldName("json.target", \.json.target, "JSON: the field of the target.").atOnce,
    .optionalFieldName(
      "json.features", \.json.features,
      "JSON: the field of the features of nested records; auto: x.", orNone: false
    ).atOnce,
    .optionalFieldName(
      "json.weight", \.json.weight,
      "JSON: the field of the importance weight; auto: weight in nested records, none in flat ones."
    ).atOnce,
    .optionalFieldName(
      "json.id", \.json.id, "JSON: the field of the sample's id; auto: id in nested records, none in flat ones."
    ).atOnce,
    .optionalFieldName(
      "json.source", \.json.source,
      "JSON: the field that names the sample's source; auto: source in nested records, none in flat ones."
    ).atOnce,
    .optionalFieldName(
      "json.seq", \.json.seq,
      "JSON: the field of the sample's number in its source's sequence; auto: seq in nested records, none in flat "
        + "ones."
    ).atOnce,
    .list(
      "json.ignore", \.json.ignored, "JSON: fields that are passed over.", expects: "names of fields",
      check: { !$0.isEmpty }
    ).atOnce,
    .choice(
      "features.space", \.features.space,
      "dictionary: each name has a weight of its own; hashed: names share 2^bits weights; indexed: names are indices."),
    .integer("features.bits", \.features.bits, "Hashed features: how many bits a hash has.", 1...30),
    .integer("features.width", \.features.width, "Indexed features: how many there are.", 1...(1 << 30)),
    .integer(
      "features.names", \.features.names, "Hashed features: how many of the heaviest keep their names.", 0...10_000_000),
    .interactions(
      "features.interactions", \.features.interactions,
      "Pairs of namespaces, as user*item, whose features are multiplied with each other."),
    .integer("limits.message_bytes", \.limits.messageBytes, "Bytes of a message.", 1...(1 << 30)),
    .integer("limits.samples_per_message", \.limits.samplesPerMessage, "Samples in a message.", 1...100_000_000).atOnce,
    .integer("limits.features_per_sample", \.limits.featuresPerSample, "Features in a sample.", 1...100_000_000).atOnce,
    .integer("limits.name_bytes", \.limits.nameBytes, "Bytes of a feature's name.", 1...65_536).atOnce,
    .integer("limits.nesting_depth", \.limits.nestingDepth, "How deep JSON may nest.", 3...1024).atOnce,
    .integer("limits.features", \.limits.features, "Features that the model may know.", 1...(1 << 30)).atOnce,
    .integer("limits.sources", \.limits.sources, "Sources that may number their samples.", 1...1_000_000).atOnce,
    .integer(
      "delayed.samples", \.delayed.samples,
      "Samples with an id that may wait for their targets; beyond, the oldest are forgotten. 0: none waits.",
      0...10_000_000
    ).atOnce,
    .number("delayed.age_seconds", \.delayed.age, "How long a sample waits for its target.", above: true).atOnce,
  ]

  private static let outputs: [Setting] = [
    .endpoints("publish.bind", \.publishBind, "Where subscribers to coefficients and stats connect.", binds: true),
    .integer(
      "publish.every_samples", \.publishEvery.samples, "Publish after so many samples; 0: not by samples.",
      0...1_000_000_000_000
    ).atOnce,
    .number("publish.every_seconds", \.publishEvery.seconds, "Publish after so many seconds; 0: not by time.").atOnce,
    .choice(
      "publish.coefficients", \.publishing.form,
      "full: all that are not zero; top: the heaviest; delta: what changed, and all for whoever comes late."
    ).atOnce,
    .integer("publish.top", \.publishing.top, "Form top: how many of the heaviest.", 1...10_000_000).atOnce,
    .integer(
      "publish.full_every", \.publishing.fullEvery, "Form delta: after so many deltas all are published.",
      1...1_000_000_000
    ).atOnce,
    .choice(
      "publish.arrays", \.publishing.arrays,
      "Whether names and values are buffers behind the JSON; auto: from 10000 coefficients on."
    ).atOnce,
    .integer(
      "publish.send_high_water_mark", \.publishing.sendHighWaterMark,
      "Messages held for a subscriber that does not take them; it misses what comes then.", 1...1_000_000),
    .integer(
      "publish.rejects_per_second", \.rejectsPerSecond,
      "Events about rejected messages a second, at most; 0: none.", 0...1000
    ).atOnce,
    .integer(
      "events.entered_after", \.events.enteredAfter,
      "A feature has entered the active set when its coefficient was not zero at so many looks in a row; 0: never told.",
      0...1000
    ).atOnce,
    .integer(
      "events.left_after", \.events.leftAfter,
      "A feature has left the active set when its coefficient was zero at so many looks in a row; 0: never told.",
      0...1000
    ).atOnce,
    .choice("events.drift", \.events.drift, "What tells that the loss has risen for good.").atOnce,
    .number(
      "events.drift_delta", \.events.driftDelta,
      "δ of ADWIN: about the probability that a check finds a rise where there is none.", above: true, atMost: 0.5
    ).atOnce,
    .number(
      "events.drift_threshold", \.events.driftThreshold,
      "k of Page and Hinkley: a rise where there is none is found with probability e^(-k) or less.", above: true
    ).atOnce,
    .endpoints("query.bind", \.queryBind, "Where clients that ask connect.", binds: true),
    .addresses(
      "http.bind", \.httpBind, "Where browsers find the dashboard, and Prometheus the metrics; none: no HTTP."),
    .optionalFile(
      "http.token_file", \.httpAccess.tokenFile,
      "A file with the token that all who ask over TCP have to show; none: whoever reaches an address may ask."),
    .fileMode("http.socket_mode", \.httpAccess.socketMode, "The mode of HTTP's Unix sockets: who may connect."),
    .optionalGroup(
      "http.socket_group", \.httpAccess.socketGroup, "The group of HTTP's Unix sockets; none: the daemon's own."),
  ]

  private static let security: [Setting] = [
    .optionalFile(
      "security.server_key", \.security.serverKey,
      "The file of the daemon's secret key, made by whittle keygen: all ZeroMQ endpoints speak CURVE; none: plain."),
    .keyList("security.ingest_keys", \.security.ingestKeys, "Public keys of those who may send samples.").atOnce,
    .keyList("security.query_keys", \.security.queryKeys, "Public keys of those who may ask what changes nothing.")
      .atOnce,
    .keyList("security.publish_keys", \.security.publishKeys, "Public keys of those who may subscribe.").atOnce,
    .keyList(
      "security.admin_keys", \.security.adminKeys,
      "Public keys of those who may ask anything, also what changes the model or the daemon."
    ).atOnce,
    .optionalFile(
      "security.connect_keys", \.security.connectKeys,
      "Public keys of those to whom the daemon connects and who ask it for its key: lines of a key and an endpoint."),
    .boolean(
      "security.allow_plain", \.security.allowPlain,
      "Whether endpoints that other machines reach may be bound without keys."),
    .fileMode("security.ipc_mode", \.security.ipcMode, "The mode of ipc:// endpoints: who may write may connect."),
    .optionalGroup(
      "security.ipc_group", \.security.ipcGroup, "The group of ipc:// endpoints; none: that of the process."),
    .number(
      "limits.handshake_seconds", \.security.handshakeSeconds,
      "How long a peer that connects may take to say who it is.", above: true, atMost: 3600),
    .integer(
      "limits.connections", \.security.connections,
      "Connections that each socket may have; fewer where the process may not open so many files.", 1...1_000_000),
  ]

  private static let operation: [Setting] = [
    .directory(
      "state.directory", \.stateDirectory, "Where checkpoints and the journal live; created where it is missing."),
    .integer(
      "checkpoint.every_samples", \.checkpointEvery.samples,
      "Write a checkpoint after so many samples; 0: not by samples.", 0...1_000_000_000_000
    ).atOnce,
    .number(
      "checkpoint.every_seconds", \.checkpointEvery.seconds,
      "Write a checkpoint after so many seconds; 0: not by time."
    ).atOnce,
    .integer(
      "checkpoint.keep", \.checkpointRetention.newest, "Checkpoints to keep: so many of the newest.", 1...1_000_000
    ).atOnce,
    .integer(
      "checkpoint.keep_hourly", \.checkpointRetention.hourly,
      "For so many hours before this one, the newest of each is kept too; 0: none.", 0...1_000_000
    ).atOnce,
    .integer(
      "checkpoint.keep_daily", \.checkpointRetention.daily,
      "For so many days before this one, the newest of each is kept too; 0: none.", 0...1_000_000
    ).atOnce,
    .integer(
      "catalog.coefficients", \.catalogCoefficients,
      "Of each checkpoint, so many of the heaviest coefficients are in catalog.sqlite; 0: no catalog.", 0...(1 << 30)),
    .choice(
      "journal.sync", \.journal.sync,
      "Messages are kept until a checkpoint covers them. always: synced batch by batch; interval; none; off: no journal."
    ),
    .number(
      "journal.interval_seconds", \.journal.intervalSeconds, "Seconds between two syncs with journal.sync interval.",
      above: true),
    .integer("journal.segment_bytes", \.journal.segmentBytes, "Bytes of a journal file.", 4096...(1 << 40)),
    .integer(
      "journal.keep_bytes", \.journal.keepBytes,
      "Bytes of journal files to keep although a checkpoint covers them, for whittle replay.", 0...(1 << 50)),
    .integer(
      "journal.buffer_bytes", \.journal.bufferBytes,
      "Bytes that may wait for a slow disk; beyond, no more messages are taken until it has caught up.",
      65_536...(1 << 40)),
    .boolean(
      "journal.past_damage", \.journal.pastDamage,
      "Whether a start goes on past damage in the middle of the journal, without the messages that it holds."),
    .number(
      "shutdown.drain_seconds", \.drainSeconds,
      "How long, at most, to go on learning what was received after a signal to stop."
    ).atOnce,
    .choice("log.level", \.logLevel, "The least severe level that is logged.").atOnce,
    .choice(
      "log.format", \.logFormat,
      "Log lines as text or as JSON; auto: entries with fields where standard error is systemd's journal, else text."),
  ]

  /// All keys, and the names of the sections that they are nested in.
  static let keysAndSections: [String] = {
    var names: [String] = []
    for setting in all {
      let parts = setting.key.split(separator: ".")
      for depth in 1...parts.count {
        let name = parts.prefix(depth).joined(separator: ".")
        if !names.contains(name) { names.append(name) }
      }
    }
    return names
  }()

  /// Settings by their keys.
  static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })
}
