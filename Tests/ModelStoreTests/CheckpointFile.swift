import FoundationEssentials
import OnlineLearning
import TestSupport

@testable import ModelStore

/// The bytes of a checkpoint file, to be damaged.
struct CheckpointFile {
  /// The header's JSON, with its padding, and what follows it.
  var header: String
  var data: [UInt8]

  init(_ model: Model) throws {
    self.init(try Checkpoint(model, time: 1_700_000_000.5).encoded())
  }

  init(_ bytes: [UInt8]) {
    let length = Int(bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) })
    header = String(decoding: bytes[8..<8 + length], as: UTF8.self)
    data = Array(bytes[(8 + length)...])
  }

  /// A small model of `sgd`.
  static func sample(_ loss: Loss = .squared) throws -> CheckpointFile {
    try sample(LearnerConfiguration(loss: loss, penalty: Penalty(l1: 0.01, l2: 0.01, period: 2)))
  }

  /// A small model of three features and five steps.
  static func sample(_ configuration: LearnerConfiguration) throws -> CheckpointFile {
    var model = Model(configuration)
    let target = configuration.loss.isClassification ? 1.0 : 3
    let sample = RandomStream.Sample(features: [("a", 1), ("größe", -2), ("c", 0.5)], target: target, importance: 1)
    for _ in 0..<5 { model.learn([sample]) }
    return try CheckpointFile(model)
  }

  /// The bytes as they are.
  var bytes: [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
  }

  /// The bytes with a checksum that agrees with them, so that only what the checksum does not cover is left to object.
  var sealed: [UInt8] {
    var bytes = bytes
    let header = Array(bytes[..<(8 + self.header.utf8.count)])
    guard let place = Checkpoint.checksumDigits(in: header.span) else { return bytes }
    bytes.replaceSubrange(place, with: repeatElement(UInt8(ascii: "0"), count: 8))
    var check = CRC32C()
    bytes.withUnsafeBytes { check.update($0) }
    bytes.replaceSubrange(place, with: Checkpoint.digits(check.value))
    return bytes
  }

  func replacing(_ text: String, with other: String) -> CheckpointFile {
    var copy = self
    copy.header = header.replacing(text, with: other)
    return copy
  }

  /// Gives a number in one of the texts another value.
  ///
  /// - Parameter path: the text, and the keys that lead to the number.
  func setting(_ path: [String], to value: String) -> CheckpointFile {
    // As bytes: comparing characters takes much longer.
    var rest = header.utf8[...]
    for (depth, key) in path.enumerated() {
      let quoted = depth == 0 ? "\"\(key)\":" : "\\\"\(key)\\\":"
      guard let place = rest.firstRange(of: quoted.utf8) else { return self }
      rest = rest[place.upperBound...]
    }
    guard let end = rest.firstIndex(where: { ",]}".utf8.contains($0) }) else { return self }
    var copy = self
    copy.header.replaceSubrange(rest.startIndex..<end, with: value)
    return copy
  }

  /// The text that gives a tensor's place, such as `"data_offsets":[0,24]`.
  func offsets(of tensor: String) -> (start: Int, end: Int, text: String) {
    let after = header.components(separatedBy: "\"\(tensor)\":{")[1]
    let inside = after.components(separatedBy: "\"data_offsets\":[")[1].components(separatedBy: "]")[0]
    let numbers = inside.components(separatedBy: ",").compactMap { Int($0) }
    return (numbers[0], numbers[1], "\"data_offsets\":[\(inside)]")
  }

  /// Puts bytes into a tensor.
  func setting(_ tensor: String, at offset: Int = 0, to bytes: [UInt8]) -> CheckpointFile {
    var copy = self
    let start = offsets(of: tensor).start + offset
    copy.data.replaceSubrange(start..<start + bytes.count, with: bytes)
    return copy
  }
}

/// What reading the bytes as a checkpoint ends with; nil where they are one.
func failure(reading bytes: [UInt8], in directory: TemporaryDirectory) throws -> StoreError? {
  let file = try directory.write(bytes, to: "damaged.safetensors")
  do throws(StoreError) {
    _ = try Checkpoint(file: file)
    return nil
  } catch {
    return error
  }
}

extension Checkpoint {
  /// The bytes of its file.
  func encoded() throws -> [UInt8] {
    let encoder = try CheckpointEncoder(self)
    var file = [UInt8](repeating: 0xAA, count: encoder.size)
    encoder.encode { bytes, offset in file.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
    return file
  }
}

extension StoreError {
  /// What is wrong with a damaged file; nil for another error.
  var damage: String? {
    if case .damaged(_, let problem) = self { problem } else { nil }
  }
}
