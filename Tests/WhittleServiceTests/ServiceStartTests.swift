import FoundationEssentials
import Glibc
import Logging
import ModelStore
import OnlineLearning
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleService

/// What a start finds, and what it refuses.
@Suite(.timeLimit(.minutes(2))) struct ServiceStartTests {
  private let place: DaemonPlace

  init() throws {
    place = try DaemonPlace()
  }

  /// Learns some messages and leaves a checkpoint.
  @discardableResult
  private func learn(_ stream: [String], _ settings: [String: String] = [:]) async throws -> Model {
    let daemon = try await TestDaemon(in: place, settings)
    try await daemon.push(stream)
    try await daemon.stats { $0.messages == UInt64(stream.count) }
    try await daemon.stop()
    return try #require(try place.newestModel())
  }

  /// What a start that must fail ends with.
  private func failure(
    in other: DaemonPlace? = nil, _ settings: [String: String] = [:]
  ) async throws -> DaemonError? {
    do {
      let daemon = try await TestDaemon(in: other ?? place, settings)
      try await daemon.stop()
      return nil
    } catch let error as DaemonError {
      return error
    }
  }

  @Test(arguments: [
    ("model.loss", ["model.loss": "logistic"], "squared", "logistic (--model-loss)"),
    ("model.intercept", ["model.intercept": "false"], "true", "false (--model-intercept)"),
  ])
  func anotherModelIsAContradiction(
    key: String, settings: [String: String], before: String, now: String
  ) async throws {
    try await learn(messages(5, seed: 1))
    let names = try place.checkpointNames
    let error = try await failure(settings)
    guard case .contradiction(let text)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      text.hasPrefix(
        "the model in \(place.state) was learned with \(key) = \(before), and the configuration says \(now):"
      ))
    #expect(text.contains("set \(key) to \(before) to go on with that model"))
    #expect(text.contains("or give the new one a state.directory of its own"))
    #expect(error?.exitCode == 78)
    #expect(try place.checkpointNames == names, "nothing was written")
    // The advice works.
    try await learn(messages(5, seed: 2))
  }

  @Test func aContradictionWithADefaultSaysSo() async throws {
    try await learn(messages(5, seed: 1, loss: .logistic), ["model.loss": "logistic"])
    let error = try await failure()
    #expect(
      error?.description.contains("the configuration says squared (the default): set model.loss to logistic") == true)
  }

  @Test func otherChangesAreTakenOnAndLogged() async throws {
    let stream = messages(60, seed: 9)
    let learned = try await learn(Array(stream[..<30]), ["penalty.period": "4"])
    #expect(ModelBits(learned) == ModelBits(try model(Array(stream[..<30]), learned.configuration)))
    let settings = [
      "penalty.l1": "0.5", "penalty.l2": "0", "penalty.threshold": "2", "learning_rate.initial": "0.125",
      "validation.half_life": "10",
    ]
    let daemon = try await TestDaemon(in: place, settings)
    let changes = daemon.log.lines(
      "a setting differs from those that the model was learned with; it holds from here on")
    let before = [
      "penalty.l1": "0.01", "penalty.l2": "0.001", "penalty.threshold": "none", "learning_rate.initial": "0.01",
      "validation.half_life": "1000", "penalty.period": "4",
    ]
    #expect(Set(changes.compactMap { $0.fields["key"] }) == Set(before.keys))
    #expect(changes.count == before.count)
    for change in changes {
      let key = try #require(change.fields["key"])
      #expect(change.level == .notice)
      #expect(change.fields["before"] == before[key])
      #expect(change.fields["now"] == settings[key, default: "1"], "\(key)")
    }
    try await daemon.push(Array(stream[30...]))
    try await daemon.stats { $0.messages == 30 }
    try await daemon.stop()
    var expected = learned.reconfigured(
      LearnerConfiguration(
        learningRate: LearningRate(initial: 0.125), penalty: Penalty(l1: 0.5, l2: 0, threshold: 2),
        memory: .init(halfLife: 10)))
    try expected.learn(Array(stream[30...]))
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(expected))
  }

  /// Whether a default is spelled out or left to the optimizer is no difference: the model goes on bit for bit.
  @Test func spellingOutADefaultChangesNothing() async throws {
    let stream = messages(40, seed: 10)
    try await learn(Array(stream[..<20]))
    let spelledOut = [
      "learning_rate.schedule": "inverse_scaling", "learning_rate.update": "gradient", "learning_rate.initial": "0.01",
    ]
    let daemon = try await TestDaemon(in: place, spelledOut)
    try await daemon.push(Array(stream[20...]))
    try await daemon.stats { $0.messages == 20 }
    try await daemon.stop()
    #expect(
      daemon.log.lines("a setting differs from those that the model was learned with; it holds from here on").isEmpty)
    #expect(try place.newestModel().map(ModelBits.init) == ModelBits(try model(stream)))
  }

  @Test func anotherOptimizerIsTakenOnWithWhatItBrings() async throws {
    try await learn(messages(20, seed: 11))
    let daemon = try await TestDaemon(in: place, ["model.optimizer": "normalized", "penalty.factors": "sleep=0"])
    let changes = daemon.log.lines(
      "a setting differs from those that the model was learned with; it holds from here on"
    )
    .map { [$0.fields["key"], $0.fields["before"], $0.fields["now"]] }
    #expect(
      changes == [
        ["model.optimizer", "sgd", "normalized"], ["learning_rate.schedule", "inverse_scaling", "constant"],
        ["learning_rate.update", "gradient", "invariant"], ["learning_rate.initial", "0.01", "0.5"],
        ["penalty.factors", "none", "sleep=0"],
      ])
    try await daemon.stop()
  }

  private func damage(_ name: String) throws {
    let url = URL(filePath: "\(place.state)/\(name)")
    var bytes = try Data(contentsOf: url)
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: url)
  }

  @Test func aDamagedNewestCheckpointIsSkipped() async throws {
    try await learn(messages(20, seed: 3))
    let whole = try await learn(messages(20, seed: 4))
    let names = try place.checkpointNames
    try #require(names.count == 2)
    try damage(names[1])
    let daemon = try await TestDaemon(in: place)
    #expect(try await daemon.stats().step == whole.steps, "the journal goes back to the checkpoint before it")
    let skipped = daemon.log.lines("a checkpoint cannot be used and is skipped")
    #expect(skipped.count == 1 && skipped.first?.level == .error)
    #expect(skipped.first?.fields["error"]?.hasPrefix("\(place.state)/\(names[1]) is damaged") == true)
    #expect(daemon.log.lines("model restored").first?.fields["file"] == "\(place.state)/\(names[0])")
    try await daemon.push(messages(1, seed: 5))
    try await daemon.stats { $0.messages == 1 }
    try await daemon.stop()
    #expect(try place.checkpointNames.count == 3 && place.checkpointNames.contains(names[1]), "it is not deleted")
  }

  @Test func noWholeCheckpointIsNoNewModel() async throws {
    try await learn(messages(5, seed: 3))
    try await learn(messages(5, seed: 4))
    let names = try place.checkpointNames
    for name in names { try damage(name) }
    let error = try await failure()
    guard case .noWholeCheckpoint(place.state, let errors)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(errors.count == 2 && error?.exitCode == 65)
    for name in names { #expect(error?.description.contains("\(place.state)/\(name) is damaged") == true) }
    #expect(error?.description.contains("restore one from a backup, or move all away to start anew") == true)
    #expect(try place.checkpointNames == names)
    // The advice works.
    for name in names + ["journal"] { try FileManager.default.removeItem(atPath: "\(place.state)/\(name)") }
    #expect(try await learn(messages(5, seed: 3)).steps > 0)
  }

  @Test(arguments: ["ingest.sub.bind", "ingest.pull.bind", "publish.bind", "query.bind"])
  func anEndpointInUseIsNamed(key: String) async throws {
    let taken = try TakenPort()
    let error = try await failure([key: taken.endpoint])
    guard case .endpoint(key, let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.subject == taken.endpoint && reason.code == EADDRINUSE)
    #expect(error?.description.hasPrefix("\(key): cannot bind \(taken.endpoint): Address already in use") == true)
    #expect(error?.exitCode == 69)
    // The attempt left nothing behind that would hold up the next.
    try await learn(messages(3, seed: 1))
  }

  @Test func anAddressThatIsNotHereIsNamed() async throws {
    let error = try await failure(["query.bind": "tcp://192.0.2.7:*", "security.allow_plain": "true"])
    guard case .endpoint("query.bind", let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.subject == "tcp://192.0.2.7:*")
  }

  @Test func aSecondDaemonOnTheSameDirectoryIsRefused() async throws {
    let first = try await TestDaemon(in: place)
    let other = try DaemonPlace()
    let refused = try await failure(in: other, ["state.directory": place.state])
    guard case .state(.locked(place.state, let owner))? = refused else {
      Issue.record("\(String(describing: refused))")
      return
    }
    #expect(owner == "process \(getpid())")
    #expect(refused?.exitCode == 75)
    // The first one did not notice.
    try await first.push(messages(3, seed: 1))
    try await first.stats { $0.messages == 3 }
    try await first.stop()
    try await learn(messages(3, seed: 2))
  }

  @Test func aStateDirectoryThatCannotBeIsNamed() async throws {
    try place.temporary.write([], to: "file")
    let directory = "\(place.temporary.path)/file/state"
    let error = try await failure(["state.directory": directory])
    guard case .state(.system("mkdir", directory, ENOTDIR))? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.exitCode == 73)
    #expect(error?.description == "mkdir failed on \(directory): Not a directory")
  }
}

/// A port that somebody else listens at.
private final class TakenPort {
  let endpoint: String
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && listen(descriptor, 1) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    try #require(result)
    endpoint = "tcp://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
  }

  deinit {
    close(descriptor)
  }
}
