import Foundation
import Glibc
import Logging
import TestSupport
import Testing
import WhittleProtocol
import ZeroMQ

@testable import WhittleService

struct AllowListTests {
  private let directory: TemporaryDirectory
  private let keys: [KeyRole: CurveKey]

  init() throws {
    directory = try TemporaryDirectory()
    keys = try Dictionary(uniqueKeysWithValues: KeyRole.allCases.map { ($0, try CurveKeyPair().publicKey) })
    for (role, key) in keys { try list(role, "\(key) the one for \(role)\n") }
  }

  private func list(_ role: KeyRole, _ text: String) throws {
    let path = "\(directory.path)/\(role)"
    try Data(text.utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
  }

  private var settings: Settings.Security {
    var settings = Settings.Security()
    settings.ingestKeys = .file("\(directory.path)/ingest")
    settings.queryKeys = .file("\(directory.path)/query")
    settings.publishKeys = .file("\(directory.path)/publish")
    settings.adminKeys = .file("\(directory.path)/admin")
    return settings
  }

  @Test func eachKeyIsForItsRole() throws {
    let lists = try AllowLists(settings)
    for (own, key) in keys {
      for role in KeyRole.allCases {
        let mayToo = own == .admin && role == .query
        #expect(lists.admits(key.text, as: role) == (role == own || mayToo), "\(own) as \(role)")
      }
      #expect(lists.name(of: key.text) == "the one for \(own)")
      #expect(lists.refusal(of: key.text) == .otherRole)
    }
    let stranger = try CurveKeyPair().publicKey.text
    for role in KeyRole.allCases {
      #expect(!lists.admits(stranger, as: role))
      #expect(!lists.admits(nil, as: role))
    }
    #expect(lists.refusal(of: stranger) == .unknownKey)
    #expect(lists.refusal(of: nil) == .mechanism)
    #expect(lists.name(of: stranger) == nil)
  }

  @Test func nobodyIsListedWhereNothingIsSaid() throws {
    let lists = try AllowLists(Settings.Security())
    for role in KeyRole.allCases { #expect(!lists.admits(keys[.admin]?.text, as: role)) }
  }

  @Test func anyIsEverybodyWithAKeyAndForThatRoleOnly() throws {
    var settings = settings
    settings.queryKeys = .any
    let lists = try AllowLists(settings)
    let stranger = try CurveKeyPair().publicKey.text
    #expect(lists.admits(stranger, as: .query))
    #expect(!lists.admits(nil, as: .query))
    #expect(!lists.admits(stranger, as: .admin))
    #expect(!lists.admits(stranger, as: .ingest))
  }

  @Test func changedFilesMakeOtherLists() throws {
    let before = try AllowLists(settings)
    #expect(try AllowLists(settings) == before)
    try list(.ingest, "")
    let after = try AllowLists(settings)
    #expect(after != before)
    #expect(!after.admits(keys[.ingest]?.text, as: .ingest))
    try list(.query, "nonsense")
    #expect(throws: CurveKeyFileError.noPublicKey(path: "\(directory.path)/query", line: 1)) {
      try AllowLists(settings)
    }
  }
}

struct DoorTallyTests {
  private func connection(_ descriptor: Int32) -> ListenerMonitor.Connection {
    ListenerMonitor.Connection(descriptor: descriptor, endpoint: "tcp://127.0.0.1:1")
  }

