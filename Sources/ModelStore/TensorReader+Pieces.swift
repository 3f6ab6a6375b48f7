internal import Synchronization

extension TensorReader {
  /// A tensor that is read beside others.
  struct Column: Sendable {
    let name: String
    let type: SafeTensors.ElementType
  }

  /// Takes elements of all columns, the same of each, in the columns' order, and the number of the first; false where it has
  /// no use for any more. Several threads call it at once.
  typealias Taking = @Sendable (_ elements: [UnsafeRawBufferPointer], _ start: Int) -> Bool

  /// Elements that are read at once: of each column half a megabyte at most, so that all stay in the processor's cache.
  private static let piece = 1 << 16
  /// How many pieces the disk is to be ahead.
  private static let piecesAhead = 8

  private struct Progress {
    var next = 0
    var goesOn = true
    /// Of the earliest piece where one failed.
    var failure: (piece: Int, error: StoreError)?
    /// By pieces, of each column one.
    var checks: [[UInt32]]

    mutating func begin() -> Int? {
      guard goesOn, next < checks.count else { return nil }
      defer { next += 1 }
      return next
    }

    mutating func fail(_ piece: Int, _ error: StoreError) {
      goesOn = false
      if piece < failure?.piece ?? .max { failure = (piece, error) }
    }
  }

  /// Reads tensors of which nothing has been read yet, from beginning to end, in pieces that threads share.
  ///
  /// - Parameters:
  ///   - columns: tensors of the same number of elements.
  ///   - threads: how many share it.
  ///   - take: is called once for every piece, the bytes aligned for the elements, in no order.
  /// - Returns: whether all were taken.
  /// - Throws: `damaged` where one has another number of elements, or the call that failed.
  /// - Complexity: O(bytes)
  mutating func readPieces(_ columns: [Column], threads: Int, _ take: Taking) throws(StoreError) -> Bool {
    var count: Int?
    for column in columns {
      let found = try self.count(column.name, column.type)
      guard found == count ?? found else { throw .damaged(path: file.path, problem: "its tensors differ in length") }
      count = found
    }
    guard let count, count > 0 else { return true }
    let pieces = (count + TensorReader.piece - 1) / TensorReader.piece
    let progress = Mutex(Progress(checks: Array(repeating: [], count: pieces)))
    let places = columns.map { start(of: $0.name) }
    let (file, files) = (file, files)
    ThreadGroup.run(min(threads, pieces)) {
      let lane = PieceLane(columns, places, count: count, in: file, on: files)
      defer { lane.deallocate() }
      while let piece = progress.withLock({ $0.begin() }) {
        do throws(StoreError) {
          // What was asked for before this is on its way.
          let asked = piece == 0 ? 0 : piece + TensorReader.piecesAhead
          lane.startReading(asked..<piece + TensorReader.piecesAhead + 1)
          let checks = try lane.read(piece)
          let isTaken = take(lane.elements(piece), piece * TensorReader.piece)
          progress.withLock {
            $0.checks[piece] = checks
            if !isTaken { $0.goesOn = false }
          }
        } catch {
          progress.withLock { $0.fail(piece, error) }
        }
      }
    }
    let (checks, failure, isWhole) = progress.withLock { ($0.checks, $0.failure, $0.goesOn) }
    if let failure { throw failure.error }
    guard isWhole else { return false }
    for (number, column) in columns.enumerated() {
      var whole = CRC32C()
      for piece in 0..<pieces {
        let elements = min(TensorReader.piece, count - piece * TensorReader.piece)
        whole.append(checks[piece][number], count: elements * column.type.byteCount)
      }
      finish(column.name, whole)
    }
    return true
  }

  /// The memory and the file of one thread.
  private struct PieceLane {
    private let columns: [Column]
    private let places: [Int]
    private let count: Int
    private let file: OpenFile
    private let files: any FileSystem
    private let buffers: [UnsafeMutableRawBufferPointer]

    init(_ columns: [Column], _ places: [Int], count: Int, in file: OpenFile, on files: any FileSystem) {
      (self.columns, self.places, self.count, self.file, self.files) = (columns, places, count, file, files)
      buffers = columns.map {
        .allocate(byteCount: min(TensorReader.piece, count) * $0.type.byteCount, alignment: 64)
      }
    }

    func deallocate() { for buffer in buffers { buffer.deallocate() } }

    private func range(_ piece: Int) -> Range<Int> {
      min(piece * TensorReader.piece, count)..<min((piece + 1) * TensorReader.piece, count)
    }

    func startReading(_ pieces: Range<Int>) {
      let range = range(pieces.lowerBound).lowerBound..<range(pieces.upperBound).lowerBound
      if range.isEmpty { return }
      for (column, place) in zip(columns, places) {
        let width = column.type.byteCount
        files.startReading(file, at: place + range.lowerBound * width, count: range.count * width)
      }
    }

    /// Reads a piece of every column.
    ///
    /// - Returns: their checks.
    func read(_ piece: Int) throws(StoreError) -> [UInt32] {
      let range = range(piece)
      var checks: [UInt32] = []
      for number in columns.indices {
        let width = columns[number].type.byteCount
        let bytes = UnsafeMutableRawBufferPointer(rebasing: buffers[number][..<(range.count * width)])
        try TensorReader.read(into: bytes, from: file, at: places[number] + range.lowerBound * width, on: files)
        var check = CRC32C()
        check.update(UnsafeRawBufferPointer(bytes))
        checks.append(check.value)
      }
      return checks
    }

    /// What was read last.
    func elements(_ piece: Int) -> [UnsafeRawBufferPointer] {
      zip(columns, buffers).map { column, buffer in
        UnsafeRawBufferPointer(rebasing: buffer[..<(range(piece).count * column.type.byteCount)])
      }
    }
  }
}
