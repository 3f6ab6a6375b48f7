import DiskDoubles
import FoundationEssentials
import Glibc
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// An older checkpoint becomes the newest, and what is newer is kept aside, whenever the machine crashes on the way.
struct RestoringTests {
  /// A state directory with five checkpoints and a journal.
  private struct State {
    let temporary: TemporaryDirectory
    let entries: [CheckpointStore.Entry]
    var directory: String { temporary.path }

    init() throws {
      temporary = try TemporaryDirectory()
      var store = try CheckpointStore(directory: temporary.path)
      entries = try (1...5).map { steps in
        var model = Model(LearnerConfiguration())
        for _ in 0..<steps * 10 { model.learn([RandomStream.Sample(features: [("a", 1)], target: 2, importance: 1)]) }
        return try store.write(Checkpoint(model, position: UInt64(steps * 100), time: Double(steps))).entry
      }
      try FileManager.default.createDirectory(atPath: "\(directory)/journal", withIntermediateDirectories: false)
      try temporary.write([1, 2, 3], to: "journal/00000001.segment")
    }

    /// What lies where, besides what a start makes.
    func files() throws -> [String: [UInt8]] {
      var files: [String: [UInt8]] = [:]
      for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
        var isDirectory = false
        _ = FileManager.default.fileExists(atPath: "\(directory)/\(name)", isDirectory: &isDirectory)
        files[name] = isDirectory ? [] : try temporary.read(name)
      }
      return files
    }
  }

  private let stamp = "20260131T120000Z"

  /// The machine's disks until so many changes were made: then it crashes, and no more come.
  private func machine(after changes: Int) -> FaultyDisk {
    let disk = FaultyDisk(over: LocalFileSystem())
    disk.plan(.from(changes + 1, of: [.makeDirectory, .synchronizeDirectory, .rename, .remove]))
    return disk
  }

  /// What there is once checkpoint 2 is restored.
  private func restored(_ state: State) throws -> [String: [UInt8]] {
    var files = try state.files()
    let moved = state.entries[2...].map(\.name) + ["journal", "journal/00000001.segment"]
    for name in moved { files["aside-\(stamp)/\(name)"] = files.removeValue(forKey: name) }
    files["aside-\(stamp)"] = []
    return files
  }

  @Test func whatIsNewerIsMovedAside() throws {
    let state = try State()
    let expected = try restored(state)
    var store = try CheckpointStore(directory: state.directory)
    let aside = try #require(try store.restore(state.entries[1], stamp: stamp))
    #expect(aside.directory == "\(state.directory)/aside-\(stamp)")
    #expect(aside.names == state.entries[2...].map(\.name) + ["journal"])
    #expect(try state.files() == expected)
    #expect(try store.newest().entry == state.entries[1])
    #expect(try CheckpointStore(directory: state.directory).entries() == Array(state.entries[...1]))
    // The next one continues from there; again there is nothing newer.
    let next = try store.write(Checkpoint(Model(LearnerConfiguration()), time: 9)).entry
    #expect(next.sequence == 3)
    #expect(try store.restore(next, stamp: stamp) == nil)
    // A second time in the same second.
    let second = try #require(try store.restore(state.entries[0], stamp: stamp))
    #expect(second.directory == "\(state.directory)/aside-\(stamp)-2")
    #expect(second.names == [state.entries[1].name, next.name])
  }

  /// The newest checkpoint without the messages since.
  @Test func theJournalAloneIsMovedAside() throws {
    let state = try State()
    var store = try CheckpointStore(directory: state.directory)
    #expect(try store.restore(state.entries[4], stamp: stamp)?.names == ["journal"])
    #expect(try store.newest().entry == state.entries[4])
    #expect(try store.restore(state.entries[4], stamp: stamp) == nil)
  }

  /// After a crash at any change, the next start finds everything as it was or everything restored.
  @Test func aCrashAtAnyChangeLeavesOneOrTheOther() throws {
    var outcomes: [Bool] = []
    for changes in 0... {
      let state = try State()
      let (before, after) = (try state.files(), try restored(state))
      // A store opens with two: it makes its directory, and has the names in it last.
      let disk = machine(after: changes + 2)
      var store = try CheckpointStore(directory: state.directory, on: disk)
      var crashed = false
      do throws(StoreError) {
        _ = try store.restore(state.entries[1], stamp: stamp)
      } catch {
        guard case .system(_, _, EIO) = error else { throw error }
        crashed = true
      }
      var next = try CheckpointStore(directory: state.directory)
      let found = try state.files()
      #expect(found == before || found == after, "after \(changes) changes: \(found.keys.sorted())")
      #expect(try next.newest().entry == (found == after ? state.entries[1] : state.entries[4]))
      outcomes.append(found == after)
      if !crashed { break }
    }
    // The first change decides.
    #expect(outcomes.count > 8 && outcomes == [false] + Array(repeating: true, count: outcomes.count - 1))
  }

  /// A start that finishes what was begun may crash too.
  @Test func aCrashWhileFinishingIsFinishedNext() throws {
    for changes in 1...8 {
      for more in 0... {
        let state = try State()
        let after = try restored(state)
        var store = try CheckpointStore(
          directory: state.directory, on: machine(after: changes + 2))
        #expect(throws: StoreError.self) { try store.restore(state.entries[1], stamp: stamp) }
        let finished = try? CheckpointStore(directory: state.directory, on: machine(after: more))
        _ = try CheckpointStore(directory: state.directory)
        #expect(try state.files() == after, "after \(changes) changes and \(more) more")
        if finished != nil { break }
      }
    }
  }

  /// Directories with names like those are none of whittle's.
  @Test func foreignDirectoriesStay() throws {
    let state = try State()
    for name in ["restoring", "restoring-1-x", "restoring-00000001-", "restoring-0000000x-y", "aside-"] {
      try FileManager.default.createDirectory(
        atPath: "\(state.directory)/\(name)", withIntermediateDirectories: false)
    }
    let before = try state.files()
    var store = try CheckpointStore(directory: state.directory)
    #expect(try state.files() == before)
    #expect(try store.newest().entry == state.entries[4])
  }
}