  @Test func tooManyAreEndedAndCounted() {
    var tally = DoorTally(limit: 2, limitOfAll: 3)
    #expect(tally.accepted(connection(1), at: .pull) == nil)
    #expect(tally.accepted(connection(2), at: .pull) == nil)
    #expect(tally.accepted(connection(3), at: .pull) == connection(3))
    tally.ended(connection(3), at: .pull)
    // The next that comes in place of one that went is fine, also with its descriptor.
    tally.ended(connection(2), at: .pull)
    #expect(tally.accepted(connection(2), at: .pull) == nil)
    // Another door has room of its own, within that of all.
    #expect(tally.accepted(connection(4), at: .query) == nil)
    #expect(tally.accepted(connection(5), at: .query) == connection(5))
    #expect(tally.report["pull"]?.open == 2)
    #expect(tally.report["pull"]?.accepted == 4)
    #expect(tally.report["pull"]?.refused == ["too_many": 1])
    #expect(tally.report["query"]?.refused == ["too_many": 1])
    // An end that is told twice counts once.
    tally.ended(connection(5), at: .query)
    tally.ended(connection(5), at: .query)
    #expect(tally.accepted(connection(6), at: .query) == connection(6))
  }

  @Test func eachIsRefusedForOneReason() {
    var tally = DoorTally(limit: 1, limitOfAll: 10)
    #expect(tally.accepted(connection(1), at: .pull) == nil)
    #expect(tally.accepted(connection(2), at: .pull) != nil)
    // libzmq tells of one that was cut off as of one that had not spoken.
    tally.failed(.silence, at: .pull)
    tally.ended(connection(2), at: .pull)
    #expect(tally.report["pull"]?.refused == ["too_many": 1])
    tally.failed(.encryption, at: .pull)
    tally.ended(connection(1), at: .pull)
    #expect(tally.report["pull"]?.refused == ["too_many": 1, "encryption": 1])
    // One that came up before it was ended is counted once, too, and takes nobody else's reason with it.
    #expect(tally.accepted(connection(3), at: .pull) == nil)
    #expect(tally.accepted(connection(4), at: .pull) != nil)
    tally.failed(.protocol, at: .pull)
    tally.ended(connection(3), at: .pull)
    tally.ended(connection(4), at: .pull)
    #expect(tally.report["pull"]?.refused == ["too_many": 2, "encryption": 1, "protocol": 1])
    #expect(tally.report["pull"]?.open == 0)
  }

  @Test func subscribersWhoseKeysWereRevokedAreEnded() {
    var tally = DoorTally(limit: 10, limitOfAll: 10)
    for (descriptor, key) in [(Int32(1), "good"), (2, "bad"), (3, "bad")] {
      #expect(tally.accepted(connection(descriptor), at: .publish) == nil)
      #expect(tally.subscribed(descriptor, key: key) == nil)
    }
    tally.ended(connection(3), at: .publish)
    let revoked = [tally.revoked { $0 == "good" }, tally.revoked { $0 == "good" }]
    #expect(revoked == [[connection(2)], []])
    #expect(tally.report["publish"]?.refused == ["revoked_key": 1])
    // A descriptor that comes again is somebody else's.
    tally.ended(connection(1), at: .publish)
    #expect(tally.accepted(connection(1), at: .publish) == nil)
    let others = tally.revoked { _ in false }
    #expect(others == [])
  }

  @Test func whoSubscribesToTooMuchIsEnded() {
    var tally = DoorTally(limit: 10, limitOfAll: 10)
    #expect(tally.accepted(connection(1), at: .publish) == nil)
    for _ in 0..<DoorTally.subscriptionLimit { #expect(tally.subscribed(1, key: nil) == nil) }
    #expect(tally.subscribed(1, key: nil) == connection(1))
    #expect(tally.report["publish"]?.refused == ["subscriptions": 1])
  }
}

struct ReachabilityTests {
  @Test(arguments: [
    "tcp://127.0.0.1:1", "tcp://127.255.3.4:*", "tcp://localhost:1", "tcp://[::1]:5", "tcp://lo:5", "ipc:///run/x",
    "ipc://@abstract", "ipc://*",
  ])
  func ofThisMachine(_ endpoint: String) {
    #expect(!isReachable(endpoint))
  }

