internal import FoundationEssentials
public import ModelStore
internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
public import WhittleProtocol

/// Settings with where each of them came from.
public struct LoadedSettings: Sendable {
  public enum Origin: String, Sendable {
    case `default`, file, environment, flag
    /// Set while the daemon ran.
    case set
  }

  public internal(set) var settings: Settings
  /// Which of the learner's settings are not as file, environment and flags say.
  public internal(set) var overrides = SettingOverrides()
  /// The learner's settings as file, environment and flags say.
  var configured: LearnerConfiguration
  var origins: [String: (origin: Origin, place: String)]

  /// Puts settings together: flag over environment variable over file over default. Naming any endpoint of `ingest`
  /// replaces all the default ones.
  ///
  /// - Parameters:
  ///   - file: the file's text and path, if there is one.
  ///   - environment: all variables; those that begin with `WHITTLED_` are read.
  ///   - flags: the texts given for each setting's key.
  /// - Throws: every mistake there is, in one error.
  public init(
    file: (text: String, path: String)?, environment: [String: String], flags: [String: [String]]
  ) throws(InvalidConfiguration) {
    var collector = Collector()
    if let file { collector.read(ConfigurationFile(yaml: file.text, path: file.path)) }
    collector.read(environment: environment)
    collector.read(flags: flags)
    collector.replaceDefaultIngest()
    collector.checkTogether()
    if !collector.mistakes.isEmpty { throw InvalidConfiguration(mistakes: collector.mistakes) }
    settings = collector.settings
    configured = collector.settings.learner
    origins = collector.origins
  }

  /// Where a setting's value came from.
  public func origin(of key: String) -> Origin {
    overrides.byKey[key] == nil ? origins[key]?.origin ?? .default : .set
  }

  /// File and line, flag or variable that gave a setting its value; nil where it has its default.
  public func place(of key: String) -> String? { origins[key]?.place }

  /// All settings for people and programs to read.
  public func report(endpoints: [String: [String]]) -> ConfigurationReport {
    let settings = settings
    return ConfigurationReport(
      configuration: Dictionary(uniqueKeysWithValues: SettingTable.all.map { ($0.key, $0.read(settings)) }),
      origins: Dictionary(uniqueKeysWithValues: SettingTable.all.map { ($0.key, origin(of: $0.key).rawValue) }),
      endpoints: endpoints, version: whittleVersion, workingDirectory: FileManager.default.currentDirectoryPath)
  }
}

/// Settings and mistakes while they are being put together.
private struct Collector {
  var settings = Settings()
  var mistakes: [ConfigurationMistake] = []
  var origins: [String: (origin: LoadedSettings.Origin, place: String)] = [:]

  mutating func read(_ file: ConfigurationFile) {
    for entry in file.entries { assign(entry.setting, entry.texts, .file, at: entry.place, line: entry.line) }
    mistakes += file.mistakes
    // As a person reads the file; what has no line is about all of it.
    mistakes.sort { ($0.line ?? 0) < ($1.line ?? 0) }
  }

  mutating func read(environment: [String: String]) {
    let known = Dictionary(uniqueKeysWithValues: SettingTable.all.map { ($0.environmentVariable, $0) })
    for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("WHITTLED_") {
      if name == "WHITTLED_CONFIG" { continue }
      guard let setting = known[name] else {
        mistakes.append(.unknown(name, among: known.keys.sorted(), at: "environment", line: nil))
        continue
      }
      assign(setting, split(text, setting), .environment, at: name)
    }
  }

  mutating func read(flags: [String: [String]]) {
    for setting in SettingTable.all {
      guard let given = flags[setting.key], !given.isEmpty else { continue }
      let texts = setting.isList ? given.flatMap { split($0, setting) } : given
      assign(setting, texts, .flag, at: "--\(setting.flag)")
    }
  }

  /// A list in one text is separated by commas.
  private func split(_ text: String, _ setting: Setting) -> [String] {
    guard setting.isList else { return [text] }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    // Only a topic may be empty, so any other empty text is an empty list.
    return text.isEmpty && setting.key != "ingest.sub.topics" ? [] : parts
  }

  private mutating func assign(
    _ setting: Setting, _ texts: [String], _ origin: LoadedSettings.Origin, at place: String, line: Int? = nil
  ) {
    if setting.assign(texts, &settings) {
      origins[setting.key] = (origin, place)
    } else {
      mistakes.append(.wrongValue(setting, texts, at: place, line: line))
    }
  }

  private static let ingestEndpoints: [(key: String, path: SettingPath<[String]>)] = [
    ("ingest.sub.bind", \.ingest.subBind), ("ingest.sub.connect", \.ingest.subConnect),
    ("ingest.pull.bind", \.ingest.pullBind), ("ingest.pull.connect", \.ingest.pullConnect),
    ("ingest.router.bind", \.ingest.routerBind), ("ingest.router.connect", \.ingest.routerConnect),
  ]

