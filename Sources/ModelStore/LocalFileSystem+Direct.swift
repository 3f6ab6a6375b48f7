internal import Glibc

extension LocalFileSystem {
  /// Fewer bytes cost more than they spare: each direct write waits for the disk. (Measured: 370 ns of processor time a KiB by
  /// way of the system's memory; directly 640 in writes of 64 KiB, 230 of 256 KiB, 85 of 1 MiB.)
  private static let directBytes = 256 << 10

  /// Whole pages go to the disk by a direct write; what begins or ends within a page, which others share, goes by way of the
  /// system's memory. So no page ever goes both ways. What is direct becomes durable with `synchronize`, as all else does.
  public func writeDirectly(
    _ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int
  ) throws(StoreError) -> Int {
    let partial = -offset & (DiskPage.bytes - 1)
    let whole = (bytes.count - partial) & ~(DiskPage.bytes - 1)
    guard whole >= LocalFileSystem.directBytes,
      (Int(bitPattern: bytes.baseAddress) + partial) & (DiskPage.bytes - 1) == 0
    else {
      return try write(bytes, to: file, at: offset)
    }
    if partial > 0 { return try write(.init(rebasing: bytes[..<partial]), to: file, at: offset) }
    let pages = UnsafeRawBufferPointer(rebasing: bytes[..<whole])
    // Where the file system knows no direct writes, or not in these units, there is the other way.
    guard setDirect(true, file) else { return try write(pages, to: file, at: offset) }
    let written = pwrite(file.number, pages.baseAddress, pages.count, offset)
    let code = errno
    guard setDirect(false, file) else { throw LocalFileSystem.failure("fcntl", file.path) }
    if written > 0 { return written }
    if written == 0 || code == EINVAL || code == EINTR { return try write(pages, to: file, at: offset) }
    throw .system(call: "write", path: file.path, code: code)
  }

  /// Whether writes to a file go past the system's memory from here on.
  ///
  /// - Returns: whether that could be had.
  private func setDirect(_ isDirect: Bool, _ file: OpenFile) -> Bool {
    let flags = fcntl(file.number, F_GETFL)
    // glibc keeps O_DIRECT itself to those who define _GNU_SOURCE, which Swift's module of it does not.
    return flags >= 0 && fcntl(file.number, F_SETFL, isDirect ? flags | __O_DIRECT : flags & ~__O_DIRECT) == 0
  }
}