  @Test(arguments: [
    "tcp://*:1", "tcp://0.0.0.0:1", "tcp://[::]:1", "tcp://eth0:1", "tcp://10.0.0.1:1", "tcp://127.example:1",
    "tcp://127.0.0.1.example:1", "tcp://localhost.example:1", "tcp://127.0.0:1", "tcp://[::1%eth0]:1",
    "tcp://128.0.0.1:1",
  ])
  func byOthers(_ endpoint: String) {
    #expect(isReachable(endpoint))
  }
}

/// A pull socket behind doors, and a client, each on the thread that owns it.
@Suite(.timeLimit(.minutes(1))) struct DoorsTests {
  private let directory: TemporaryDirectory
  private let server: CurveKeyPair
  private let (client, other): (CurveKeyPair, CurveKeyPair)
  private var settings = Settings()

  init() throws {
    directory = try TemporaryDirectory()
    (server, client, other) = (try CurveKeyPair(), try CurveKeyPair(), try CurveKeyPair())
    try CurveKeyFile.write(server, name: "server", to: "\(directory.path)/server.key")
    settings.security.serverKey = "\(directory.path)/server.key"
    settings.security.ingestKeys = .file("\(directory.path)/ingest")
    // Who is refused comes again when it is over.
    settings.security.handshakeSeconds = 0.2
    try list([client, other])
  }

  private func list(_ pairs: [CurveKeyPair]) throws {
    let path = "\(directory.path)/ingest"
    try Data(pairs.map { "\($0.publicKey)\n" }.joined().utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
  }

  private func push(_ own: CurveKeyPair, to endpoint: String) throws -> Socket {
    let push = try Socket(.push, in: Context())
    try push.set(.linger(0))
    try push.set(.sendTimeout(10_000))
    try push.showKey(own, to: server.publicKey)
    try push.connect(endpoint)
    return push
  }

  /// The next message, unless its sender may not send.
  private func receive(_ message: Message, _ pull: Socket, _ doors: Doors) throws -> String? {
    #expect(try message.receive(from: pull), "nothing came")
    if doors.looksAtMessages, !doors.admits(message, at: .pull) { return nil }
    return String(decoding: message.copy(0), as: UTF8.self)
  }

  @Test func aRevokedKeyIsOutAtOnceAndTheOthersStay() async throws {
    let doors = try Doors(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await doors.start()
    try await onThread { [self] in
      let pull = try Socket(.pull, in: doors.engineContext)
      try pull.set(.receiveTimeout(10_000))
      try doors.prepare(pull, as: .pull, in: doors.engineContext)
      let endpoint = try doors.bind(pull, to: "tcp://127.0.0.1:*")
      let (mine, others) = (try push(client, to: endpoint), try push(other, to: endpoint))
      let message = Message()
      try mine.send(Array("one".utf8))
      #expect(try receive(message, pull, doors) == "one")
      try others.send(Array("two".utf8))
      #expect(try receive(message, pull, doors) == "two")
      // Nothing has changed: nobody looks at messages.
      try doors.reload(settings.security)()
      #expect(!doors.looksAtMessages)
      try list([other])
      try doors.reload(settings.security)()
      try mine.send(Array("three".utf8))
      #expect(try receive(message, pull, doors) == nil)
      try others.send(Array("four".utf8))
      #expect(try receive(message, pull, doors) == "four")
      // It comes again, and is not let in any more.
      while doors.report["pull"]?.refused["unknown_key"] == nil { sched_yield() }
      #expect(doors.report["pull"]?.refused["revoked_key"] == 1)
      // A file that cannot be used changes nothing.
      let path = "\(directory.path)/ingest"
      try Data("nonsense\n".utf8).write(to: URL(filePath: path))
      #expect(throws: DaemonError.self) { _ = try doors.reload(settings.security) }
      try others.send(Array("five".utf8))
      #expect(try receive(message, pull, doors) == "five")
      // And a key that is listed again is in again.
      try list([client])
      try doors.reload(settings.security)()
      try mine.send(Array("six".utf8))
      #expect(try receive(message, pull, doors) == "six")
    }
    doors.stop()
    await doors.ended.value()
  }
}
