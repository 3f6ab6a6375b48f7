/// The unit in which disks, and the systems before them, keep files.
enum DiskPage {
  /// A power of two. Disks of smaller units take it, too.
  static let bytes = 4096
}
