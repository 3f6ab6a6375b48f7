internal import Glibc

extension Array {
  /// Makes room for so many elements, at least doubling it, and asks the kernel to back a large one with huge pages: weights
  /// are touched all over, and with pages of 4 KiB most touches of a large model would have to look up the page first.
  ///
  /// - Complexity: amortized as appending is.
  mutating func reserveHugePages(for count: Int) {
    guard count > capacity else { return }
    reserveCapacity(Swift.max(count, capacity * 2))
    let byteCount = capacity * MemoryLayout<Element>.stride
    withUnsafeMutableBytes { elements in
      guard let start = elements.baseAddress else { return }
      HugePage.back(start, byteCount)
    }
  }
}

extension UnsafeMutableBufferPointer {
  /// Asks the kernel to back memory that nobody has touched yet with huge pages, where it is large.
  func backWithHugePages() {
    if let baseAddress { HugePage.back(UnsafeMutableRawPointer(baseAddress), count * MemoryLayout<Element>.stride) }
  }
}

private enum HugePage {
  static let size = 2 << 20

  static func back(_ start: UnsafeMutableRawPointer, _ byteCount: Int) {
    guard byteCount >= size * 2 else { return }
    // Whole pages only, since others' memory may lie on the rest.
    let from = (UInt(bitPattern: start) + UInt(size) - 1) & ~UInt(size - 1)
    let to = (UInt(bitPattern: start) + UInt(byteCount)) & ~UInt(size - 1)
    // Advice: a kernel that does not take it loses nothing but time.
    if to > from { _ = madvise(UnsafeMutableRawPointer(bitPattern: from), Int(to - from), MADV_HUGEPAGE) }
  }
}
