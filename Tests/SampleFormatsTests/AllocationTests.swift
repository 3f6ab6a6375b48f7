import CAllocationCounter
import OnlineLearning
import SampleFormats
import Testing

/// Decoding text and arrays allocates nothing once it has seen what messages are like. What unoptimized code would allocate by
/// itself, for JSON and products of features, is counted by the program `allocation-count`.
@Suite(.enabled(if: allocations_are_counted(), "a sanitizer stands before the allocator"))
struct AllocationTests {
  /// How often memory is allocated while a message that has been decoded before is decoded a hundred times.
  private func allocations(
    _ message: String, _ format: SampleDecoder.Format, _ purpose: SampleDecoder.Purpose
  ) throws -> UInt64 {
    let bench = Workbench()
    let bytes = Array(message.utf8)
    try bench.decode(bytes, format: format)
    for _ in 0..<2 { try bench.decode(bytes, format: format, for: purpose) }
    let before = allocations_of_this_thread()
    for _ in 0..<100 { try bench.decode(bytes, format: format, for: purpose) }
    return allocations_of_this_thread() - before
  }

  private func lines(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map { line($0) + "\n" }.joined()
  }

  private static let texts: [(name: String, format: SampleDecoder.Format, line: @Sendable (Int) -> String)] = [
    ("plain", .vw, { "1 | a:0.5 b\($0):0.25 c" }),
    ("label, tag, namespaces", .vw, { "\($0) 2.5 'tag\($0) |n:2 a:0.5 b |another-namespace c\($0):1e-3 d :2" }),
    (
      "long names and numbers", .vw,
      { "1 |n a-name-of-more-than-fifteen-bytes-\($0):0.12345678901234567890 ü:0.000000000000000000000000000001e-400" }
    ),
    ("repeated", .vw, { "1 | a b\($0) a:2 c a:-3 d:0" }),
    ("unlabeled", .vw, { "| a b\($0)" }),
    ("indexed", .svmlight, { "1 1:0.5 \($0 + 2):0.25 # comment" }),
    ("indexed with query and zeros", .svmlight, { "-1.5 qid:\($0) 007:1e-3 \($0 + 9):0" }),
  ]

  @Test(arguments: AllocationTests.texts.indices, [SampleDecoder.Purpose.learn, .predict])
  func textAllocatesNothing(_ text: Int, _ purpose: SampleDecoder.Purpose) throws {
    let (name, format, line) = AllocationTests.texts[text]
    for count in [1, 50] {
      let counted = try allocations(lines(count, line), format, purpose)
      #expect(counted == 0, "\(name), \(count) lines: \(Double(counted) / 100) allocations a message")
    }
  }

  /// Arrays that are taken as a whole, and such as are gone through row by row.
  private static let arrays: [(name: String, message: @Sendable (Int) -> ArrayMessage)] = [
    ("dense", { rows in .dense((1...rows).map { [1, 2, Double($0)] }, y: (1...rows).map(Double.init)) }),
    (
      "dense with weights",
      { rows in
        let y = (1...rows).map(Double.init)
        return .dense(y.map { [1, 2, $0] }, y: y, weight: y)
      }
    ),
    (
      "dense Float64",
      { rows in
        .dense((1...rows).map { [0.1, Double($0)] }, y: (1...rows).map(Double.init), dtype: "f8")
      }
    ),
    ("dense with zeros", { rows in .dense((1...rows).map { [0, 2, Double($0)] }, y: (1...rows).map(Double.init)) }),
    ("dense without targets", { rows in .dense((1...rows).map { [0, 2, Double($0)] }) }),
    (
      "CSR",
      { rows in
        .sparse((1...rows).map { [(0, 1), ($0, 2)] }, columns: 99, y: (1...rows).map(Double.init))
      }
    ),
    (
      "CSR int64",
      { rows in
        .sparse((1...rows).map { [(0, 1), ($0, 2)] }, columns: 99, y: (1...rows).map(Double.init), indexType: "i8")
      }
    ),
    (
      "CSR in any order",
      { rows in
        .sparse((1...rows).map { [($0, 2), (0, 1)] }, columns: 99, y: (1...rows).map(Double.init), dtype: "i4")
      }
    ),
    (
      "CSR with zeros",
      { rows in
        .sparse((1...rows).map { [(0, 0), ($0, 2)] }, columns: 99, y: (1...rows).map(Double.init))
      }
    ),
  ]

  @Test(
    arguments: AllocationTests.arrays.indices,
    [FeatureSpace.Kind.dictionary, .hashed(bits: 18), .hashed(bits: 1), .indexed(width: 99)])
  func arraysAllocateNothing(_ place: Int, _ kind: FeatureSpace.Kind) throws {
    for purpose in [SampleDecoder.Purpose.learn, .answer, .predict] {
      try arraysAllocateNothing(place, kind, purpose)
    }
  }

  private func arraysAllocateNothing(
    _ place: Int, _ kind: FeatureSpace.Kind, _ purpose: SampleDecoder.Purpose
  ) throws {
    let (name, message) = AllocationTests.arrays[place]
    for count in [1, 50] {
      let bench = Workbench(space: FeatureSpace(kind))
      let frames = message(count).frames
      let memory = frames.map { frame in
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.count, alignment: 8)
        room.copyBytes(from: frame)
        return UnsafeRawBufferPointer(room)
      }
      defer { for frame in memory { frame.deallocate() } }
      func decode(_ purpose: SampleDecoder.Purpose) throws {
        try bench.decoder.decode(
          memory.span, for: purpose, into: &bench.batch, dictionary: &bench.model.space)
      }
      try decode(.learn)
      for _ in 0..<3 { try decode(purpose) }
      let before = allocations_of_this_thread()
      for _ in 0..<100 { try decode(purpose) }
      let counted = allocations_of_this_thread() - before
      #expect(counted == 0, "\(name), \(count) rows: \(Double(counted) / 100) allocations a message")
    }
  }

  /// Otherwise nothing above would be found.
  @Test
  func allocationsAreCounted() throws {
    let before = allocations_of_this_thread()
    var kept: [[UInt8]] = []
    for size in 1...10 { kept.append([UInt8](repeating: 1, count: size * 100)) }
    #expect(allocations_of_this_thread() - before >= 10)
    #expect(kept.count == 10)
  }
}
