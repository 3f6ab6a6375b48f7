internal import ArgumentParser
internal import WhittleService

/// A flag for every setting. ArgumentParser wants each declared; names and help come from the settings' table, and a
/// test checks that none is missing.
protocol SettingFlags: ParsableArguments {
  /// The texts given, by the settings' keys.
  var texts: [String: [String]] { get }
}

private func name(_ key: String) -> NameSpecification { .customLong(setting(key).flag) }

private func help(_ key: String) -> ArgumentHelp {
  let setting = setting(key)
  return ArgumentHelp(
    "\(setting.summary) Takes \(setting.expectation). Default: \(setting.defaultText).",
    valueName: setting.isList ? "list" : "value")
}

private func setting(_ key: String) -> Setting {
  guard let setting = SettingTable.all.first(where: { $0.key == key }) else {
    // The keys below are literals, and a test parses every flag: none of them can be missing in the field.
    preconditionFailure("no setting has the key \(key)")
  }
  return setting
}

private func given(_ values: [String: String?]) -> [String: [String]] {
  values.compactMapValues { $0.map { [$0] } }
}

struct ModelFlags: SettingFlags {
  @Option(name: name("model.loss"), help: help("model.loss")) var loss: String?
  @Option(name: name("loss.quantile"), help: help("loss.quantile")) var quantile: String?
  @Option(name: name("loss.delta"), help: help("loss.delta")) var delta: String?
  @Option(name: name("loss.epsilon"), help: help("loss.epsilon")) var epsilon: String?
  @Option(name: name("model.intercept"), help: help("model.intercept")) var intercept: String?
  @Option(name: name("model.optimizer"), help: help("model.optimizer")) var optimizer: String?
  @Option(name: name("validation.half_life"), help: help("validation.half_life")) var halfLife: String?
  @Option(name: name("validation.window"), help: help("validation.window")) var window: String?
  @Option(name: name("learning_rate.schedule"), help: help("learning_rate.schedule")) var schedule: String?
  @Option(name: name("learning_rate.update"), help: help("learning_rate.update")) var update: String?
  @Option(name: name("learning_rate.initial"), help: help("learning_rate.initial")) var initial: String?
  @Option(name: name("learning_rate.power"), help: help("learning_rate.power")) var power: String?
  @Option(name: name("learning_rate.t0"), help: help("learning_rate.t0")) var t0: String?
  @Option(name: name("learning_rate.beta"), help: help("learning_rate.beta")) var beta: String?
  @Option(name: name("learning_rate.average_from"), help: help("learning_rate.average_from")) var averageFrom: String?
  @Option(name: name("penalty.l1"), help: help("penalty.l1")) var l1: String?
  @Option(name: name("penalty.l2"), help: help("penalty.l2")) var l2: String?
  @Option(name: name("penalty.threshold"), help: help("penalty.threshold")) var threshold: String?
  @Option(name: name("penalty.period"), help: help("penalty.period")) var period: String?
  @Option(name: name("penalty.penalize"), help: help("penalty.penalize")) var penalize: String?
  @Option(name: name("penalty.factors"), help: help("penalty.factors")) var factors: [String] = []

  var texts: [String: [String]] {
    given([
      "model.loss": loss, "loss.quantile": quantile, "loss.delta": delta, "loss.epsilon": epsilon,
      "model.intercept": intercept, "model.optimizer": optimizer, "validation.half_life": halfLife,
      "validation.window": window, "learning_rate.schedule": schedule, "learning_rate.update": update,
      "learning_rate.initial": initial, "learning_rate.power": power, "learning_rate.t0": t0,
      "learning_rate.beta": beta, "learning_rate.average_from": averageFrom, "penalty.l1": l1, "penalty.l2": l2,
      "penalty.threshold": threshold, "penalty.period": period, "penalty.penalize": penalize,
    ]).merging(["penalty.factors": factors]) { $1 }
  }
}

