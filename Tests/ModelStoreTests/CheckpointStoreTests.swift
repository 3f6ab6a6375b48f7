import FoundationEssentials
import Glibc
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

struct CheckpointStoreTests {
  private let temporary: TemporaryDirectory
  private var directory: String { temporary.path }

  init() throws {
    temporary = try TemporaryDirectory()
  }

  /// A model of so many steps.
  private func checkpoint(_ steps: Int) -> Checkpoint {
    var model = Model(LearnerConfiguration())
    for step in 0..<steps {
      model.learn([RandomStream.Sample(features: [("f\(step % 3)", 1)], target: 2, importance: 1)])
    }
    return Checkpoint(model, time: Double(steps))
  }

  private func damage(_ entry: CheckpointStore.Entry) throws {
    var bytes = try temporary.read(entry.name)
    bytes[bytes.count - 1] ^= 1
    try temporary.write(bytes, to: entry.name)
  }

  @Test func sequencesAscendAcrossReopening() throws {
    var names: [String] = []
    for step in [5, 3, 9] {
      var store = try CheckpointStore(directory: directory)
      names.append(try store.write(checkpoint(step)).entry.name)
      names.append(try store.write(checkpoint(step)).entry.name)
    }
    #expect(
      names == [
        "checkpoint-00000001-step-5.safetensors", "checkpoint-00000002-step-5.safetensors",
        "checkpoint-00000003-step-3.safetensors", "checkpoint-00000004-step-3.safetensors",
        "checkpoint-00000005-step-9.safetensors", "checkpoint-00000006-step-9.safetensors",
      ])
    let entries = try CheckpointStore(directory: directory).entries()
    #expect(entries.map(\.name) == names)
    #expect(entries.map(\.sequence) == [1, 2, 3, 4, 5, 6])
    #expect(entries.map(\.step) == [5, 5, 3, 3, 9, 9])
  }

  @Test func numbersOfNineDigitsComeAfterThoseOfEight() throws {
    try temporary.write([], to: "checkpoint-99999999-step-1.safetensors")
    var store = try CheckpointStore(directory: directory)
    #expect(try store.write(checkpoint(1)).entry.name == "checkpoint-100000000-step-1.safetensors")
    #expect(try store.entries().last?.sequence == 100_000_000)
    #expect(try store.newest().entry?.sequence == 100_000_000)
  }

  @Test func sizeIsTheFiles() throws {
    var store = try CheckpointStore(directory: directory)
    let written = try store.write(checkpoint(4))
    #expect(try temporary.read(written.entry.name).count == written.bytes)
    #expect(written.entry.path == "\(directory)/\(written.entry.name)")
    #expect(try temporary.names == [written.entry.name], "nothing else is left")
  }

  @Test func anEmptyDirectoryHasNone() throws {
    let missing = "\(directory)/deep/below"
    var store = try CheckpointStore(directory: missing)
    let newest = try store.newest()
    #expect(newest.checkpoint == nil && newest.entry == nil && newest.skipped.isEmpty)
    #expect(FileManager.default.fileExists(atPath: missing))
    #expect(try store.retain(Retention(newest: 1, hourly: 0, daily: 0)).isEmpty)
  }

  @Test func newestIsTheNewestWholeOne() throws {
    var writer = try CheckpointStore(directory: directory)
    let entries = try (1...4).map { try writer.write(checkpoint($0)).entry }
    try damage(entries[2])
    try temporary.write([], to: entries[3].name)
    var store = try CheckpointStore(directory: directory)
    let newest = try store.newest()
    #expect(newest.entry == entries[1])
    #expect(newest.checkpoint.map { ModelBits($0.model) } == ModelBits(checkpoint(2).model))
    #expect(newest.checkpoint?.time == 2)
    try #require(newest.skipped.count == 2)
    #expect(newest.skipped[0] == .damaged(path: entries[3].path, problem: "it has 0 bytes, too few for a header"))
    #expect(newest.skipped[1].damage?.hasPrefix("its checksum is crc32c:") == true)
    #expect(newest.skipped[1].description.hasPrefix(entries[2].path))
    #expect(try temporary.names == Set(entries.map(\.name)), "what is damaged stays")
    #expect(try store.write(checkpoint(3)).entry.sequence == 5, "numbers of damaged ones are not used again")
  }

  @Test func noneWhole() throws {
    var writer = try CheckpointStore(directory: directory)
    for step in 1...2 { try damage(try writer.write(checkpoint(step)).entry) }
    var store = try CheckpointStore(directory: directory)
    let newest = try store.newest()
    #expect(newest.checkpoint == nil && newest.entry == nil)
    #expect(newest.skipped.count == 2)
  }

  @Test(arguments: 1...4)
  func retainKeepsTheNewest(count: Int) throws {
    var store = try CheckpointStore(directory: directory)
    let entries = try (1...4).map { try store.write(checkpoint($0)).entry }
    #expect(try store.retain(Retention(newest: count, hourly: 0, daily: 0)).isEmpty)
    #expect(try store.entries() == entries.suffix(count))
    // Again changes nothing, and so does a process that has not seen these files before.
    var reopened = try CheckpointStore(directory: directory)
    #expect(try reopened.retain(Retention(newest: count, hourly: 0, daily: 0)).isEmpty)
    #expect(try reopened.entries() == entries.suffix(count))
  }

  @Test func retainNeitherCountsNorRemovesWhatIsDamaged() throws {
    var writer = try CheckpointStore(directory: directory)
    let entries = try (1...6).map { try writer.write(checkpoint($0)).entry }
    for position in [0, 3, 5] { try damage(entries[position]) }
    var store = try CheckpointStore(directory: directory)
    let found = try store.retain(Retention(newest: 1, hourly: 0, daily: 0))
    #expect(found.count == 3)
    #expect(found.allSatisfy { $0.damage != nil })
    #expect(try store.entries() == [entries[0], entries[3], entries[4], entries[5]])
    #expect(try store.retain(Retention(newest: 1, hourly: 0, daily: 0)).isEmpty, "a damaged one is reported once")
    #expect(try store.newest().entry == entries[4])
  }

  /// A checkpoint of so many steps, made at a time.
  private func checkpoint(_ steps: Int, at hours: Double) -> Checkpoint {
    Checkpoint(checkpoint(steps).model, time: hours * 3600)
  }

  /// Hours and days are those of the checkpoints, by their headers, not those of the files.
  @Test func retainKeepsTheNewestOfHoursAndDays() throws {
    let hours = [1, 1.9, 2, 5, 5.5, 23.9, 24, 24.1, 24.2, 49, 49.5, 49.9]
    let retention = Retention(newest: 2, hourly: 3, daily: 1)
    var store = try CheckpointStore(directory: directory)
    var all: [CheckpointStore.Entry] = []
    for (number, hour) in hours.enumerated() { all.append(try store.write(checkpoint(number + 1, at: hour)).entry) }
    // Whoever has not seen them before finds the same.
    store = try CheckpointStore(directory: directory)
    #expect(try store.retain(retention).isEmpty)
    // The two newest; of the hours 24, 23 and 5 the last; and of the day before.
    #expect(try store.entries().map(\.step) == [5, 6, 9, 11, 12])
    #expect(try store.retain(retention).isEmpty)
    #expect(try store.entries().count == 5)
    #expect(try store.newest().entry == all[11])
  }

  /// What is damaged does not stand for its hour, whether its header tells or not.
  @Test(arguments: [true, false])
  func damagedOnesStandForNoHour(inTheHeader: Bool) throws {
    var writer = try CheckpointStore(directory: directory)
    let hours = [1, 1.5, 1.9, 2, 3]
    let entries = try hours.enumerated().map { try writer.write(checkpoint($0 + 1, at: $1)).entry }
    if inTheHeader {
      try temporary.write(Array("no checkpoint".utf8), to: entries[2].name)
    } else {
      try damage(entries[2])
    }
    var store = try CheckpointStore(directory: directory)
    let found = try store.retain(Retention(newest: 1, hourly: 2, daily: 0))
    #expect(found.count == 1 && found[0].damage != nil, "\(found)")
    #expect(try store.entries() == entries[1...].map { $0 })
  }

  @Test func whatANewerWhittleWroteIsLeftAlone() throws {
    var writer = try CheckpointStore(directory: directory)
    let entries = try (1...3).map { try writer.write(checkpoint($0)).entry }
    let file = CheckpointFile(try temporary.read(entries[1].name))
    try temporary.write(
      file.replacing("\"format_version\":\"3\"", with: "\"format_version\":\"9\"").sealed, to: entries[1].name)
    var store = try CheckpointStore(directory: directory)
    let found = try store.retain(Retention(newest: 1, hourly: 0, daily: 0))
    #expect(found == [.newerVersion(path: entries[1].path, found: 9, known: 3)])
    #expect(try store.entries() == [entries[1], entries[2]])
  }

  /// Headers that lie about their length or hold anything at all.
  @Test func headersOfAllKindsAreRead() throws {
    let whole = try CheckpointFile.sample()
    var headers: [[UInt8]] = [[], [1], Array(repeating: 0xFF, count: 8), Array(repeating: 0, count: 8)]
    headers.append(whole.replacing("\"time\":\"17", with: "\"time\":\"nan").bytes)
    headers.append(whole.replacing("\"time\":\"17", with: "\"time\":\"-17").bytes)
    headers.append(whole.replacing("\"time\":\"17", with: "\"time\":\"1e300").bytes)
    headers.append(whole.replacing("\"__metadata__\"", with: "\"metadata\"").bytes)
    headers.append(whole.replacing("whittle checkpoint", with: "pt").bytes)
    let lengths: [UInt64] = [.max, .max - 7, 1 << 63, 1 << 40]
    for length in lengths {
      let bytes: [UInt8] = withUnsafeBytes(of: length.littleEndian) { Array($0) }
      headers.append(bytes + whole.bytes[8...])
    }
    for (number, bytes) in headers.enumerated() {
      let path = try temporary.write(bytes, to: "header")
      let error = #expect(throws: StoreError.self) { try CheckpointHeader(file: path, on: LocalFileSystem()) }
      #expect(error?.damage != nil, "header \(number)")
    }
    let path = try temporary.write(whole.bytes, to: "header")
    #expect(try CheckpointHeader(file: path, on: LocalFileSystem()).time == 1_700_000_000.5)
  }

  @Test func whatNewestReportedRetainDoesNotReportAgain() throws {
    var writer = try CheckpointStore(directory: directory)
    let entries = try (1...3).map { try writer.write(checkpoint($0)).entry }
    try damage(entries[2])
    var store = try CheckpointStore(directory: directory)
    #expect(try store.newest().skipped.count == 1)
    #expect(try store.retain(Retention(newest: 1, hourly: 0, daily: 0)).isEmpty)
    #expect(try store.entries() == [entries[1], entries[2]])
  }

  @Test func unfinishedFilesAreClearedAndForeignOnesLeftAlone() throws {
    let foreign = [
      "notes.txt", "checkpoint-1-step-1.safetensors", "checkpoint-00000001-step-1.safetensors.bak",
      "checkpoint-00000001-step-01.safetensors", "checkpoint-00000001-step-+1.safetensors",
      "checkpoint-0000000x-step-1.safetensors", "checkpoint-00000001.safetensors", ".hidden", "lock",
      "checkpoint-18446744073709551615-step-1.safetensors", "model.safetensors",
    ]
    for name in foreign + [".unfinished-1", ".unfinished-999999"] { try temporary.write([1], to: name) }
    var store = try CheckpointStore(directory: directory)
    #expect(try temporary.names == Set(foreign))
    #expect(try store.entries().isEmpty)
    let written = try store.write(checkpoint(1))
    #expect(written.entry.sequence == 1)
    #expect(try store.retain(Retention(newest: 1, hourly: 0, daily: 0)).isEmpty)
    #expect(try temporary.names == Set(foreign + [written.entry.name]))
  }
}
