internal import Glibc

extension Array {
  /// Makes room for so many elements, at least doubling it, and asks the kernel to back a large one with huge pages: weights
  /// are touched all over, and with pages of 4 KiB most touches of a large model would have to look up the page first.
  ///
  /// - Complexity: amortized as appending is.
  mutating func reserveHugePages(for count: Int) {
    guard count > capacity else { return }
    reserveCapacity(Swift.max(count, capacity * 2))
    guard capacity * MemoryLayout<Element>.stride >= HugePage.size * 2 else { return }
    let capacity = capacity
    withUnsafeMutableBytes { elements in
      guard let start = elements.baseAddress else { return }
      // Whole pages only, since others' memory may lie on the rest.
      let from = (UInt(bitPattern: start) + UInt(HugePage.size) - 1) & ~UInt(HugePage.size - 1)
      let to = (UInt(bitPattern: start) + UInt(capacity * MemoryLayout<Element>.stride)) & ~UInt(HugePage.size - 1)
      // Advice: a kernel that does not take it loses nothing but time.
      if to > from { _ = madvise(UnsafeMutableRawPointer(bitPattern: from), Int(to - from), MADV_HUGEPAGE) }
    }
  }
}

private enum HugePage {
  static let size = 2 << 20
}
