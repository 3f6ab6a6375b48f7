internal import Foundation
internal import Glibc
internal import ModelStore
internal import OnlineLearning

/// How fast a checkpoint is written and restored, beside what the disk can do.
struct CheckpointBenchmark {
  private let messages: StoreMessages
  private let rounds: Int
  private let directory: String

  /// How many times as fast as dd.
  private static let writeBar = 0.8
  /// How many times as long as reading the file.
  private static let restoreBar = 1.5

  static func names(_ bits: Int) -> [String] { ["2^\(bits) write", "2^\(bits) restore", "2^\(bits) restore cold"] }

  init(_ messages: StoreMessages, rounds: Int, directory: String) {
    (self.messages, self.rounds, self.directory) = (messages, rounds, directory)
  }

  func results() throws -> [Result] {
    let names = CheckpointBenchmark.names(messages.bits)
    var store = try CheckpointStore(directory: "\(directory)/2^\(messages.bits)")
    let checkpoint = Checkpoint(messages.model, time: 0)
    let first = try store.write(checkpoint)
    let size = first.bytes
    guard try Checkpoint(file: first.entry.path).model.learner.coefficients() == messages.model.learner.coefficients()
    else {
      throw BenchError.otherRestored("2^\(messages.bits)")
    }
    let writing = try Rounds(
      rounds,
      [
        {
          // Both write a new file.
          _ = try store.retain(Retention(newest: 1, hourly: 0, daily: 0))
          return try Seconds.measure { _ = try store.write(checkpoint) }
        }, { try dd(size) },
      ])
    guard let newest = try store.newest().entry else { throw BenchError.otherRestored("2^\(messages.bits)") }
    let restored = { try Seconds.measure { _ = try Checkpoint(file: newest.path) } }
    let read = { try Seconds.measure { try readAll(newest.path) } }
    let warm = try Rounds(rounds, [restored, read])
    let cold = try Rounds(
      rounds,
      [restored, read].map { contestant in
        {
          try forget(newest.path)
          return try contestant()
        }
      })
    func result(_ name: String, _ measured: Rounds, _ reference: String, _ ratios: [Double], _ bar: Result.Bar)
      -> Result
    {
      Result(
        name: name, unit: .bytesPerSecond, figure: Double(size) / measured.median(0),
        comparison: Result.Comparison(
          reference: reference, figure: Double(size) / measured.median(1), ratios: ratios), bar: bar)
    }
    return [
      result(names[0], writing, "dd conv=fsync", writing.ratios(1, over: 0), .atLeast(CheckpointBenchmark.writeBar)),
      result(names[1], warm, "reading", warm.ratios(0, over: 1), .atMost(CheckpointBenchmark.restoreBar)),
      result(names[2], cold, "reading", cold.ratios(0, over: 1), .atMost(CheckpointBenchmark.restoreBar)),
    ]
  }

  /// Has dd write as many bytes.
  ///
  /// - Returns: the seconds that it says it took.
  private func dd(_ size: Int) throws -> Seconds {
    let file = "\(directory)/dd"
    try? FileManager.default.removeItem(atPath: file)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "LC_ALL=C", "dd", "if=/dev/zero", "of=\(file)", "bs=1M", "count=\(size)", "iflag=count_bytes", "conv=fsync",
    ]
    let said = Pipe()
    process.standardError = said
    try process.run()
    let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: file)
    let words = text.components(separatedBy: " copied, ").last?.split(separator: " ")
    guard process.terminationStatus == 0, let first = words?.first, let seconds = Double(first) else {
      throw BenchError.program("dd", said: text)
    }
    return Seconds(wall: seconds)
  }

  /// Reads a file into memory that nobody has used before, as restoring does.
  private func readAll(_ path: String) throws {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var status = stat()
    guard file >= 0, fstat(file, &status) == 0 else { throw BenchError.program("reading", said: path) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(status.st_size), alignment: 4096)
    defer { buffer.deallocate() }
    var count = 0
    while count < buffer.count {
      let got = Glibc.read(file, buffer.baseAddress.map { $0 + count }, min(1 << 20, buffer.count - count))
      guard got > 0 else { throw BenchError.program("reading", said: path) }
      count += got
    }
  }

  /// Has the machine forget what it remembers of a file.
  private func forget(_ path: String) throws {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    guard file >= 0, fsync(file) == 0, posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0 else {
      throw BenchError.program("posix_fadvise", said: path)
    }
  }
}
