import OnlineLearning
import SampleFormats
import Testing

/// A mistake in a message of arrays: what is wrong is said with its place, and nothing changes.
struct ArrayMistake: Sendable, CustomTestStringConvertible {
  let header: String
  let buffers: [[UInt8]]
  let reason: SampleError.Reason
  let says: String
  var limits = SampleLimits()
  var loss = Loss.squared

  init(
    _ header: String, _ buffers: [[UInt8]], _ reason: SampleError.Reason, _ says: String,
    limits: SampleLimits = SampleLimits(), loss: Loss = .squared
  ) {
    (self.header, self.buffers, self.reason, self.says, self.limits, self.loss) =
      (header, buffers, reason, says, limits, loss)
  }

  var testDescription: String { says }
  var frames: [[UInt8]] { [Array(header.utf8)] + buffers }

  private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

  /// In place of the dtype and the shape of a dense x.
  private static func x(
    _ fields: String, _ says: String, _ reason: SampleError.Reason = .brokenArrays
  ) -> ArrayMistake {
    ArrayMistake(#"{"x": {\#(fields)}}"#, [zeros(8)], reason, says)
  }

  /// A CSR message of two rows and three columns.
  private static func sparse(
    indices: [Int32] = [0, 2, 1], ends: [Int32] = [0, 2, 3], _ says: String,
    _ reason: SampleError.Reason = .brokenArrays, limits: SampleLimits = SampleLimits()
  ) -> ArrayMistake {
    let header = """
      {"data": {"dtype": "<f4", "shape": [3]}, "indices": {"dtype": "<i4", "shape": [3]}, \
      "indptr": {"dtype": "<i4", "shape": [3]}, "y": {"dtype": "<f4", "shape": [2]}, "shape": [2, 3]}
      """
    return ArrayMistake(
      header,
      [
        ArrayMessage.bytes([1, 2, 3] as [Float]), ArrayMessage.bytes(indices), ArrayMessage.bytes(ends),
        ArrayMessage.bytes([1, 2] as [Float]),
      ], reason, says, limits: limits)
  }

  private static func dense(
    _ rows: [[Double]], _ y: [Double], weight: [Double]? = nil, dtype: String = "f4", _ says: String,
    _ reason: SampleError.Reason, limits: SampleLimits = SampleLimits(), loss: Loss = .squared
  ) -> ArrayMistake {
    let message = ArrayMessage.dense(rows, y: y, weight: weight, dtype: dtype)
    return ArrayMistake(message.header, message.buffers, reason, says, limits: limits, loss: loss)
  }

  static let all: [ArrayMistake] = headers + descriptions + together + buffers + rows + limited

  private static let headers: [ArrayMistake] = [
    ArrayMistake("{\"x\": ", [[], []], .brokenJSON, "frame 1, the header: the payload is not valid JSON"),
    ArrayMistake("{\"x\": 1\u{0}}", [[], []], .brokenJSON, "frame 1, the header"),
    ArrayMistake("nothing", [[], []], .frames, "the message has 3 frames; it should have"),
    ArrayMistake(#"[{"dtype": "<f4", "shape": [1, 1]}]"#, [[], []], .frames, "the message has 3 frames"),
    ArrayMistake(#"{"y": 1, "x": {"a": 1}}"#, [[], []], .frames, "or arrays: a topic if you like"),
    ArrayMistake("{}", [[]], .frames, "the message has 2 frames"),
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [1, 1]}, "z": 1}"#, [zeros(4)], .unknownField,
      #"frame 1, the header: a header has no field "z"; known fields: dtype"#),
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [1, 1]}, "x": {"dtype": "<f4", "shape": [1, 1]}}"#, [zeros(4), zeros(4)],
      .duplicateField, #"field "x" stands twice"#),
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [1, 1]}, "source": ["a"]}"#, [zeros(4)], .shape,
      #""source" must be a text that is not empty, not an array"#),
    ArrayMistake(
      #"{"dtype": "<f4", "shape": [1, 1], "id": {}}"#, [zeros(4)], .brokenArrays,
      #""id" must be a string or a number"#),
    ArrayMistake(#"{"dtype": "<f4"}"#, [zeros(4)], .brokenArrays, #""dtype" stands without "shape""#),
    ArrayMistake(
      #"{"dtype": "<f4", "shape": [1, 1], "x": {"dtype": "<f4", "shape": [1, 1]}}"#, [zeros(4), zeros(4)],
      .brokenArrays, "exclude each other"),
    ArrayMistake(
      #"{"dtype": "<f4", "shape": [1, 1], "id": "\#(String(repeating: "a", count: 65_536))"}"#, [zeros(4)],
      .brokenArrays, "a header has at most 65536"),
  ]

  private static let descriptions: [ArrayMistake] = [
    x(#""dtype": ">f4", "shape": [1, 2]"#, #"big endian; send little endian, as by astype("<f4")"#),
    x(#""dtype": "!i8", "shape": [1, 1]"#, #"astype("<i8")"#),
    x(#""dtype": "|i1", "shape": [1, 8]"#, #"dtype "|i1" is not known; known are <f4 (float32), <f8 (float64)"#),
    x(#""dtype": "<f2", "shape": [1, 4]"#, #"dtype "<f2" is not known"#),
    x(#""dtype": "|f4", "shape": [1, 2]"#, #"dtype "|f4" is not known"#),
    x(#""dtype": "", "shape": [1, 2]"#, #"dtype "" is not known"#),
    x(#""dtype": "<", "shape": [1, 2]"#, #"dtype "<" is not known"#),
    x(#""dtype": 4, "shape": [1, 2]"#, #""x": "dtype" must be a string such as "<f4", not a number"#),
    x(#""dtype": "<f4""#, #""x": the array has no "shape""#),
    ArrayMistake(
      #"{"x": {"shape": [1, 2]}, "y": {"dtype": "<f4", "shape": [1]}}"#, [zeros(8), zeros(4)], .brokenArrays,
      #""x": the array has no "dtype""#),
    ArrayMistake(
      #"{"x": 3, "y": {"dtype": "<f4", "shape": [1]}}"#, [zeros(8), zeros(4)], .brokenArrays,
      #""x": an array must be an object"#),
    x(#""dtype": "<f4", "shape": [1, 2], "strides": [8, 4]"#, #"an array has no field "strides""#, .unknownField),
    x(#""dtype": "<f4", "shape": [1, 2], "shape": [1, 2]"#, #"field "shape" stands twice"#, .duplicateField),
    x(#""dtype": "<f4", "shape": 2"#, #""shape" must be an array such as [2, 3], not a number"#),
    x(#""dtype": "<f4", "shape": [1, -2]"#, #""shape" has -2.0 where a whole number from 0 should be"#),
    x(#""dtype": "<f4", "shape": [1, 2.5]"#, #""shape" has 2.5 where"#),
    x(#""dtype": "<f4", "shape": [1, 1e300]"#, #""shape" has 1e+300 where"#),
    x(#""dtype": "<f4", "shape": [1, "2"]"#, #""shape" has a string where"#),
    x(#""dtype": "<f4", "shape": [1, 1, 2]"#, #""shape" has 3 lengths"#),
    x(#""dtype": "<f4", "shape": [2]"#, "x has shape [2]; it must be [samples, features]"),
    x(#""dtype": "<f4", "shape": []"#, "x has shape []"),
    x(#""dtype": "<f8", "shape": [4611686018427387904, 4611686018427387904]"#, "more numbers than any buffer"),
    x(#""dtype": "<f8", "shape": [1, 2305843009213693952]"#, "more numbers than any buffer"),
    x(#""dtype": "<f4", "shape": [1, 2], "order": "F""#, "as by numpy.ascontiguousarray(x)"),
    x(#""dtype": "<f4", "shape": [1, 2], "fortran_order": true"#, "the array lies column by column"),
    x(#""dtype": "<f4", "shape": [1, 2], "order": "K""#, #""order" must be "C""#),
  ]

  private static let together: [ArrayMistake] = [
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [1, 1]}, "data": {"dtype": "<f4", "shape": [1]}}"#, [zeros(4), zeros(4)],
      .brokenArrays, "the header has x and CSR arrays"),
    ArrayMistake(
      #"{"y": {"dtype": "<f4", "shape": [1]}}"#, [zeros(4)], .brokenArrays, "the header has no features"),
    ArrayMistake(
      #"{"data": {"dtype": "<f4", "shape": [1]}, "indices": {"dtype": "<i4", "shape": [1]}, "shape": [1, 1]}"#,
      [zeros(4), zeros(4)], .brokenArrays, "the header has no indptr"),
    csr(#""shape": [1]"#, #"CSR needs "shape": [samples, features]"#),
    csr(#""id": 1"#, #"CSR needs "shape""#),
    csr(#""shape": [2, 1]"#, "indptr has 2 numbers; for 2 samples"),
    csr(#""shape": [9223372036854774784, 1]"#, "for 9223372036854774784 samples"),
    csr(#""shape": [1, 1]"#, indices: #"{"dtype": "<f4", "shape": [1]}"#, "indices is of dtype <f4"),
    csr(#""shape": [1, 1]"#, indices: #"{"dtype": "<i4", "shape": [1, 1]}"#, "indices has shape [1, 1]"),
    csr(#""shape": [1, 1]"#, indices: #"{"dtype": "<i4", "shape": [2]}"#, "data has 1 values and indices has 2"),
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [2, 1]}, "shape": [1, 2]}"#, [zeros(8)], .brokenArrays,
      #""shape" is [1, 2], and that of x is [2, 1]"#),
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [2, 1]}, "y": {"dtype": "<f4", "shape": [1]}}"#, [zeros(8), zeros(4)],
      .brokenArrays, "y has shape [1]; for 2 samples it must be [2]"),
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [2, 1]}, "weight": {"dtype": "<f4", "shape": [1, 2]}}"#, [zeros(8), zeros(8)],
      .brokenArrays, "weight has shape [1, 2]"),
  ]

  private static func csr(
    _ field: String, indices: String = #"{"dtype": "<i4", "shape": [1]}"#, _ says: String
  ) -> ArrayMistake {
    ArrayMistake(
      #"""
      {"data": {"dtype": "<f4", "shape": [1]}, "indices": \#(indices), \#
      "indptr": {"dtype": "<i4", "shape": [2]}, \#(field)}
      """#, [zeros(4), zeros(4), zeros(8)], .brokenArrays, says)
  }

  private static let buffers: [ArrayMistake] = [
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [2, 3]}}"#, [zeros(23)], .brokenArrays,
      "frame 2, x: the buffer has 23 bytes; 6 numbers of <f4 have 24"),
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [1, 1]}, "y": {"dtype": "<f8", "shape": [1]}}"#, [zeros(4), zeros(4)],
      .brokenArrays, "frame 3, y: the buffer has 4 bytes; 1 numbers of <f8 have 8"),
    ArrayMistake(
      #"{"dtype": "float32", "shape": [2, 3]}"#, [zeros(24), zeros(4)], .brokenArrays,
      "frame 3, y: the buffer has 4 bytes; 2 numbers of <f4 have 8"),
    ArrayMistake(
      #"{"dtype": "<f8", "shape": [9223372036854774784, 0]}"#, [[], []], .brokenArrays,
      "frame 3, y: the buffer has 0 bytes; 9223372036854774784 numbers"),
    ArrayMistake(
      #"{"dtype": "float32", "shape": [1, 1]}"#, [zeros(4), zeros(4), zeros(4)], .frames,
      "the message has 4 frames, and 3 of them after the header, which wants a buffer each for x, and y if you like"),
    ArrayMistake(
      #"{"x": {"dtype": "<f4", "shape": [1, 1]}, "y": {"dtype": "<f4", "shape": [1]}}"#, [zeros(4)], .frames,
      "the message has 2 frames, and 1 of them after the header, which wants a buffer each for x, y"),
  ]

  private static let rows: [ArrayMistake] = [
    sparse(ends: [1, 2, 3], "indptr begins with 1; it must begin with 0"),
    sparse(ends: [0, 3, 2], "sample 2: indptr goes from 3 to 2; it must ascend to 3"),
    sparse(ends: [0, 4, 3], "sample 1: indptr goes from 0 to 4; it must ascend to 3"),
    sparse(ends: [0, 1, 2], "indptr ends with 2; it must end with 3"),
    sparse(ends: [0, -1, 3], "sample 1: indptr goes from 0 to -1"),
    sparse(indices: [0, 3, 1], "sample 1: column 3 is out of range; with 3 features they go from 0 to 2"),
    sparse(indices: [-1, 2, 1], "sample 1: column -1 is out of range"),
    sparse(indices: [0, 2, .max], "sample 2: column 2147483647 is out of range"),
    sparse(indices: [2, 2, 1], "sample 1: column 2 stands twice in one sample", .duplicateField),
    dense([[1, 2], [3, .nan]], [1, 2], #"sample 2: the value of feature "1" is nan"#, .featureValue),
    dense([[-.infinity, 2], [3, 4]], [1, 2], #"sample 1: the value of feature "0" is -inf"#, .featureValue),
    dense([[1, 2], [1e39, 4]], [1, 2], dtype: "f8", #"sample 2: the value of feature "0" is 1e+39"#, .featureValue),
    dense([[1], [.nan]], [1, 2], weight: [1, 0], #"sample 2: the value of feature "0" is nan"#, .featureValue),
    dense([[1], [2]], [1, .nan], "sample 2: the target is nan; with loss squared it must be", .target),
    dense([[1], [2]], [1, 2], "sample 2: the target is 2.0; with loss logistic", .target, loss: .logistic),
    dense([[1], [2]], [1, 2], weight: [1, -1], "sample 2: the importance weight is -1.0", .importance),
    dense([[1], [2]], [1, 2], weight: [.nan, 1], "sample 1: the importance weight is nan", .importance),
    dense([], [], "the message holds no sample", .empty),
  ]

  private static let limited: [ArrayMistake] = [
    dense([[1], [2]], [1, 2], "limits.samples_per_message is 1", .limit, limits: SampleLimits(samplesPerMessage: 1)),
    dense([[1, 0]], [1], "limits.features_per_sample is 1", .limit, limits: SampleLimits(featuresPerSample: 1)),
    sparse("sample 1: the sample has 2 features", .limit, limits: SampleLimits(featuresPerSample: 1)),
    dense([Array(repeating: 1, count: 11)], [1], "limits.name_bytes is 1", .limit, limits: SampleLimits(nameBytes: 1)),
    dense([[1, 0]], [1], "limits.message_bytes is 90", .limit, limits: SampleLimits(messageBytes: 90)),
    ArrayMistake(
      #"{"dtype": "<f4", "shape": [9223372036854774784, 0]}"#, [[]], .limit, "limits.samples_per_message"),
    ArrayMistake(
      #"{"dtype": "<f4", "shape": [0, 9223372036854774784]}"#, [[]], .limit, "limits.features_per_sample"),
  ]
}
