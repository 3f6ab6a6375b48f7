/// What a frame behind an answer holds: numbers, one after the other, little-endian.
public struct ArrayDescription: Codable, Sendable, Equatable {
  /// The field whose values they are.
  public var name: String
  /// As numpy writes it: `<f4`, `<f8`, `<i8`, or `|u1` for bytes.
  public var dtype: String
  public var shape: [Int]

  public init(name: String, dtype: String, shape: [Int]) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }
}

/// Numbers and names as buffers, each in a frame of its own behind the answer that describes them.
///
/// Names are two buffers: the bytes of all of them in UTF-8, and where each one ends among them.
public struct BinaryArrays: Sendable, Equatable {
  public private(set) var descriptions: [ArrayDescription] = []
  public private(set) var buffers: [[UInt8]] = []

  /// Why buffers are not what their answer says.
  public struct Mistake: Error, Equatable, CustomStringConvertible {
    public let description: String
  }

  public init() {}

  /// - Throws: where buffers are not as long as their descriptions say.
  public init(_ descriptions: [ArrayDescription], _ buffers: [[UInt8]]) throws(Mistake) {
    guard descriptions.count == buffers.count else {
      throw Mistake(description: "the answer describes \(descriptions.count) buffers, and \(buffers.count) follow it")
    }
    let sizes = ["<f4": 4, "<f8": 8, "<i8": 8, "|u1": 1]
    for (array, buffer) in zip(descriptions, buffers) {
      guard let size = sizes[array.dtype], array.shape.count == 1, array.shape[0] >= 0 else {
        throw Mistake(description: "\"\(array.name)\" is of \(array.dtype) \(array.shape), which is not known here")
      }
      let (bytes, overflows) = array.shape[0].multipliedReportingOverflow(by: size)
      guard !overflows, bytes == buffer.count else {
        throw Mistake(
          description: "\"\(array.name)\" has \(buffer.count) bytes; \(array.shape[0]) of \(array.dtype) are others")
      }
    }
    self.descriptions = descriptions
    self.buffers = buffers
  }

  public mutating func append(_ name: String, _ values: some Collection<Float>) {
    append(name, "<f4", values.count, values.map { $0.bitPattern.littleEndian })
  }

  public mutating func append(_ name: String, _ values: some Collection<Double>) {
    append(name, "<f8", values.count, values.map { $0.bitPattern.littleEndian })
  }

  public mutating func append(_ name: String, _ values: some Collection<Int>) {
    append(name, "<i8", values.count, values.map { Int64($0).littleEndian })
  }

  public mutating func append(_ name: String, bytes: some Collection<UInt8>) {
    append(name, "|u1", bytes.count, Array(bytes))
  }

  private mutating func append<Number: BitwiseCopyable>(
    _ name: String, _ dtype: String, _ count: Int, _ numbers: [Number]
  ) {
    descriptions.append(ArrayDescription(name: name, dtype: dtype, shape: [count]))
    buffers.append(numbers.withUnsafeBytes { Array($0) })
  }

  // MARK: Reading

  /// - Throws: where there is no such array.
  public func floats(_ name: String) throws(Mistake) -> [Float] {
    try numbers(name, "<f4") { Float(bitPattern: UInt32(littleEndian: $0)) }
  }

  /// - Throws: where there is no such array.
  public func doubles(_ name: String) throws(Mistake) -> [Double] {
    try numbers(name, "<f8") { Double(bitPattern: UInt64(littleEndian: $0)) }
  }

  /// - Throws: where there is no such array.
  public func integers(_ name: String) throws(Mistake) -> [Int] {
    try numbers(name, "<i8") { Int(Int64(littleEndian: $0)) }
  }

  /// Names, each of which ends where `ends` says among the bytes under `name`.
  ///
  /// - Throws: where there are no such arrays, or ends do not ascend to the last byte.
  public func texts(_ name: String, ends: String) throws(Mistake) -> [String] {
    let bytes = try buffer(name, "|u1")
    var texts: [String] = []
    var start = 0
    for end in try integers(ends) {
      guard start <= end, end <= bytes.count else {
        throw Mistake(description: "\"\(ends)\" does not ascend to the \(bytes.count) bytes of \"\(name)\"")
      }
      texts.append(String(decoding: bytes[start..<end], as: UTF8.self))
      start = end
    }
    return texts
  }

  private func numbers<Bits: FixedWidthInteger & BitwiseCopyable, Number>(
    _ name: String, _ dtype: String, _ number: (Bits) -> Number
  ) throws(Mistake) -> [Number] {
    let buffer = try buffer(name, dtype)
    return buffer.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size).map {
        number(bytes.loadUnaligned(fromByteOffset: $0, as: Bits.self))
      }
    }
  }

  private func buffer(_ name: String, _ dtype: String) throws(Mistake) -> [UInt8] {
    guard let place = descriptions.firstIndex(where: { $0.name == name && $0.dtype == dtype }) else {
      throw Mistake(description: "the answer has no array \"\(name)\" of \(dtype)")
    }
    return buffers[place]
  }
}