struct StreamFlags: SettingFlags {
  @Option(name: name("ingest.sub.bind"), help: help("ingest.sub.bind")) var subBind: [String] = []
  @Option(name: name("ingest.sub.connect"), help: help("ingest.sub.connect")) var subConnect: [String] = []
  @Option(name: name("ingest.sub.topics"), help: help("ingest.sub.topics")) var subTopics: [String] = []
  @Option(name: name("ingest.pull.bind"), help: help("ingest.pull.bind")) var pullBind: [String] = []
  @Option(name: name("ingest.pull.connect"), help: help("ingest.pull.connect")) var pullConnect: [String] = []
  @Option(name: name("ingest.router.bind"), help: help("ingest.router.bind")) var routerBind: [String] = []
  @Option(name: name("ingest.router.connect"), help: help("ingest.router.connect")) var routerConnect: [String] = []
  @Option(name: name("ingest.router.predict"), help: help("ingest.router.predict")) var routerPredict: String?
  @Option(name: name("ingest.router.acknowledge"), help: help("ingest.router.acknowledge"))
  var routerAcknowledge: String?
  @Option(name: name("ingest.router.send_high_water_mark"), help: help("ingest.router.send_high_water_mark"))
  var routerSendHighWaterMark: String?
  @Option(name: name("ingest.format"), help: help("ingest.format")) var format: String?
  @Option(name: name("ingest.receive_high_water_mark"), help: help("ingest.receive_high_water_mark"))
  var highWaterMark: String?
  @Option(name: name("json.layout"), help: help("json.layout")) var layout: String?
  @Option(name: name("json.target"), help: help("json.target")) var target: String?
  @Option(name: name("json.features"), help: help("json.features")) var featuresField: String?
  @Option(name: name("json.weight"), help: help("json.weight")) var weight: String?
  @Option(name: name("json.id"), help: help("json.id")) var id: String?
  @Option(name: name("json.source"), help: help("json.source")) var source: String?
  @Option(name: name("json.seq"), help: help("json.seq")) var seq: String?
  @Option(name: name("json.ignore"), help: help("json.ignore")) var ignore: [String] = []
  @Option(name: name("features.space"), help: help("features.space")) var space: String?
  @Option(name: name("features.bits"), help: help("features.bits")) var bits: String?
  @Option(name: name("features.width"), help: help("features.width")) var width: String?
  @Option(name: name("features.names"), help: help("features.names")) var names: String?
  @Option(name: name("features.interactions"), help: help("features.interactions")) var interactions: [String] = []
  @Option(name: name("limits.message_bytes"), help: help("limits.message_bytes")) var messageBytes: String?
  @Option(name: name("limits.samples_per_message"), help: help("limits.samples_per_message"))
  var samplesPerMessage: String?
  @Option(name: name("limits.features_per_sample"), help: help("limits.features_per_sample"))
  var featuresPerSample: String?
  @Option(name: name("limits.name_bytes"), help: help("limits.name_bytes")) var nameBytes: String?
  @Option(name: name("limits.nesting_depth"), help: help("limits.nesting_depth")) var nestingDepth: String?
  @Option(name: name("limits.features"), help: help("limits.features")) var features: String?
  @Option(name: name("limits.sources"), help: help("limits.sources")) var sources: String?
  @Option(name: name("delayed.samples"), help: help("delayed.samples")) var delayedSamples: String?
  @Option(name: name("delayed.age_seconds"), help: help("delayed.age_seconds")) var delayedAge: String?