  mutating func replaceDefaultIngest() {
    guard Self.ingestEndpoints.contains(where: { origins[$0.key] != nil }) else { return }
    for (key, path) in Self.ingestEndpoints where origins[key] == nil { settings[keyPath: path] = [] }
  }

  /// Mistakes that no setting shows by itself.
  mutating func checkTogether() {
    let ingest = settings.ingest
    // A malformed endpoint was reported already, and leaves a list empty that was meant to have one.
    let ingestIsWhole = !mistakes.contains { $0.key?.hasPrefix("ingest.") ?? false }
    if ingestIsWhole, ingest.endpoints.isEmpty {
      report(
        Self.ingestEndpoints.map(\.key),
        "all endpoints for samples are empty; give at least one, or leave these keys out for the defaults")
    }
    if ingest.subTopics.isEmpty, !(ingest.subBind + ingest.subConnect).isEmpty {
      report(
        ["ingest.sub.topics"], "found no topic, so the SUB socket would receive nothing; \"\" takes everything")
    }
    // Each is mended here once it is reported, so that it does not hide the next.
    var learner = settings.learner
    while let contradiction = learner.contradiction {
      report(contradiction.keys, contradiction.problem(of: learner))
      contradiction.mend(&learner)
    }
    if settings.features.space == .hashed, !settings.learner.penalty.factors.isEmpty {
      report(
        ["penalty.factors", "features.space"],
        "found factors with features.space hashed, where a weight belongs to several names; leave them out, or choose "
          + "another space")
    }
    checkAcknowledgement()
    checkHTTP()
    for contradiction in settings.json.contradictions { report(contradiction.keys, contradiction.problem) }
    let bound: [(key: String, endpoints: [String])] = [
      ("ingest.sub.bind", ingest.subBind), ("ingest.pull.bind", ingest.pullBind),
      ("ingest.router.bind", ingest.routerBind), ("publish.bind", settings.publishBind),
      ("query.bind", settings.queryBind), ("http.bind", settings.httpBind),
    ]
    var taken: [String: String] = [:]
    let isPlain = settings.security.serverKey == nil && !settings.security.allowPlain
    for (key, endpoints) in bound {
      // HTTP has doors of its own.
      if isPlain, key != "http.bind", let open = endpoints.first(where: isReachable) {
        report(
          [key],
          "found \(open), which other machines reach, and whoever does would be served without a key; set "
            + "security.server_key (whittle keygen makes one), bind to 127.0.0.1, or say that it is meant with "
            + "security.allow_plain: true")
      }
      for endpoint in endpoints where !endpoint.hasSuffix(":*") && !endpoint.hasSuffix(":0") {
        // One port is one socket's, whatever is spoken there.
        let place =
          endpoint.hasPrefix("tcp://")
          ? String(endpoint.dropFirst(6)) : endpoint.hasPrefix("unix:") ? "ipc://" + endpoint.dropFirst(5) : endpoint
        if let other = taken[place] {
          let (blamed, named) = origins[key] == nil && origins[other] != nil ? (other, key) : (key, other)
          report([blamed], "found \(endpoint), which \(named) binds too; give each socket an endpoint of its own")
        }
        taken[place] = key
      }
    }
  }

  private mutating func checkAcknowledgement() {
    let (acknowledge, sync) = (settings.ingest.routerAcknowledge, settings.journal.sync)
    let keys = ["ingest.router.acknowledge", "journal.sync"]
    if acknowledge != .accepted, sync == .off {
      report(
        keys, "found \(acknowledge.rawValue) with journal.sync off; set the one to accepted, or the other to interval")
    }
    if acknowledge == .durable, sync == .none {
      report(
        keys,
        "found durable with journal.sync none, which never makes sure; set the one to journaled, or the other to interval"
      )
    }
  }

  private mutating func checkHTTP() {
    guard settings.httpAccess.tokenFile == nil, !settings.security.allowPlain else { return }
    for address in settings.httpBind where ListenAddress(address)?.isLocal == false {
      report(
        ["http.bind"],
        "found \(address), which other machines may reach, without http.token_file, so that anyone there could read the "
          + "model; name a file with a token, listen at 127.0.0.1, [::1] or unix:PATH, or say that it is meant with "
          + "security.allow_plain: true")
    }
  }

  /// Reports at the first of the keys that was set by anyone.
  private mutating func report(_ keys: [String], _ problem: String) {
    let key = keys.first { origins[$0] != nil } ?? keys[0]
    mistakes.append(
      ConfigurationMistake(place: origins[key]?.place ?? "default", line: nil, key: key, problem: problem))
  }
}
