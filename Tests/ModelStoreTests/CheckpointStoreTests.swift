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
    #expect(try store.retain(newest: 1).isEmpty)
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
    #expect(try store.retain(newest: count).isEmpty)
    #expect(try store.entries() == entries.suffix(count))
    // Again changes nothing, and so does a process that has not seen these files before.
    var reopened = try CheckpointStore(directory: directory)
    #expect(try reopened.retain(newest: count).isEmpty)
    #expect(try reopened.entries() == entries.suffix(count))
  }

  @Test func retainNeitherCountsNorRemovesWhatIsDamaged() throws {
    var writer = try CheckpointStore(directory: directory)
    let entries = try (1...6).map { try writer.write(checkpoint($0)).entry }
    for position in [0, 3, 5] { try damage(entries[position]) }
    var store = try CheckpointStore(directory: directory)
    let found = try store.retain(newest: 1)
    #expect(found.count == 3)
    #expect(found.allSatisfy { $0.damage != nil })
    #expect(try store.entries() == [entries[0], entries[3], entries[4], entries[5]])
    #expect(try store.retain(newest: 1).isEmpty, "a damaged one is reported once")
    #expect(try store.newest().entry == entries[4])
  }

  @Test func whatNewestReportedRetainDoesNotReportAgain() throws {
    var writer = try CheckpointStore(directory: directory)
    let entries = try (1...3).map { try writer.write(checkpoint($0)).entry }
    try damage(entries[2])
    var store = try CheckpointStore(directory: directory)
    #expect(try store.newest().skipped.count == 1)
    #expect(try store.retain(newest: 1).isEmpty)
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
    #expect(try store.retain(newest: 1).isEmpty)
    #expect(try temporary.names == Set(foreign + [written.entry.name]))
  }
}
