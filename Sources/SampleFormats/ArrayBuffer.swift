/// The numbers that an array may hold, as numpy abbreviates them; all little endian.
enum ArrayType: String, CaseIterable {
  case f4, f8, i4, i8, u4

  /// numpy's name for it in full.
  var name: String {
    switch self {
    case .f4: "float32"
    case .f8: "float64"
    case .i4: "int32"
    case .i8: "int64"
    case .u4: "uint32"
    }
  }

  /// Bytes of one number.
  var size: Int { self == .f8 || self == .i8 ? 8 : 4 }
  var isInteger: Bool { self != .f4 && self != .f8 }

  /// Takes numpy's spellings of a dtype: `<f4`, `=f4`, `f4`, `float32`. Without `<` it is the sender's own byte order,
  /// which is taken to be little endian as everywhere today.
  ///
  /// - Throws: what else it should be.
  init(_ spelling: String) throws(SampleError) {
    let order = spelling.first.flatMap { "<>=|!".contains($0) ? $0 : nil }
    let bare = spelling.dropFirst(order == nil ? 0 : 1)
    guard let type = ArrayType.allCases.first(where: { bare == $0.rawValue || bare == $0.name }), order != "|" else {
      let known = ArrayType.allCases.map { "<\($0.rawValue) (\($0.name))" }.joined(separator: ", ")
      throw SampleError(.brokenArrays, "dtype \"\(spelling.prefix(60))\" is not known; known are \(known)")
    }
    if order == ">" || order == "!" {
      throw SampleError(
        .brokenArrays, "dtype \"\(spelling)\" is big endian; send little endian, as by astype(\"<\(type.rawValue)\")")
    }
    self = type
  }
}

/// An array as it lies in its frame, at any address.
struct ArrayBuffer {
  let type: ArrayType
  /// How many numbers it has: `bytes` holds exactly as many, which whoever makes one sees to.
  let count: Int
  let bytes: UnsafeRawBufferPointer
  /// Which of the message's frames it is, from 0.
  let frame: Int

  /// An error about the number at a position, with its place.
  func error(_ reason: SampleError.Reason, _ message: String, at position: Int) -> SampleError {
    let byte = position * type.size
    return SampleError(reason, "\(message) (byte \(byte + 1) of frame \(frame + 1))", at: byte)
  }

  /// The number at a position, which is of this type.
  @inline(__always)
  func load<Number: BitwiseCopyable>(_ position: Int, as: Number.Type) -> Number {
    bytes.loadUnaligned(fromByteOffset: position &* MemoryLayout<Number>.size, as: Number.self)
  }

  /// - Precondition: `position` is below `count`, as for all that follows.
  func double(at position: Int) -> Double {
    switch type {
    case .f4: Double(load(position, as: Float.self))
    case .f8: load(position, as: Double.self)
    case .i4: Double(load(position, as: Int32.self))
    case .i8: Double(load(position, as: Int64.self))
    case .u4: Double(load(position, as: UInt32.self))
    }
  }

  /// - Precondition: the type is one of integers.
  func integer(at position: Int) -> Int {
    switch type {
    case .i4: Int(load(position, as: Int32.self))
    case .i8: Int(load(position, as: Int64.self))
    case .u4: Int(load(position, as: UInt32.self))
    case .f4, .f8: 0
    }
  }

  /// The bytes of some of the numbers.
  @inline(__always)
  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    let size = type.size
    return UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound &* size..<range.upperBound &* size])
  }

  /// The bytes of some of the numbers as Float32, those out of range infinite. Rounded by way of Float64, as JSON's
  /// numbers are.
  ///
  /// - Parameter room: holds them, where they are of another type, until the next call.
  /// - Complexity: O(1) for f4, O(numbers) for the others
  @inline(__always)
  func floats(_ range: Range<Int>, _ room: inout ConvertedNumbers) -> UnsafeRawBufferPointer {
    if type == .f4 { return bytes(range) }
    return convert(range, room.floats(range.count))
  }

  private func convert(_ range: Range<Int>, _ floats: UnsafeMutableBufferPointer<Float>) -> UnsafeRawBufferPointer {
    let bytes = bytes(range)
    switch type {
    case .f4: break
    case .f8: fill(floats, from: bytes, Double.self) { $0 }
    case .i4: fill(floats, from: bytes, Int32.self) { Double($0) }
    case .i8: fill(floats, from: bytes, Int64.self) { Double($0) }
    case .u4: fill(floats, from: bytes, UInt32.self) { Double($0) }
    }
    return UnsafeRawBufferPointer(floats)
  }

  @inline(__always)
  private func fill<Number: BitwiseCopyable>(
    _ floats: UnsafeMutableBufferPointer<Float>, from bytes: UnsafeRawBufferPointer, _: Number.Type,
    _ double: (Number) -> Double
  ) {
    for position in floats.indices {
      let number = bytes.loadUnaligned(fromByteOffset: position &* MemoryLayout<Number>.size, as: Number.self)
      floats[position] = Float(double(number))
    }
  }
}

/// Room for a row's numbers in another type, kept from row to row.
struct ConvertedNumbers: ~Copyable {
  private var memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: 64)

  deinit {
    memory.deallocate()
  }

  /// Room for `count` numbers, which hold anything.
  mutating func floats(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    if count > memory.count {
      memory.deallocate()
      memory = .allocate(capacity: count + count / 2)
    }
    return UnsafeMutableBufferPointer(rebasing: memory[..<count])
  }
}
