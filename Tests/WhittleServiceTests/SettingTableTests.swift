import FoundationEssentials
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// Every setting, by every way of setting it.
struct SettingTableTests {
  private static let keys = SettingTable.all.map(\.key)

  @Test func everySettingHasAValueHereAndNamesOfItsOwn() {
    #expect(
      Set(SettingValue.byKey.keys) == Set(Self.keys), "a setting is new or gone: give it a value in SettingValues")
    #expect(Set(Self.keys).count == Self.keys.count)
    #expect(Set(SettingTable.all.map(\.flag)).count == Self.keys.count)
    #expect(Set(SettingTable.all.map(\.environmentVariable)).count == Self.keys.count)
    #expect(SettingTable.all.allSatisfy { $0.summary.hasSuffix(".") && !$0.expectation.isEmpty })
  }

  @Test(arguments: keys)
  func isSetByFile(key: String) throws {
    let value = try #require(SettingValue.byKey[key])
    let loaded = try LoadedSettings(file: (value.file(key), "f.yaml"), environment: [:], flags: [:])
    try expect(loaded, has: value, for: key, .file)
    #expect(loaded.place(of: key) == "f.yaml:\(key.split(separator: ".").count + 1)")
  }

  @Test(arguments: keys)
  func isSetByVariable(key: String) throws {
    let value = try #require(SettingValue.byKey[key])
    let name = "WHITTLED_" + key.uppercased().replacing(".", with: "_")
    let loaded = try LoadedSettings(file: nil, environment: [name: value.text, "PATH": "/bin"], flags: [:])
    try expect(loaded, has: value, for: key, .environment)
    #expect(loaded.place(of: key) == name)
  }

  @Test(arguments: keys)
  func isSetByFlag(key: String) throws {
    let value = try #require(SettingValue.byKey[key])
    let loaded = try LoadedSettings(file: nil, environment: [:], flags: [key: [value.text]])
    try expect(loaded, has: value, for: key, .flag)
    #expect(loaded.place(of: key) == "--" + key.replacing(".", with: "-").replacing("_", with: "-"))
    // A list is also given by repeating the flag.
    let setting = try #require(SettingTable.byKey[key])
    if setting.isList {
      let parts = value.text.split(separator: ",").map(String.init)
      let repeated = try LoadedSettings(file: nil, environment: [:], flags: [key: parts])
      #expect(repeated.settings == loaded.settings)
    }
  }

  private func expect(
    _ loaded: LoadedSettings, has value: SettingValue, for key: String, _ origin: LoadedSettings.Origin
  ) throws {
    let setting = try #require(SettingTable.byKey[key])
    #expect(Setting.text(setting.read(loaded.settings)) == value.shown)
    #expect(setting.defaultText != value.shown, "the value must differ from the default to show anything")
    #expect(loaded.origin(of: key) == origin)
    let others = SettingTable.all.filter { $0.key != key && !$0.key.hasPrefix("ingest.") }
    for other in others {
      #expect(other.read(loaded.settings) == other.read(Settings()), "\(other.key) changed too")
      #expect(loaded.origin(of: other.key) == .default)
      #expect(loaded.place(of: other.key) == nil)
    }
    let report = loaded.report(endpoints: ["query.bind": ["x"]])
    #expect(report.configuration[key] == setting.read(loaded.settings))
    #expect(report.origins[key] == origin.rawValue)
    #expect(Set(report.configuration.keys) == Set(Self.keys))
    #expect(Set(report.origins.keys) == Set(Self.keys))
    #expect(report.endpoints == ["query.bind": ["x"]])
  }

  @Test func defaultsAsPeopleReadThem() {
    let defaults: [String: String] = [
      "model.loss": "squared", "loss.quantile": "0.5", "loss.delta": "1", "loss.epsilon": "0.1",
      "model.intercept": "true", "model.optimizer": "sgd", "validation.half_life": "1000", "validation.window": "10000",
      "learning_rate.schedule": "auto", "learning_rate.update": "auto", "learning_rate.initial": "auto",
      "learning_rate.power": "0.25", "learning_rate.t0": "auto", "learning_rate.beta": "1",
      "learning_rate.average_from": "none", "penalty.l1": "0.01", "penalty.l2": "0.001", "penalty.threshold": "none",
      "penalty.period": "1", "penalty.penalize": "raw", "penalty.factors": "none",
      "ingest.sub.bind": "tcp://127.0.0.1:5700", "ingest.sub.connect": "none",
      "ingest.sub.topics": "\"\"", "ingest.pull.bind": "tcp://127.0.0.1:5701", "ingest.pull.connect": "none",
      "ingest.router.bind": "tcp://127.0.0.1:5704", "ingest.router.connect": "none", "ingest.router.predict": "false",
      "ingest.router.acknowledge": "accepted", "ingest.router.send_high_water_mark": "10000",
      "ingest.format": "auto", "ingest.receive_high_water_mark": "10000", "json.layout": "nested", "json.target": "y",
      "json.features": "auto", "json.weight": "auto", "json.id": "auto", "json.source": "auto", "json.seq": "auto",
      "json.ignore": "none", "features.space": "dictionary", "features.bits": "18",
      "features.width": "1024", "features.names": "1000", "features.interactions": "none",
      "limits.message_bytes": "16777216",
      "limits.samples_per_message": "100000", "limits.features_per_sample": "1000000", "limits.name_bytes": "1024",
      "limits.nesting_depth": "32", "limits.features": "16777216", "limits.sources": "10000",
      "delayed.samples": "10000", "delayed.age_seconds": "86400",
      "publish.bind": "tcp://127.0.0.1:5702",
      "publish.every_samples": "0", "publish.every_seconds": "1", "publish.rejects_per_second": "1",
      "publish.coefficients": "full", "publish.top": "100", "publish.full_every": "100", "publish.arrays": "never",
      "publish.send_high_water_mark": "20",
      "events.entered_after": "3", "events.left_after": "16", "events.drift": "both", "events.drift_delta": "0.002",
      "events.drift_threshold": "25",
      "query.bind": "tcp://127.0.0.1:5703", "http.bind": "127.0.0.1:5705",
      "http.token_file": "none", "http.socket_mode": "0660", "http.socket_group": "none",
      "security.server_key": "none", "security.ingest_keys": "none", "security.query_keys": "none",
      "security.publish_keys": "none", "security.admin_keys": "none", "security.connect_keys": "none",
      "security.allow_plain": "false", "security.ipc_mode": "0660", "security.ipc_group": "none",
      "limits.handshake_seconds": "10", "limits.connections": "4096",
      "state.directory": "whittled-state", "checkpoint.every_samples": "1000000", "checkpoint.every_seconds": "30",
      "checkpoint.keep": "3", "checkpoint.keep_hourly": "24", "checkpoint.keep_daily": "30",
      "catalog.coefficients": "10000", "journal.sync": "interval", "journal.interval_seconds": "0.1",
      "journal.segment_bytes": "67108864", "journal.keep_bytes": "0", "journal.buffer_bytes": "67108864",
      "journal.past_damage": "false", "shutdown.drain_seconds": "5", "log.level": "info", "log.format": "auto",
    ]
    #expect(Dictionary(uniqueKeysWithValues: SettingTable.all.map { ($0.key, $0.defaultText) }) == defaults)
  }

  @Test(arguments: [
    "", "\n\n", "# only words\n  # and more\n", "---\n", "penalty:\n  # l1: 1\ningest:\n  sub:\n", "{}\n",
  ])
  func filesThatSayNothingAreTheDefaults(yaml: String) throws {
    let loaded = try LoadedSettings(file: (yaml, "f.yaml"), environment: [:], flags: [:])
    #expect(loaded.settings == Settings())
    for setting in SettingTable.all {
      #expect(loaded.origin(of: setting.key) == .default)
      #expect(loaded.place(of: setting.key) == nil)
    }
  }

  /// The annotated file is the manual: it must name every setting, with the value that it has by default.
  @Test func annotatedFileIsTheDefaults() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "deploy/whittled.yaml"), encoding: .utf8)
    let loaded = try LoadedSettings(file: (text, "whittled.yaml"), environment: [:], flags: [:])
    #expect(loaded.settings == Settings())
    for setting in SettingTable.all { #expect(loaded.origin(of: setting.key) == .file, "\(setting.key)") }
  }
}
