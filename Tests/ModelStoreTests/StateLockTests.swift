import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import ModelStore

struct StateLockTests {
  private let temporary: TemporaryDirectory
  private var directory: String { "\(temporary.path)/a/b" }

  init() throws {
    temporary = try TemporaryDirectory()
  }

  @Test func aSecondLockIsRefusedWithItsOwner() throws {
    let lock = try StateLock(directory: directory)
    for _ in 0..<2 {
      let error = #expect(throws: StoreError.self) { try StateLock(directory: directory) }
      #expect(error == .locked(directory: directory, owner: "process \(getpid())"))
      #expect(error?.description.contains("\(directory) is in use by process \(getpid())") == true)
    }
    withExtendedLifetime(lock) {}
  }

  @Test func goesWithItsLastReference() throws {
    for _ in 0..<3 {
      var lock: StateLock? = try StateLock(directory: directory)
      let other = lock
      lock = nil
      #expect(throws: StoreError.self) { try StateLock(directory: directory) }
      withExtendedLifetime(other) {}
    }
    _ = try StateLock(directory: directory)
  }

  @Test func otherDirectoriesAreFree() throws {
    let first = try StateLock(directory: directory)
    let second = try StateLock(directory: "\(temporary.path)/c")
    withExtendedLifetime((first, second)) {}
  }

  /// A lock file that a crashed process left holds nobody up, whatever it says.
  @Test func leftLockFilesAreTakenOver() throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for left in ["", "1\n", "4194304\nand more than a number"] {
      try temporary.write(Array(left.utf8), to: "a/b/lock")
      let lock = try StateLock(directory: directory)
      #expect(try temporary.read("a/b/lock") == Array("\(getpid())\n".utf8))
      withExtendedLifetime(lock) {}
    }
  }

  @Test func aLockThatIsADirectoryIsAnError() throws {
    try FileManager.default.createDirectory(atPath: "\(directory)/lock", withIntermediateDirectories: true)
    #expect(throws: StoreError.system(call: "open", path: "\(directory)/lock", code: EISDIR)) {
      try StateLock(directory: directory)
    }
  }
}
