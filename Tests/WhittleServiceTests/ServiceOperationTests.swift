import DiskDoubles
import FoundationEssentials
import ModelStore
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol

@testable import WhittleService

/// What people change while the daemon learns holds from there on, and comes back after whatever ends the daemon.
@Suite(.timeLimit(.minutes(3))) struct ServiceOperationTests {
  private let place: DaemonPlace
  private static let often = ["journal.interval_seconds": "0.001", "journal.segment_bytes": "4096"]

  init() throws {
    place = try DaemonPlace()
  }

  /// Something that is done to a model.
  private enum Act {
    case feed([String])
    case set(l1: Double, initial: Double?)
    case unset
    case reset
  }

  /// Some acts, decided by the seed.
  private static func acts(seed: UInt64) -> [Act] {
    var generator = SeededGenerator(seed: seed)
    let stream = messages(240, seed: seed)
    return (0..<12).flatMap { number -> [Act] in
      let part = Array(stream[number * 20..<Int.random(in: number * 20...number * 20 + 20, using: &generator)])
      let act: Act =
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: .reset
        case 1: .unset
        case 2: .set(l1: Double.random(in: 0...0.2, using: &generator), initial: nil)
        default: .set(l1: Double.random(in: 0...0.2, using: &generator), initial: generator.pick([0.01, 0.05]))
        }
      return [.feed(part), act]
    }
  }

  /// What the acts make of a model, without any daemon.
  private func model(after acts: [Act]) throws -> Model {
    var model = Model(LearnerConfiguration())
    for act in acts {
      var configuration = model.configuration
      switch act {
      case .feed(let messages): try model.learn(messages)
      case .set(let l1, let initial):
        configuration.penalty.l1 = l1
        if let initial { configuration.learningRate.initial = initial }
        model = configuration == model.configuration ? model : model.reconfigured(configuration)
      case .unset:
        configuration.penalty.l1 = LearnerConfiguration().penalty.l1
        model = configuration == model.configuration ? model : model.reconfigured(configuration)
      case .reset: model = Model(configuration)
      }
    }
    return model
  }

  /// - Parameter alone: whether nothing else happens meanwhile.
  private func perform(_ acts: [Act], with daemon: TestDaemon, alone: Bool = true) async throws {
    for act in acts {
      switch act {
      case .feed(let messages):
        let before = try await daemon.stats().messages
        try await daemon.push(messages)
        try await daemon.stats { $0.messages == before + UInt64(messages.count) }
      case .set(let l1, let initial):
        let rate = initial.map { #", "learning_rate.initial": \#($0)"# } ?? ""
        let changed: SettingsChanged = try await daemon.ask(#"{"op": "set", "values": {"penalty.l1": \#(l1)\#(rate)}}"#)
        #expect(changed.configuration["penalty.l1"] == .number(l1))
      case .unset:
        let _: SettingsChanged = try await daemon.ask(#"{"op": "set", "values": {"penalty.l1": null}}"#)
      case .reset:
        let step = try await daemon.stats().step
        let reset: ModelReset = try await daemon.ask(#"{"op": "reset"}"#)
        #expect(!alone || reset.step == step)
      }
    }
  }

  private func newest(on disk: any FileSystem) throws -> Checkpoint? {
    var store = try CheckpointStore(directory: place.state, on: disk)
    return try store.newest().checkpoint
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func recoveryRepeatsThemInTheirPlaces(seed: UInt64) async throws {
    let disk = MemoryDisk()
    let acts = Self.acts(seed: seed)
    let daemon = try await TestDaemon(in: place, Self.often, on: disk)
    try await perform(acts, with: daemon)
    // The last act was answered, so all before it is durable.
    let survived = disk.crash(seed: seed)
    let expected = ModelBits(try model(after: acts))
    try await daemon.stop()
    #expect(try newest(on: disk).map { ModelBits($0.model) } == expected, "seed \(seed)")
    let after = try await TestDaemon(in: place, Self.often, on: survived)
    let configuration: ConfigurationReport = try await after.ask(#"{"op": "configuration"}"#)
    let l1 = try model(after: acts).configuration.penalty.l1
    #expect(configuration.configuration["penalty.l1"] == .number(l1), "seed \(seed)")
    #expect(configuration.origins["penalty.l1"] == (l1 == LearnerConfiguration().penalty.l1 ? "default" : "set"))
    try await after.stop()
    #expect(try newest(on: survived).map { ModelBits($0.model) } == expected, "seed \(seed)")
  }

  /// In the middle of a stream, wherever they fall.
  @Test func whatIsDoneBetweenSamplesIsRepeatedThere() async throws {
    let disk = MemoryDisk()
    let daemon = try await TestDaemon(in: place, Self.often, on: disk)
    let stream = messages(4000, seed: 8)
    async let pushed: Void = daemon.push(stream)
    for number in 1...8 {
      try await daemon.stats { $0.messages >= UInt64(number * 400) }
      try await perform(
        number % 3 == 0 ? [.reset] : [.set(l1: 0.01 * Double(number), initial: nil)], with: daemon, alone: false)
    }
    try await pushed
    try await daemon.stats { $0.messages == 4000 && $0.journal?.synchronized == $0.journal?.position }
    let survived = disk.crash(seed: 8)
    try await daemon.stop()
    let after = try await TestDaemon(in: place, Self.often, on: survived)
    try await after.stop()
    let models = try [newest(on: disk), newest(on: survived)].map { ModelBits(try #require($0).model) }
    #expect(models[0] == models[1])
  }

  /// To set something is to stop the daemon, and to start it with another configuration.
  @Test func settingIsStartingAnew() async throws {
    let stream = messages(90, seed: 3)
    let parts = [Array(stream[..<30]), Array(stream[30..<60]), Array(stream[60...])]
    let daemon = try await TestDaemon(in: place)
    try await perform(
      [.feed(parts[0]), .set(l1: 0.1, initial: 0.02), .feed(parts[1]), .unset, .feed(parts[2])], with: daemon)
    try await daemon.stop()
    let other = try DaemonPlace()
    let flags = [["penalty.l1": "0.1", "learning_rate.initial": "0.02"], ["learning_rate.initial": "0.02"]]
    for (part, settings) in zip(parts, [[:]] + flags) {
      let daemon = try await TestDaemon(in: other, settings)
      try await perform([.feed(part)], with: daemon)
      try await daemon.stop()
    }
    #expect(try place.newestModel().map(ModelBits.init) == other.newestModel().map(ModelBits.init))
  }

  /// What is in a checkpoint needs no journal.
  @Test func whatWasSetLastsUntilTheConfigurationSaysSomethingElse() async throws {
    let off = ["journal.sync": "off", "penalty.l2": "0.5"]
    func expect(
      _ l1: Double, _ l2: Double, _ origins: [String], _ settings: [String: String],
      _ location: SourceLocation = #_sourceLocation
    ) async throws -> TestDaemon {
      let daemon = try await TestDaemon(in: place, off.merging(settings) { $1 })
      let report: ConfigurationReport = try await daemon.ask(#"{"op": "configuration"}"#)
      #expect(report.configuration["penalty.l1"] == .number(l1), sourceLocation: location)
      #expect(report.configuration["penalty.l2"] == .number(l2), sourceLocation: location)
      #expect(["penalty.l1", "penalty.l2"].map { report.origins[$0] ?? "" } == origins, sourceLocation: location)
      return daemon
    }
    var daemon = try await expect(0.01, 0.5, ["default", "flag"], [:])
    let _: SettingsChanged = try await daemon.ask(#"{"op": "set", "values": {"penalty.l1": 0.2, "penalty.l2": 0.25}}"#)
    try await daemon.stop()
    daemon = try await expect(0.2, 0.25, ["set", "set"], [:])
    try await daemon.stop()
    daemon = try await expect(0.2, 0.75, ["set", "flag"], ["penalty.l2": "0.75"])
    let told = daemon.log.lines.filter { $0.message.contains("does not hold any more") }
    #expect(told.map { $0.fields["key"] } == ["penalty.l2"])
    try await daemon.stop()
    // Nobody remembers it any more.
    daemon = try await expect(0.2, 0.5, ["set", "flag"], [:])
    // What is as configured is set by nobody.
    let _: SettingsChanged = try await daemon.ask(#"{"op": "set", "values": {"penalty.l1": 0.01}}"#)
    try await daemon.stop()
    daemon = try await expect(0.01, 0.5, ["default", "flag"], [:])
    try await daemon.stop()
  }

  @Test(arguments: [
    (#"{"op": "set"}"#, "bad_request", "values"), (#"{"op": "set", "values": {}}"#, "bad_request", "values"),
    (#"{"op": "set", "values": {"penalty.l3": 1}}"#, "unknown_setting", "penalty.l1"),
    (#"{"op": "set", "values": {"model.loss": "huber"}}"#, "unknown_setting", "model.loss"),
    (#"{"op": "set", "values": {"penalty.l1": -1}}"#, "bad_value", "at least 0"),
    (#"{"op": "set", "values": {"penalty.l1": "much"}}"#, "bad_value", "found much"),
    (#"{"op": "set", "values": {"penalty.l1": true}}"#, "bad_value", "found true"),
    (#"{"op": "set", "values": {"penalty.l1": [0.1]}}"#, "bad_value", "0.1"),
    (#"{"op": "set", "values": {"penalty.l1": 0.5, "penalty.l2": 1e300}}"#, "bad_value", "penalty.l2"),
    (#"{"op": "set", "values": {"model.optimizer": "ftrl", "learning_rate.schedule": "optimal"}}"#, "bad_value", "sgd"),
    (#"{"op": "reset", "values": {}}"#, "unknown_field", "none besides"),
  ])
  func whatCannotBeDoneChangesNothing(question: String, code: String, words: String) async throws {
    let daemon = try await TestDaemon(in: place)
    try await daemon.push([#"{"y": 1, "x": {"a": 1}}"#])
    let before = try await daemon.stats { $0.step == 1 }
    let refusal = try #require(try await daemon.refusal([Array(question.utf8)]))
    #expect(refusal.code.rawValue == code && refusal.message.contains(words), "\(refusal)")
    let after = try await daemon.stats()
    #expect(after.step == 1 && after.journal?.position == before.journal?.position)
    let report: ConfigurationReport = try await daemon.ask(#"{"op": "configuration"}"#)
    #expect(!report.origins.values.contains("set"))
    try await daemon.stop()
    #expect(
      try place.newestModel().map(ModelBits.init)
        == ModelBits(try WhittleServiceTests.model([#"{"y": 1, "x": {"a": 1}}"#])))
  }

  /// The journal holds what was done before its effects are promised.
  @Test func anAnswerWaitsForTheDisk() async throws {
    let disk = MemoryDisk()
    let faulty = FaultyDisk(over: disk)
    let daemon = try await TestDaemon(in: place, Self.often, on: faulty)
    faulty.block([.synchronize])
    async let changed: SettingsChanged = daemon.ask(#"{"op": "set", "values": {"penalty.l1": 0.3}}"#)
    try await onThread { faulty.waitForBlocked() }
    // What waits may be the journal's beginning; so the question is waited for, too.
    #expect(try await daemon.stats { $0.journal?.position == 1 }.journal?.synchronized == 0)
    // It holds already.
    let report: ConfigurationReport = try await daemon.ask(#"{"op": "configuration"}"#)
    #expect(report.configuration["penalty.l1"] == .number(0.3))
    faulty.release()
    #expect(try await changed.position == 1)
    #expect(try await daemon.stats().journal?.synchronized == 1)
    try await daemon.stop()
  }

  /// Numbers of sources go on, so that nothing is learned twice.
  @Test func aResetForgetsNoNumbers() async throws {
    let daemon = try await TestDaemon(in: place)
    let sample = #"{"y": 1, "x": {"a": 1}, "source": "s", "seq": 1}"#
    try await daemon.push([sample, #"{"x": {"b": 1}, "id": "waits"}"#])
    try await daemon.stats { $0.step == 1 && $0.delayed.waiting == 1 }
    let _: ModelReset = try await daemon.ask(#"{"op": "reset"}"#)
    try await daemon.push([sample])
    let stats = try await daemon.stats { $0.sequences.duplicates == 1 }
    #expect(stats.step == 0 && stats.features == 0 && stats.delayed.waiting == 0 && stats.loss.overall == nil)
    try await daemon.stop()
  }

  @Test func subscribersHearOfThem() async throws {
    let daemon = try await TestDaemon(in: place, ["publish.every_seconds": "0.02"])
    let events = try await daemon.published(afterFirst: true) {
      let _: SettingsChanged = try await daemon.ask(#"{"op": "set", "values": {"penalty.l1": 0.3}}"#)
      let _: ModelReset = try await daemon.ask(#"{"op": "reset"}"#)
    } until: {
      $0.filter { $0[0] == Array("event".utf8) }.count >= 2
    }
    let told = try events.filter { $0[0] == Array("event".utf8) }.map {
      try JSONDecoder().decode(Event.self, from: Data($0[1]))
    }
    #expect(told.map(\.kind) == [.settingsChanged, .modelReset])
    #expect(told[0].settings == ["penalty.l1": .number(0.3)] && told[1].settings == nil)
    try await daemon.stop()
  }
}