  var texts: [String: [String]] {
    given([
      "ingest.router.predict": routerPredict, "ingest.router.acknowledge": routerAcknowledge,
      "ingest.router.send_high_water_mark": routerSendHighWaterMark,
      "ingest.format": format, "ingest.receive_high_water_mark": highWaterMark, "json.layout": layout,
      "json.target": target, "json.features": featuresField, "json.weight": weight, "json.id": id,
      "json.source": source, "json.seq": seq,
      "features.space": space, "features.bits": bits, "features.width": width, "features.names": names,
      "limits.message_bytes": messageBytes, "limits.samples_per_message": samplesPerMessage,
      "limits.features_per_sample": featuresPerSample, "limits.name_bytes": nameBytes,
      "limits.nesting_depth": nestingDepth, "limits.features": features, "limits.sources": sources,
      "delayed.samples": delayedSamples, "delayed.age_seconds": delayedAge,
    ]).merging([
      "ingest.sub.bind": subBind, "ingest.sub.connect": subConnect, "ingest.sub.topics": subTopics,
      "ingest.pull.bind": pullBind, "ingest.pull.connect": pullConnect,
      "ingest.router.bind": routerBind, "ingest.router.connect": routerConnect, "json.ignore": ignore,
      "features.interactions": interactions,
    ]) { $1 }
  }
}

struct OutputFlags: SettingFlags {
  @Option(name: name("publish.bind"), help: help("publish.bind")) var publishBind: [String] = []
  @Option(name: name("publish.every_samples"), help: help("publish.every_samples")) var everySamples: String?
  @Option(name: name("publish.every_seconds"), help: help("publish.every_seconds")) var everySeconds: String?
  @Option(name: name("publish.coefficients"), help: help("publish.coefficients")) var publishedForm: String?
  @Option(name: name("publish.top"), help: help("publish.top")) var publishedTop: String?
  @Option(name: name("publish.full_every"), help: help("publish.full_every")) var fullEvery: String?
  @Option(name: name("publish.arrays"), help: help("publish.arrays")) var publishedArrays: String?
  @Option(name: name("publish.send_high_water_mark"), help: help("publish.send_high_water_mark"))
  var sendHighWaterMark: String?
  @Option(name: name("publish.rejects_per_second"), help: help("publish.rejects_per_second"))
  var rejectsPerSecond: String?
  @Option(name: name("events.entered_after"), help: help("events.entered_after")) var enteredAfter: String?
  @Option(name: name("events.left_after"), help: help("events.left_after")) var leftAfter: String?
  @Option(name: name("events.drift"), help: help("events.drift")) var drift: String?
  @Option(name: name("events.drift_delta"), help: help("events.drift_delta")) var driftDelta: String?
  @Option(name: name("events.drift_threshold"), help: help("events.drift_threshold")) var driftThreshold: String?
  @Option(name: name("query.bind"), help: help("query.bind")) var queryBind: [String] = []
  @Option(name: name("http.bind"), help: help("http.bind")) var httpBind: [String] = []
  @Option(name: name("http.token_file"), help: help("http.token_file")) var httpTokenFile: String?
  @Option(name: name("http.socket_mode"), help: help("http.socket_mode")) var httpSocketMode: String?
  @Option(name: name("http.socket_group"), help: help("http.socket_group")) var httpSocketGroup: String?

  var texts: [String: [String]] {
    given([
      "publish.every_samples": everySamples, "publish.every_seconds": everySeconds,
      "publish.coefficients": publishedForm, "publish.top": publishedTop, "publish.full_every": fullEvery,
      "publish.arrays": publishedArrays, "publish.send_high_water_mark": sendHighWaterMark,
      "publish.rejects_per_second": rejectsPerSecond, "events.entered_after": enteredAfter,
      "events.left_after": leftAfter, "events.drift": drift, "events.drift_delta": driftDelta,
      "events.drift_threshold": driftThreshold, "http.token_file": httpTokenFile,
      "http.socket_mode": httpSocketMode, "http.socket_group": httpSocketGroup,
    ]).merging(["publish.bind": publishBind, "query.bind": queryBind, "http.bind": httpBind]) { $1 }
  }
}

