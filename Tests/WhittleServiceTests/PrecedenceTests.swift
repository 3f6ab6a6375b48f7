import TestSupport
import Testing

@testable import WhittleService

/// A flag wins over its variable, that over the file, that over the default.
struct PrecedenceTests {
  struct Kind: Sendable, CustomTestStringConvertible {
    let key: String
    let file: String
    let variable: String
    let flag: String
    var testDescription: String { key }
  }

  private static let kinds = [
    Kind(key: "penalty.l1", file: "0.5", variable: "0.25", flag: "0.125"),
    Kind(key: "penalty.threshold", file: "1", variable: "2", flag: "none"),
    Kind(key: "checkpoint.keep", file: "5", variable: "6", flag: "7"),
    Kind(key: "model.intercept", file: "false", variable: "true", flag: "false"),
    Kind(key: "log.level", file: "debug", variable: "error", flag: "notice"),
    Kind(key: "state.directory", file: "/a", variable: "/b", flag: "/c"),
    Kind(key: "query.bind", file: "ipc:///a", variable: "ipc:///b,ipc:///c", flag: "ipc:///d"),
    Kind(key: "ingest.pull.bind", file: "ipc:///a", variable: "ipc:///b,ipc:///c", flag: "ipc:///d"),
    Kind(key: "ingest.sub.topics", file: "a", variable: "b,,c", flag: "d"),
  ]

  @Test(arguments: kinds)
  func theStrongestSourceWins(kind: Kind) throws {
    let setting = try #require(SettingTable.byKey[kind.key])
    for (hasFile, hasVariable, hasFlag) in [
      (false, false, false), (true, false, false), (false, true, false), (true, true, false), (false, false, true),
      (true, false, true), (false, true, true), (true, true, true),
    ] {
      let loaded = try LoadedSettings(
        file: hasFile ? (SettingValue(kind.file).file(kind.key), "f.yaml") : nil,
        environment: hasVariable ? [setting.environmentVariable: kind.variable] : [:],
        flags: hasFlag ? [kind.key: [kind.flag]] : [:])
      let shown = Setting.text(setting.read(loaded.settings))
      let (expected, origin, place): (String, LoadedSettings.Origin, String?) =
        if hasFlag {
          (kind.flag, .flag, "--\(setting.flag)")
        } else if hasVariable {
          (kind.variable.replacing(",,", with: ",\"\","), .environment, setting.environmentVariable)
        } else if hasFile {
          (kind.file, .file, "f.yaml:\(kind.key.split(separator: ".").count + 1)")
        } else {
          (setting.defaultText, .default, nil)
        }
      #expect(shown == expected)
      #expect(loaded.origin(of: kind.key) == origin)
      #expect(loaded.place(of: kind.key) == place)
    }
  }

  @Test(arguments: ["ingest.sub.bind", "ingest.sub.connect", "ingest.pull.bind", "ingest.pull.connect"])
  func anyIngestEndpointReplacesAllDefaultOnes(key: String) throws {
    let endpoint = "ipc:///tmp/in.sock"
    let sources: [LoadedSettings] = [
      try LoadedSettings(file: (SettingValue(endpoint).file(key), "f"), environment: [:], flags: [:]),
      try LoadedSettings(
        file: nil, environment: [try #require(SettingTable.byKey[key]).environmentVariable: endpoint], flags: [:]),
      try LoadedSettings(file: nil, environment: [:], flags: [key: [endpoint]]),
    ]
    for loaded in sources {
      let ingest = loaded.settings.ingest
      let all = [
        "ingest.sub.bind": ingest.subBind, "ingest.sub.connect": ingest.subConnect,
        "ingest.pull.bind": ingest.pullBind, "ingest.pull.connect": ingest.pullConnect,
      ]
      for (other, endpoints) in all { #expect(endpoints == (other == key ? [endpoint] : []), "\(other)") }
    }
  }

  @Test func endpointsOfSeveralSourcesAddUpByKey() throws {
    let loaded = try LoadedSettings(
      file: ("ingest:\n  sub:\n    bind: ipc:///a\n", "f"),
      environment: ["WHITTLED_INGEST_PULL_BIND": "ipc:///b"], flags: ["ingest.pull.connect": ["ipc:///c"]])
    #expect(loaded.settings.ingest.subBind == ["ipc:///a"])
    #expect(loaded.settings.ingest.pullBind == ["ipc:///b"])
    #expect(loaded.settings.ingest.pullConnect == ["ipc:///c"])
    #expect(loaded.settings.ingest.subConnect == [])
  }

  @Test func otherIngestSettingsLeaveTheDefaultEndpoints() throws {
    let loaded = try LoadedSettings(
      file: ("ingest:\n  format: json\n  sub:\n    topics: [a]\n", "f"), environment: [:], flags: [:])
    #expect(loaded.settings.ingest.subBind == Settings().ingest.subBind)
    #expect(loaded.settings.ingest.pullBind == Settings().ingest.pullBind)
  }

  @Test func anEmptyListTurnsAnOutputOff() throws {
    let loaded = try LoadedSettings(
      file: ("publish:\n  bind: []\n", "f"), environment: ["WHITTLED_QUERY_BIND": ""], flags: [:])
    #expect(loaded.settings.publishBind.isEmpty)
    #expect(loaded.settings.queryBind.isEmpty)
  }

  @Test func anEmptyTopicTakesEverything() throws {
    let loaded = try LoadedSettings(file: nil, environment: ["WHITTLED_INGEST_SUB_TOPICS": ""], flags: [:])
    #expect(loaded.settings.ingest.subTopics == [""])
    let flag = try LoadedSettings(file: nil, environment: [:], flags: ["ingest.sub.topics": [""]])
    #expect(flag.settings.ingest.subTopics == [""])
  }

  @Test func theVariableThatNamesTheFileIsNoSetting() throws {
    let loaded = try LoadedSettings(file: nil, environment: ["WHITTLED_CONFIG": "/etc/whittled.yaml"], flags: [:])
    #expect(loaded.settings == Settings())
  }

  /// Ports that the system picks never clash.
  @Test(arguments: ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0"])
  func anyPortMayStandSeveralTimes(endpoint: String) throws {
    let loaded = try LoadedSettings(
      file: nil, environment: [:],
      flags: ["ingest.pull.bind": [endpoint], "query.bind": [endpoint], "publish.bind": [endpoint, endpoint]])
    #expect(loaded.settings.publishBind == [endpoint, endpoint])
  }
}
