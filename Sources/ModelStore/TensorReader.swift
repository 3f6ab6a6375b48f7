/// Reads the tensors of a safetensors file, each from its beginning to its end, several at the same time, and computes the
/// file's checksum on the way.
struct TensorReader {
  let file: OpenFile
  let header: SafeTensors.Header
  /// The file up to its data.
  private let start: [UInt8]
  let files: any FileSystem
  /// For each tensor, how many of its bytes have been read, and their check.
  private var progress: [String: (bytes: Int, check: CRC32C)] = [:]

  /// Bytes that are read at once where nobody wants them.
  private static let piece = 1 << 20
  /// How far the disk is to be ahead, in bytes of each tensor.
  private static let ahead = 4 << 20

  /// Reads the header.
  ///
  /// - Throws: `damaged` where it is none, or the call that failed.
  init(_ file: OpenFile, on files: any FileSystem) throws(StoreError) {
    self.file = file
    self.files = files
    let size = try files.size(of: file)
    let first = try TensorReader.read(min(8, size), from: file, at: 0, on: files)
    let length: Int
    do throws(SafeTensors.Malformed) {
      length = try SafeTensors.headerLength(first, size: size)
    } catch {
      throw .damaged(path: file.path, problem: error.problem)
    }
    start = try TensorReader.read(8 + length, from: file, at: 0, on: files)
    do throws(SafeTensors.Malformed) {
      header = try SafeTensors.parse(start[8...], size: size)
    } catch {
      throw .damaged(path: file.path, problem: error.problem)
    }
  }

  /// As many bytes as are asked for.
  private static func read(
    _ count: Int, from file: OpenFile, at offset: Int, on files: any FileSystem
  ) throws(StoreError) -> [UInt8] {
    // The standard library would write a count of 0 into the memory that all empty arrays of all threads share.
    if count == 0 { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    try span.withUnsafeMutableBytes { (buffer) throws(StoreError) in
      try read(into: buffer, from: file, at: offset, on: files)
    }
    return bytes
  }

  static func read(
    into buffer: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int, on files: any FileSystem
  ) throws(StoreError) {
    var filled = 0
    while filled < buffer.count {
      let got = try files.read(into: .init(rebasing: buffer[filled...]), from: file, at: offset + filled)
      if got == 0 { throw .damaged(path: file.path, problem: "it ends early") }
      filled += got
    }
  }

  /// The next elements of a tensor.
  ///
  /// - Parameter count: how many; nil takes all that are left.
  /// - Throws: `damaged` where there is no such tensor, or it has fewer; or the call that failed.
  /// - Complexity: O(elements)
  mutating func next<Element: BitwiseCopyable>(
    _ name: String, _ type: SafeTensors.ElementType, as: Element.Type, count: Int? = nil
  ) throws(StoreError) -> [Element] {
    let left = try self.count(name, type) - (progress[name]?.bytes ?? 0) / type.byteCount
    let count = count ?? left
    guard count <= left, MemoryLayout<Element>.size == type.byteCount else {
      throw .damaged(path: file.path, problem: "tensor \"\(name)\" has too few elements")
    }
    if count == 0 { return [] }
    var failure: StoreError?
    let elements = [Element](unsafeUninitializedCapacity: count) { elements, initialized in
      // Any bytes make an element, and all are there unless it fails.
      do throws(StoreError) {
        let bytes = UnsafeMutableRawBufferPointer(elements)[..<(count * type.byteCount)]
        try read(UnsafeMutableRawBufferPointer(rebasing: bytes), of: name)
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return elements
  }

  /// How many elements a tensor has.
  ///
  /// - Throws: `damaged` where it is not there, or of another type.
  func count(_ name: String, _ type: SafeTensors.ElementType) throws(StoreError) -> Int {
    guard let entry = header.entries[name] else {
      throw .damaged(path: file.path, problem: "it has no tensor \"\(name)\"")
    }
    guard entry.dtype == type else {
      throw .damaged(
        path: file.path, problem: "tensor \"\(name)\" is \(entry.dtype.rawValue), not \(type.rawValue)")
    }
    return entry.shape[0]
  }

  /// Where a tensor that is there begins in the file.
  func start(of name: String) -> Int { header.dataStart + (header.entries[name]?.dataOffsets[0] ?? 0) }

  /// Takes note that all of a tensor that is there has been read.
  mutating func finish(_ name: String, _ check: CRC32C) {
    guard let entry = header.entries[name] else { return }
    progress[name] = (entry.dataOffsets[1] - entry.dataOffsets[0], check)
  }

  /// Reads the next bytes of a tensor that is there.
  private mutating func read(_ buffer: UnsafeMutableRawBufferPointer, of name: String) throws(StoreError) {
    guard let entry = header.entries[name] else { return }
    var (done, check) = progress[name] ?? (0, CRC32C())
    let place = header.dataStart + entry.dataOffsets[0] + done
    let end = header.dataStart + entry.dataOffsets[1]
    // What was asked for before this is on its way.
    let asked = done == 0 ? place : min(place + TensorReader.ahead, end)
    let wanted = min(place + buffer.count + TensorReader.ahead, end)
    if wanted > asked { files.startReading(file, at: asked, count: wanted - asked) }
    try TensorReader.read(into: buffer, from: file, at: place, on: files)
    check.update(UnsafeRawBufferPointer(buffer))
    done += buffer.count
    progress[name] = (done, check)
  }

  /// The checksum of the whole file with the digits of its own taken as zeros; what has not been read yet is read now.
  ///
  /// - Parameter digits: where they stand.
  /// - Complexity: O(bytes that are left)
  mutating func checksum(without digits: Range<Int>) throws(StoreError) -> UInt32 {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TensorReader.piece, alignment: 64)
    defer { buffer.deallocate() }
    var head = start
    head.replaceSubrange(digits, with: repeatElement(UInt8(ascii: "0"), count: digits.count))
    var check = CRC32C()
    head.withUnsafeBytes { check.update($0) }
    var value = check.value
    for (name, entry) in header.entries.sorted(by: { $0.value.dataOffsets[1] < $1.value.dataOffsets[1] }) {
      let size = entry.dataOffsets[1] - entry.dataOffsets[0]
      while case let left = size - (progress[name]?.bytes ?? 0), left > 0 {
        try read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)]), of: name)
      }
      if let check = progress[name]?.check { value = CRC32C.joined(value, check.value, count: size) }
    }
    return value
  }

  /// Where the digits of the checksum stand; nil where there are none of its kind.
  var checksumDigits: Range<Int>? { Checkpoint.checksumDigits(in: start.span) }
}