struct SecurityFlags: SettingFlags {
  @Option(name: name("security.server_key"), help: help("security.server_key")) var serverKey: String?
  @Option(name: name("security.ingest_keys"), help: help("security.ingest_keys")) var ingestKeys: String?
  @Option(name: name("security.query_keys"), help: help("security.query_keys")) var queryKeys: String?
  @Option(name: name("security.publish_keys"), help: help("security.publish_keys")) var publishKeys: String?
  @Option(name: name("security.admin_keys"), help: help("security.admin_keys")) var adminKeys: String?
  @Option(name: name("security.connect_keys"), help: help("security.connect_keys")) var connectKeys: String?
  @Option(name: name("security.allow_plain"), help: help("security.allow_plain")) var allowPlain: String?
  @Option(name: name("security.ipc_mode"), help: help("security.ipc_mode")) var ipcMode: String?
  @Option(name: name("security.ipc_group"), help: help("security.ipc_group")) var ipcGroup: String?
  @Option(name: name("limits.handshake_seconds"), help: help("limits.handshake_seconds")) var handshake: String?
  @Option(name: name("limits.connections"), help: help("limits.connections")) var connections: String?

  var texts: [String: [String]] {
    given([
      "security.server_key": serverKey, "security.ingest_keys": ingestKeys, "security.query_keys": queryKeys,
      "security.publish_keys": publishKeys, "security.admin_keys": adminKeys, "security.connect_keys": connectKeys,
      "security.allow_plain": allowPlain, "security.ipc_mode": ipcMode, "security.ipc_group": ipcGroup,
      "limits.handshake_seconds": handshake, "limits.connections": connections,
    ])
  }
}

struct OperationFlags: SettingFlags {
  @Option(name: name("state.directory"), help: help("state.directory")) var stateDirectory: String?
  @Option(name: name("checkpoint.every_samples"), help: help("checkpoint.every_samples"))
  var checkpointSamples: String?
  @Option(name: name("checkpoint.every_seconds"), help: help("checkpoint.every_seconds"))
  var checkpointSeconds: String?
  @Option(name: name("checkpoint.keep"), help: help("checkpoint.keep")) var keep: String?
  @Option(name: name("checkpoint.keep_hourly"), help: help("checkpoint.keep_hourly")) var keepHourly: String?
  @Option(name: name("checkpoint.keep_daily"), help: help("checkpoint.keep_daily")) var keepDaily: String?
  @Option(name: name("catalog.coefficients"), help: help("catalog.coefficients")) var catalog: String?
  @Option(name: name("journal.sync"), help: help("journal.sync")) var journalSync: String?
  @Option(name: name("journal.interval_seconds"), help: help("journal.interval_seconds")) var journalInterval: String?
  @Option(name: name("journal.segment_bytes"), help: help("journal.segment_bytes")) var journalSegment: String?
  @Option(name: name("journal.keep_bytes"), help: help("journal.keep_bytes")) var journalKeep: String?
  @Option(name: name("journal.buffer_bytes"), help: help("journal.buffer_bytes")) var journalBuffer: String?
  @Option(name: name("journal.past_damage"), help: help("journal.past_damage")) var journalPastDamage: String?
  @Option(name: name("shutdown.drain_seconds"), help: help("shutdown.drain_seconds")) var drain: String?
  @Option(name: name("log.level"), help: help("log.level")) var logLevel: String?
  @Option(name: name("log.format"), help: help("log.format")) var logFormat: String?

  var texts: [String: [String]] {
    given([
      "state.directory": stateDirectory, "checkpoint.every_samples": checkpointSamples,
      "checkpoint.every_seconds": checkpointSeconds, "checkpoint.keep": keep, "checkpoint.keep_hourly": keepHourly,
      "checkpoint.keep_daily": keepDaily, "catalog.coefficients": catalog, "shutdown.drain_seconds": drain,
      "journal.sync": journalSync, "journal.interval_seconds": journalInterval, "journal.segment_bytes": journalSegment,
      "journal.keep_bytes": journalKeep, "journal.buffer_bytes": journalBuffer,
      "journal.past_damage": journalPastDamage, "log.level": logLevel, "log.format": logFormat,
    ])
  }
}
