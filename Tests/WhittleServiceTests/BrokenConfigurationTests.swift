import Testing

@testable import WhittleService

/// Every mistake is reported, where it is, with what was found and what would be right.
struct BrokenConfigurationTests {
  @Test(arguments: BrokenConfiguration.all)
  func everyMistakeOfAFileIsReported(_ broken: BrokenConfiguration) {
    let error = #expect(throws: InvalidConfiguration.self) {
      try LoadedSettings(file: (broken.yaml, "etc/whittled.yaml"), environment: [:], flags: [:])
    }
    let mistakes = error?.mistakes.map(\.description) ?? []
    #expect(mistakes.count == broken.says.count, "\(mistakes)")
    for (mistake, says) in zip(mistakes, broken.says) {
      #expect(mistake.contains(says), "\(mistake)")
      #expect(mistake.hasPrefix(says.hasPrefix(":") ? "etc/whittled.yaml:" : "etc/whittled.yaml"), "\(mistake)")
      #expect(!mistake.contains("\n"), "one line each: \(mistake)")
      #expect(!mistake.contains("repeated-key-"), "\(mistake)")
    }
    let count = mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes"
    #expect(error?.description.hasPrefix("the configuration has \(count):\n  etc/whittled.yaml") == true)
  }

  @Test func theTableIsLargeAndItsEntriesDiffer() {
    #expect(BrokenConfiguration.all.count >= 45)
    #expect(Set(BrokenConfiguration.all.map(\.name)).count == BrokenConfiguration.all.count)
    #expect(Set(BrokenConfiguration.all.map(\.yaml)).count == BrokenConfiguration.all.count)
  }

  struct Given: Sendable, CustomTestStringConvertible {
    var flags: [String: [String]] = [:]
    var environment: [String: String] = [:]
    let says: [String]
    var testDescription: String { says.joined(separator: "; ") }
  }

  @Test(arguments: [
    Given(
      flags: ["penalty.l1": ["a lot"]],
      says: [#"--penalty-l1: penalty.l1: found "a lot"; expected a number of at least 0"#]),
    Given(
      flags: ["penalty.l1": ["1", "2"]],
      says: [#"--penalty-l1: penalty.l1: found "1", "2"; expected a number of at least 0"#]),
    Given(flags: ["model.intercept": [""]], says: [#"--model-intercept: model.intercept: found """#]),
    Given(
      flags: ["query.bind": ["tcp://127.0.0.1:1,tcp://127.0.0.1:65536"]],
      says: [#"--query-bind: query.bind: found "tcp://127.0.0.1:1", "tcp://127.0.0.1:65536"; expected endpoints"#]),
    Given(
      flags: ["ingest.pull.bind": [""]],
      says: ["--ingest-pull-bind: ingest.pull.bind: all endpoints for samples are empty"]),
    Given(
      flags: ["query.bind": ["tcp://127.0.0.1:5702"]],
      says: ["--query-bind: query.bind: found tcp://127.0.0.1:5702, which publish.bind binds too"]),
    Given(
      flags: ["learning_rate.schedule": ["optimal"], "penalty.l1": ["0"], "penalty.l2": ["0"]],
      says: ["--learning-rate-schedule: learning_rate.schedule: found optimal"]),
    Given(
      environment: ["WHITTLED_PENALTY_PERIOD": "0"],
      says: [#"WHITTLED_PENALTY_PERIOD: penalty.period: found "0"; expected a whole number from 1 to 1000000000"#]),
    Given(environment: ["WHITTLED_PENALTY_L1": ""], says: [#"WHITTLED_PENALTY_L1: penalty.l1: found """#]),
    Given(
      environment: ["WHITTLED_PENALTY_L3": "1"],
      says: ["environment: WHITTLED_PENALTY_L3: there is no such setting; did you mean WHITTLED_PENALTY_L1?"]),
    Given(environment: ["WHITTLED_": "1"], says: ["environment: WHITTLED_: there is no such setting"]),
    Given(
      environment: ["WHITTLED_INGEST_SUB_CONNECT": "tcp://127.0.0.1:*"],
      says: [#"WHITTLED_INGEST_SUB_CONNECT: ingest.sub.connect: found "tcp://127.0.0.1:*"; expected endpoints"#]),
    Given(
      flags: ["log.level": ["loud"], "checkpoint.keep": ["-1"]],
      environment: ["WHITTLED_LOG_FORMAT": "xml", "WHITTLED_LIMITS_FEATURES": "many", "WHITTLED_X": ""],
      says: [
        #"WHITTLED_LIMITS_FEATURES: limits.features: found "many""#,
        #"WHITTLED_LOG_FORMAT: log.format: found "xml""#, "environment: WHITTLED_X: there is no such setting",
        #"--checkpoint-keep: checkpoint.keep: found "-1""#, #"--log-level: log.level: found "loud""#,
      ]),
  ])
  func everyMistakeOfFlagsAndVariablesIsReported(_ given: Given) {
    let error = #expect(throws: InvalidConfiguration.self) {
      try LoadedSettings(file: nil, environment: given.environment, flags: given.flags)
    }
    let mistakes = error?.mistakes.map(\.description) ?? []
    #expect(mistakes.count == given.says.count, "\(mistakes)")
    for (mistake, says) in zip(mistakes, given.says) { #expect(mistake.hasPrefix(says), "\(mistake)") }
  }

  /// A wrong value is reported wherever it stands, even where something stronger overrides it.
  @Test func mistakesOfAllSourcesAreReportedAtOnce() {
    let error = #expect(throws: InvalidConfiguration.self) {
      try LoadedSettings(
        file: ("penalty:\n  l1: x\n", "f.yaml"), environment: ["WHITTLED_PENALTY_L1": "y"],
        flags: ["penalty.l1": ["z"]])
    }
    #expect(error?.mistakes.map(\.place) == ["f.yaml:2", "WHITTLED_PENALTY_L1", "--penalty-l1"])
    #expect(error?.mistakes.map(\.key) == ["penalty.l1", "penalty.l1", "penalty.l1"])
  }
}
