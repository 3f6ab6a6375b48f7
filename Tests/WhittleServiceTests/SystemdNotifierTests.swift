import Glibc
import TestSupport
import Testing

@testable import WhittleService

struct SystemdNotifierTests {
  private func expectWords(at name: String) throws {
    let socket = try NotifySocket(name)
    let notifier = SystemdNotifier(path: name)
    notifier.ready()
    notifier.status("step 7\nand more")
    notifier.stopping()
    #expect(socket.rest() == ["READY=1", "STATUS=step 7 and more", "STOPPING=1"])
  }

  @Test func pathsOfTheFileSystem() throws {
    let directory = try TemporaryDirectory()
    try expectWords(at: "\(directory.path)/notify")
  }

  @Test func namesOfTheAbstractNamespace() throws {
    try expectWords(at: "@whittle-test-\(getpid())-\(UInt64.random(in: .min ... .max))")
  }

  @Test(arguments: [nil, "", "@", "/nowhere/at/all", String(repeating: "x", count: 200)])
  func nobodyToTellIsNoProblem(path: String?) {
    let notifier = SystemdNotifier(path: path)
    notifier.ready()
    notifier.stopping()
  }

  /// The longest path that a socket's address holds.
  @Test func longPaths() throws {
    let directory = try TemporaryDirectory()
    try expectWords(at: directory.path + "/" + String(repeating: "n", count: 107 - directory.path.utf8.count - 1))
  }
}
