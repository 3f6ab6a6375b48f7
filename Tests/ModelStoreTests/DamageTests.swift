import FoundationEssentials
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// However a checkpoint file is damaged, reading it says so, and nothing traps.
struct DamageTests {
  @Test(arguments: [0x01, 0x80, 0xFF, 0x04] as [UInt8])
  func everyChangedByteIsDetected(mask: UInt8) throws {
    let directory = try TemporaryDirectory()
    let file = try CheckpointFile.sample()
    let whole = file.bytes
    #expect(try failure(reading: whole, in: directory) == nil)
    // The one digit whose change can make an honest file of a later version.
    let digit = 8 + file.header.utf8.count - file.header.components(separatedBy: "\"format_version\":\"")[1].utf8.count
    for position in whole.indices {
      var bytes = whole
      bytes[position] ^= mask
      switch try failure(reading: bytes, in: directory) {
      case .damaged(let path, _): #expect(path.hasSuffix("damaged.safetensors"))
      case .newerVersion: #expect(position == digit)
      case let other: Issue.record("byte \(position) with mask \(mask): \(String(describing: other))")
      }
    }
  }

  @Test func everyTruncationIsDetected() throws {
    let directory = try TemporaryDirectory()
    let whole = try CheckpointFile.sample().bytes
    for count in whole.indices {
      let error = try failure(reading: Array(whole[..<count]), in: directory)
      #expect(error?.damage != nil, "\(count) of \(whole.count) bytes")
    }
  }

  @Test(arguments: [[0], [0xFF], Array(" ".utf8), Array(repeating: 0, count: 4096)] as [[UInt8]])
  func appendedBytesAreDetected(bytes: [UInt8]) throws {
    let directory = try TemporaryDirectory()
    let whole = try CheckpointFile.sample().bytes
    #expect(try failure(reading: whole + bytes, in: directory)?.damage != nil)
    #expect(try failure(reading: bytes + whole, in: directory)?.damage != nil)
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func damageToLargerFilesIsDetected(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    var generator = SeededGenerator(seed: seed)
    let whole = try CheckpointFile(RandomStream(seed: seed, messages: 60).learn().model).bytes
    for _ in 0..<40 {
      var bytes = whole
      let position = Int.random(in: bytes.indices, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[position] ^= UInt8.random(in: 1...255, using: &generator)
      case 1: bytes.remove(at: position)
      case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
      default:
        // A block of zeros, as a file system leaves where data never reached the disk.
        let end = min(bytes.count, position + 64)
        for place in position..<end { bytes[place] = 0 }
      }
      if bytes == whole { continue }
      let error = try failure(reading: bytes, in: directory)
      if case .newerVersion? = error { continue }
      #expect(error?.damage != nil, "seed \(seed), position \(position)")
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func garbageIsDetected(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    var generator = SeededGenerator(seed: seed)
    var bytes = (0..<Int.random(in: 0...500, using: &generator)).map { _ in
      UInt8.random(in: .min ... .max, using: &generator)
    }
    // Half of them with a length that fits, so that the header is looked at.
    if bytes.count >= 8, seed % 2 == 0 {
      let length = UInt64.random(in: 0...UInt64(bytes.count - 8), using: &generator)
      withUnsafeBytes(of: length.littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
    }
    #expect(try failure(reading: bytes, in: directory)?.damage != nil, "seed \(seed)")
  }

  @Test(arguments: [.max, .max - 7, 1 << 63, 1 << 62, 1 << 32, 10_000] as [UInt64])
  func headersOfImpossibleLengthAreDetected(length: UInt64) throws {
    let directory = try TemporaryDirectory()
    var bytes = try CheckpointFile.sample().bytes
    withUnsafeBytes(of: length.littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
    let problem = try failure(reading: bytes, in: directory)?.damage
    #expect(problem?.contains("its header claims \(length) bytes") == true, "\(problem ?? "none")")
  }

  @Test func deeplyNestedHeaderIsDetected() throws {
    let directory = try TemporaryDirectory()
    for opening in ["[", "{\"a\":"] {
      var file = try CheckpointFile.sample()
      file.header = String(repeating: opening, count: 100_000)
      #expect(try failure(reading: file.bytes, in: directory)?.damage != nil)
    }
  }

  @Test func aDirectoryIsNoCheckpoint() throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: StoreError.self) { try Checkpoint(file: directory.path) }
    #expect(error == .damaged(path: directory.path, problem: "it is not a regular file"))
  }

  @Test func aMissingFileNamesTheCall() throws {
    let path = "\(try TemporaryDirectory().path)/missing"
    #expect(throws: StoreError.system(call: "open", path: path, code: 2)) { try Checkpoint(file: path) }
  }
}
