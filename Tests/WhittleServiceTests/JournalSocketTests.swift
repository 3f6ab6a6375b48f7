import Glibc
import Logging
import TestSupport
import Testing

@testable import WhittleService

/// Entries for systemd's journal.
struct JournalSocketTests {
  /// Reads an entry as the journal does, by systemd's description of its native protocol.
  private func fields(_ entry: [UInt8]) throws -> [String: [UInt8]] {
    var fields: [String: [UInt8]] = [:]
    var rest = entry[...]
    while !rest.isEmpty {
      let end = try #require(rest.firstIndex(of: UInt8(ascii: "\n")))
      if let sign = rest[..<end].firstIndex(of: UInt8(ascii: "=")) {
        fields[String(decoding: rest[..<sign], as: UTF8.self)] = Array(rest[(sign + 1)..<end])
        rest = rest[(end + 1)...]
      } else {
        let name = String(decoding: rest[..<end], as: UTF8.self)
        let length = rest[(end + 1)...].prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = end + 9
        fields[name] = Array(rest[start..<(start + length)])
        #expect(rest[start + length] == UInt8(ascii: "\n"))
        rest = rest[(start + length + 1)...]
      }
    }
    return fields
  }

  @Test func linesAsEntries() throws {
    let line = LogLine(.warning, "it is so", ["query.bind": "tcp://a", "error": "first\nsecond=3", "größe": "ß"])
    let fields = try fields(JournalSocket.entry(line)).mapValues { String(decoding: $0, as: UTF8.self) }
    #expect(
      fields == [
        "MESSAGE": #"it is so error="first\nsecond=3" größe=ß query.bind=tcp://a"#, "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "whittled", "WHITTLE_MESSAGE": "it is so", "WHITTLE_QUERY_BIND": "tcp://a",
        "WHITTLE_ERROR": "first\nsecond=3", "WHITTLE_GR_SSE": "ß",
      ])
  }

  @Test(
    arguments: [
      (.debug, "7"), (.info, "6"), (.notice, "5"), (.warning, "4"), (.error, "3"), (.critical, "2"),
    ] as [(Logger.Level, String)])
  func priorities(level: Logger.Level, priority: String) throws {
    #expect(try fields(JournalSocket.entry(LogLine(level, "m")))["PRIORITY"] == Array(priority.utf8))
  }

  /// Whatever is logged, the entry is one that can be read, and fits in a datagram.
  @Test(arguments: 0..<40 as Range<UInt64>)
  func anyLineIsAWholeEntry(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    func text() -> String {
      let length = generator.pick([0, 1, 10, 1000, 100_000])
      return String((0..<length).map { _ in generator.pick(["a", "=", "\n", "ß", " "] as [Character]) })
    }
    let names = (0..<Int.random(in: 0...8, using: &generator)).map { _ in String(text().prefix(100)) }
    let line = LogLine(.error, text(), Dictionary(names.map { ($0, text()) }) { $1 })
    let entry = JournalSocket.entry(line)
    #expect(entry.count <= JournalSocket.longestEntry, "seed \(seed)")
    let fields = try fields(entry)
    #expect(fields["PRIORITY"] == Array("3".utf8) && fields["WHITTLE_MESSAGE"] != nil, "seed \(seed)")
    #expect(fields.values.allSatisfy { $0.count <= JournalSocket.longestValue }, "seed \(seed)")
  }

  @Test func entriesArrive() throws {
    let directory = try TemporaryDirectory()
    let listener = try NotifySocket("\(directory.path)/journal")
    let socket = JournalSocket(path: listener.name)
    #expect(socket.send(LogLine(.info, "hello")))
    let word = try #require(listener.next())
    #expect(word.contains("MESSAGE=hello\n"))
  }

  @Test func nobodyToTakeThem() {
    #expect(!JournalSocket(path: "/nowhere/at/all").send(LogLine(.error, "hello")))
  }

  @Test func standardErrorIsTheJournalWhereItsInodeIsNamed() {
    var status = stat()
    fstat(STDERR_FILENO, &status)
    #expect(JournalSocket.isStandardError("\(status.st_dev):\(status.st_ino)"))
    #expect(!JournalSocket.isStandardError("\(status.st_dev):\(status.st_ino + 1)"))
    #expect(!JournalSocket.isStandardError(nil) && !JournalSocket.isStandardError(""))
  }
}
