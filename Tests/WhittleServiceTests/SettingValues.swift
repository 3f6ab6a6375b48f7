import TestSupport

@testable import WhittleService

/// A valid value for every setting, other than its default, as YAML and as the text of a flag or variable.
struct SettingValue: Sendable {
  let yaml: String
  let text: String
  /// How `Setting.text` writes it.
  let shown: String

  init(_ text: String, shown: String? = nil) {
    yaml = text
    self.text = text
    self.shown = shown ?? text
  }

  init(list: [String]) {
    yaml = "[" + list.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    text = list.joined(separator: ",")
    shown = text
  }

  static let byKey: [String: SettingValue] = [
    "model.loss": SettingValue("epsilon_insensitive"),
    "loss.quantile": SettingValue("9e-1", shown: "0.9"),
    "loss.delta": SettingValue("0.25"),
    "loss.epsilon": SettingValue("0"),
    "model.intercept": SettingValue("false"),
    "model.optimizer": SettingValue("normalized"),
    "validation.half_life": SettingValue("12.5"),
    "validation.window": SettingValue("8"),
    "learning_rate.schedule": SettingValue("optimal"),
    "learning_rate.update": SettingValue("invariant"),
    "learning_rate.initial": SettingValue("+2.5e-1", shown: "0.25"),
    "learning_rate.power": SettingValue("0"),
    "learning_rate.t0": SettingValue("100.0", shown: "100"),
    "learning_rate.beta": SettingValue("0.5"),
    "learning_rate.average_from": SettingValue("1000000000000"),
    "penalty.l1": SettingValue("0.125"),
    "penalty.l2": SettingValue("1e-2", shown: "0.01"),
    "penalty.threshold": SettingValue("0.5"),
    "penalty.period": SettingValue("10"),
    "penalty.penalize": SettingValue("scaled"),
    "penalty.factors": SettingValue(list: ["age=0", "sensor_*=0.5", "color=red=1000000", "*=2", "größe a b=0.125"]),
    "ingest.sub.bind": SettingValue(list: ["tcp://127.0.0.1:*", "ipc:///tmp/sub.sock"]),
    "ingest.sub.connect": SettingValue(list: ["tcp://sensors.example:5600", "tcp://[::1]:5600"]),
    "ingest.sub.topics": SettingValue(list: ["a", "b/c"]),
    "ingest.pull.bind": SettingValue(list: ["tcp://[::1]:0", "tcp://lo:65535"]),
    "ingest.pull.connect": SettingValue(list: ["ipc://@abstract"]),
    "ingest.router.bind": SettingValue(list: ["tcp://127.0.0.1:*", "tcp://[::1]:5704"]),
    "ingest.router.connect": SettingValue(list: ["tcp://sensors.example:5600"]),
    "ingest.router.predict": SettingValue("true"),
    "ingest.router.acknowledge": SettingValue("durable"),
    "ingest.router.send_high_water_mark": SettingValue("100000000"),
    "ingest.format": SettingValue("vw"),
    "ingest.receive_high_water_mark": SettingValue("1"),
    "json.layout": SettingValue("flat"),
    "json.target": SettingValue("größe in m"),
    "json.features": SettingValue("columns"),
    "json.weight": SettingValue("none"),
    "json.id": SettingValue("row"),
    "json.source": SettingValue("sensor"),
    "json.seq": SettingValue("number"),
    "json.ignore": SettingValue(list: ["comment", "received at"]),
    "features.space": SettingValue("hashed"),
    "features.bits": SettingValue("30"),
    "features.width": SettingValue("1"),
    "features.names": SettingValue("0"),
    "features.interactions": SettingValue(list: ["user*item", "größe*größe"]),
    "limits.message_bytes": SettingValue("1024"),
    "limits.samples_per_message": SettingValue("7"),
    "limits.features_per_sample": SettingValue("8"),
    "limits.name_bytes": SettingValue("65536"),
    "limits.nesting_depth": SettingValue("3"),
    "limits.features": SettingValue("1073741824"),
    "limits.sources": SettingValue("1"),
    "delayed.samples": SettingValue("0"),
    "delayed.age_seconds": SettingValue("0.5"),
    "publish.bind": SettingValue(list: ["ipc:///tmp/publish.sock"]),
    "publish.every_samples": SettingValue("500"),
    "publish.every_seconds": SettingValue("0.5"),
    "publish.coefficients": SettingValue("delta"),
    "publish.top": SettingValue("7"),
    "publish.full_every": SettingValue("3"),
    "publish.arrays": SettingValue("auto"),
    "publish.send_high_water_mark": SettingValue("5"),
    "publish.rejects_per_second": SettingValue("1000"),
    "events.entered_after": SettingValue("0"),
    "events.left_after": SettingValue("40"),
    "events.drift": SettingValue("page_hinkley"),
    "events.drift_delta": SettingValue("0.01"),
    "events.drift_threshold": SettingValue("12.5"),
    "query.bind": SettingValue(list: ["ipc:///tmp/query.sock", "tcp://127.0.0.1:9"]),
    "http.bind": SettingValue(list: ["[::1]:5705", "127.1.2.3:0", "localhost:80", "unix:/run/whittled/http.sock"]),
    "http.token_file": SettingValue("/run/credentials/http.token"),
    "http.socket_mode": SettingValue("0600"),
    "http.socket_group": SettingValue("www-data"),
    "security.server_key": SettingValue("/etc/whittled/server.key"),
    "security.ingest_keys": SettingValue("/etc/whittled/größe and more"),
    "security.query_keys": SettingValue("any"),
    "security.publish_keys": SettingValue("keys/publish"),
    "security.admin_keys": SettingValue("keys/admin.pub"),
    "security.connect_keys": SettingValue("sensors.pub"),
    "security.allow_plain": SettingValue("true"),
    "security.ipc_mode": SettingValue("0600"),
    "security.ipc_group": SettingValue("sensors"),
    "limits.handshake_seconds": SettingValue("0.5"),
    "limits.connections": SettingValue("1000000"),
    "state.directory": SettingValue("/var/lib/größe and more"),
    "checkpoint.every_samples": SettingValue("1000000000000"),
    "checkpoint.every_seconds": SettingValue("0"),
    "checkpoint.keep": SettingValue("1"),
    "checkpoint.keep_hourly": SettingValue("0"),
    "checkpoint.keep_daily": SettingValue("1000000"),
    "catalog.coefficients": SettingValue("0"),
    "journal.sync": SettingValue("always"),
    "journal.interval_seconds": SettingValue("0.25"),
    "journal.segment_bytes": SettingValue("4096"),
    "journal.keep_bytes": SettingValue("1048576"),
    "journal.buffer_bytes": SettingValue("65536"),
    "journal.past_damage": SettingValue("true"),
    "shutdown.drain_seconds": SettingValue("0"),
    "log.level": SettingValue("debug"),
    "log.format": SettingValue("json"),
  ]

  /// A file that gives the key this value.
  func file(_ key: String) -> String {
    var yaml = ""
    for (depth, part) in key.split(separator: ".").enumerated() {
      yaml += "\n" + String(repeating: "  ", count: depth) + "\(part):"
    }
    return yaml + " \(self.yaml)\n"
  }
}
