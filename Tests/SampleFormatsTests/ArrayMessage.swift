import OnlineLearning
import SampleFormats

/// A message of arrays, as numpy would have it.
struct ArrayMessage {
  var header: String
  var buffers: [[UInt8]]

  var frames: [[UInt8]] { [Array(header.utf8)] + buffers }

  /// Numbers as the bytes of a little-endian array.
  static func bytes<Number: BitwiseCopyable>(_ numbers: [Number]) -> [UInt8] {
    numbers.withUnsafeBytes { Array($0) }
  }

  static func bytes(_ numbers: [Double], as dtype: String) -> [UInt8] {
    switch dtype {
    case "f4": bytes(numbers.map(Float.init))
    case "i4": bytes(numbers.map { Int32($0) })
    case "i8": bytes(numbers.map { Int64($0) })
    case "u4": bytes(numbers.map { UInt32($0) })
    default: bytes(numbers)
    }
  }

  static func description(_ dtype: String, _ shape: [Int]) -> String {
    #"{"dtype": "<\#(dtype)", "shape": \#(shape)}"#
  }

  static func dense(
    _ rows: [[Double]], y: [Double]? = nil, weight: [Double]? = nil, dtype: String = "f4", targetType: String = "f8"
  ) -> ArrayMessage {
    var fields = [#""x": \#(description(dtype, [rows.count, rows.first?.count ?? 0]))"#]
    var buffers = [bytes(rows.flatMap(\.self), as: dtype)]
    for (name, numbers) in [("y", y), ("weight", weight)] {
      guard let numbers else { continue }
      fields.append(#""\#(name)": \#(description(targetType, [numbers.count]))"#)
      buffers.append(bytes(numbers, as: targetType))
    }
    return ArrayMessage(header: "{\(fields.joined(separator: ", "))}", buffers: buffers)
  }

  /// - Parameter rows: for each row its columns and their values.
  static func sparse(
    _ rows: [[(column: Int, value: Double)]], columns: Int, y: [Double]? = nil, weight: [Double]? = nil,
    dtype: String = "f4", indexType: String = "i4"
  ) -> ArrayMessage {
    let stored = rows.flatMap(\.self)
    var ends = [0.0]
    for row in rows { ends.append(ends[ends.count - 1] + Double(row.count)) }
    var fields = [
      #""data": \#(description(dtype, [stored.count]))"#, #""indices": \#(description(indexType, [stored.count]))"#,
      #""indptr": \#(description(indexType, [ends.count]))"#, #""shape": [\#(rows.count), \#(columns)]"#,
    ]
    var buffers = [
      bytes(stored.map(\.value), as: dtype), bytes(stored.map { Double($0.column) }, as: indexType),
      bytes(ends, as: indexType),
    ]
    for (name, numbers) in [("y", y), ("weight", weight)] {
      guard let numbers else { continue }
      fields.append(#""\#(name)": \#(description("f8", [numbers.count]))"#)
      buffers.append(bytes(numbers, as: "f8"))
    }
    return ArrayMessage(header: "{\(fields.joined(separator: ", "))}", buffers: buffers)
  }
}

extension Workbench {
  func decode(
    frames: [[UInt8]], format: SampleDecoder.Format = .auto, for purpose: SampleDecoder.Purpose = .learn
  ) throws(SampleError) {
    // Each frame one byte past an aligned address, and nothing readable behind it that belongs to it.
    let memory = frames.map { frame in
      let room = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.count + 1, alignment: 16)
      let part = UnsafeMutableRawBufferPointer(rebasing: room[1...])
      part.copyBytes(from: frame)
      return (room: room, part: UnsafeRawBufferPointer(part))
    }
    defer { for (room, _) in memory { room.deallocate() } }
    let lent = memory.map(\.part)
    try decoder.decode(lent.span, format: format, for: purpose, into: &batch, dictionary: &model.space)
  }

  func learn(frames: [[UInt8]], format: SampleDecoder.Format = .auto) throws(SampleError) {
    try decode(frames: frames, format: format)
    model.learn(batch)
  }
}
