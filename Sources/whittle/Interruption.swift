internal import Glibc
internal import Synchronization

/// Last words of a program that is interrupted: said, and then the signal does what it always does.
enum Interruption {
  /// Bytes that are never freed: a signal may come at any time.
  private static let words = Atomic<UInt>(0)
  private static let length = Atomic<Int>(0)

  /// Sets what is said at SIGINT and SIGTERM. To be called once.
  static func say(_ text: String) {
    let bytes = Array(text.utf8)
    let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 1)
    copy.copyMemory(from: bytes, byteCount: bytes.count)
    length.store(bytes.count, ordering: .releasing)
    words.store(UInt(bitPattern: copy), ordering: .releasing)
    for number in [SIGINT, SIGTERM] { signal(number, speak) }
  }

  /// Only what may be called in the middle of anything else.
  private static let speak: @convention(c) (Int32) -> Void = { number in
    if let bytes = UnsafeRawPointer(bitPattern: Interruption.words.load(ordering: .acquiring)) {
      _ = write(STDERR_FILENO, bytes, Interruption.length.load(ordering: .acquiring))
    }
    signal(number, SIG_DFL)
    raise(number)
  }
}
