import Glibc
import ZeroMQ

extension Socket {
  /// A socket that never hangs a test: it drops what it could not send, and gives up waiting after ten seconds.
  static func forTest(
    _ kind: Kind, in context: Context, _ options: [Option] = []
  ) throws(ZeroMQError) -> Socket {
    let socket = try Socket(kind, in: context)
    for option in [.linger(0), .receiveTimeout(10_000), .sendTimeout(10_000)] + options {
      try socket.set(option)
    }
    return socket
  }
}

/// A transport and a fresh place on it.
enum Transport: CaseIterable {
  case tcp, ipc, inproc

  /// Hands out an endpoint that nobody else uses and cleans up after it.
  func withEndpoint(_ body: (String) throws -> Void) throws {
    switch self {
    case .tcp: try body("tcp://127.0.0.1:*")
    // The name is the context's own; every test has its own context.
    case .inproc: try body("inproc://here")
    case .ipc:
      var template = Array("/tmp/whittle-test-XXXXXX".utf8CString)
      guard mkdtemp(&template) != nil else { throw CannotMakeDirectory() }
      let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      defer {
        unlink(directory + "/socket")
        rmdir(directory)
      }
      try body("ipc://\(directory)/socket")
    }
  }
}

struct CannotMakeDirectory: Error {}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
