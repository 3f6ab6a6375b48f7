internal import CProcessor

/// What is done with all numbers of an array at once. Each loop does one thing, which the compiler does for many at a time.
extension ArrayBuffer {
  /// Numbers that are gone through several times, while the first cache holds them.
  private static let piece = 2048

  /// How many bytes ahead of what is read the processor is asked for what comes: left to itself it begins anew with every page.
  fileprivate static let ahead = 2048

  /// Writes all numbers as Float64s.
  ///
  /// - Precondition: there are as many as there is room for.
  func write(to doubles: UnsafeMutableBufferPointer<Double>) {
    switch type {
    case .f4: convert(doubles, Float.self) { Double($0) }
    case .f8: convert(doubles, Double.self) { $0 }
    case .i4: convert(doubles, Int32.self) { Double($0) }
    case .i8: convert(doubles, Int64.self) { Double($0) }
    case .u4: convert(doubles, UInt32.self) { Double($0) }
    }
  }

  /// Writes the integers from a position on.
  ///
  /// - Precondition: there are as many as there is room for, and the type is one of integers.
  func write(to integers: UnsafeMutableBufferPointer<Int>, from start: Int) {
    switch type {
    case .i4: convert(integers, from: start, Int32.self) { Int($0) }
    case .i8: convert(integers, from: start, Int64.self) { Int($0) }
    case .u4: convert(integers, from: start, UInt32.self) { Int($0) }
    case .f4, .f8: integers.update(repeating: 0)
    }
  }

  /// Writes all numbers, of type i8, as columns; of one that is beyond UInt32, the lower half.
  ///
  /// - Returns: how many of them are larger than the one before.
  /// - Precondition: there are as many as there is room for.
  func writeColumns(to columns: UnsafeMutableBufferPointer<UInt32>) -> Int {
    var ascents = 0
    var before = Int64.max
    for position in columns.indices {
      let column = load(position, as: Int64.self)
      columns[position] = UInt32(truncatingIfNeeded: column)
      ascents &+= column > before ? 1 : 0
      before = column
    }
    return ascents
  }

  /// Writes all numbers as Float32s, as long as none is 0, or not finite.
  ///
  /// - Returns: what none exceeds, either way; nil where one is.
  /// - Precondition: there are as many as there is room for.
  func writePlain(to floats: UnsafeMutableBufferPointer<Float>) -> Float? {
    var sizes = FloatSizes()
    var start = 0
    while start < count {
      let piece = start..<min(start &+ ArrayBuffer.piece, count)
      let into = UnsafeMutableBufferPointer(rebasing: floats[piece])
      sizes.copy(self.floats(from: start, orIn: into), to: UnsafeMutableRawBufferPointer(into))
      guard sizes.arePlain else { return nil }
      start = piece.upperBound
    }
    return sizes.largest
  }

  /// The numbers from a position on as Float32s: where they are, or, being of another type, written to `room`, as many as there is
  /// room for.
  func floats(from start: Int = 0, orIn room: UnsafeMutableBufferPointer<Float>) -> UnsafeRawBufferPointer {
    switch type {
    case .f4: return bytes(start..<start &+ room.count)
    // Rounded by way of Float64, as everywhere.
    case .f8: convert(room, from: start, Double.self) { Float($0) }
    case .i4: convert(room, from: start, Int32.self) { Float(Double($0)) }
    case .i8: convert(room, from: start, Int64.self) { Float(Double($0)) }
    case .u4: convert(room, from: start, UInt32.self) { Float(Double($0)) }
    }
    return UnsafeRawBufferPointer(room)
  }

  /// Whether the numbers, as columns, ascend within each row, from 0 on.
  ///
  /// - Parameters:
  ///   - ascents: how many of them are larger than the one before; one from 2³¹ on may be taken to be below 0.
  ///   - ends: where rows end; they follow each other, to the last number.
  ///   - bound: what every column has to be below.
  func ascend(_ ascents: Int, in ends: Span<Int>, below bound: Int) -> Bool {
    switch type {
    case .i4, .u4: ascents == areWithin(ends, below: bound, Int32.self)
    case .i8: ascents == areWithin(ends, below: bound, Int64.self)
    case .f4, .f8: false
    }
  }

  @inline(__always)
  private func convert<Number: BitwiseCopyable, Result>(
    _ numbers: UnsafeMutableBufferPointer<Result>, from start: Int = 0, _: Number.Type, _ body: (Number) -> Result
  ) {
    for position in numbers.indices { numbers[position] = body(load(start &+ position, as: Number.self)) }
  }

  /// How many columns are larger than the one before if all rows ascend; nil where a row's first or last is out of range:
  /// if they are not, and the row ascends, nor are those between.
  @inline(__always)
  private func areWithin<Number: FixedWidthInteger & BitwiseCopyable>(
    _ ends: Span<Int>, below bound: Int, _: Number.Type
  ) -> Int? {
    var ascents = max(0, count &- 1)
    var isWithin = true
    var start = 0
    for row in ends.indices {
      let end = ends[row]
      if end == start { continue }
      let first = load(start, as: Number.self)
      if first < 0 || load(end &- 1, as: Number.self) >= bound { isWithin = false }
      if start > 0, first <= load(start &- 1, as: Number.self) { ascents &-= 1 }
      start = end
    }
    return isWithin ? ascents : nil
  }
}

/// How large the largest of many Float32s is, and the smallest, without their signs.
///
/// By the upper halves of their bit patterns: without its sign a pattern grows with its value, the exponent is in the upper
/// half, and of 16 bits the baseline of processors has a maximum and a minimum, of 32 it has none. The lower halves are
/// gone through with them, and not looked at.
struct FloatSizes {
  private var most = SIMD8<Int16>()
  private var least = SIMD8<Int16>(repeating: .max)
  // Of every second four, because what is one's result is awaited by its next.
  private var otherMost = SIMD8<Int16>()
  private var otherLeast = SIMD8<Int16>(repeating: .max)

  /// Takes in more of them, and copies them.
  ///
  /// - Parameter copies: room for as many, which may be where they are.
  @inline(__always)
  mutating func copy(_ floats: UnsafeRawBufferPointer, to copies: UnsafeMutableRawBufferPointer) {
    var sizes = self
    var offset = 0
    while offset &+ 32 <= floats.count {
      prefetch_near(floats.baseAddress.map { $0 + (offset &+ ArrayBuffer.ahead) })
      sizes.copyEight(floats, to: copies, at: offset)
      offset &+= 32
    }
    while offset < floats.count {
      sizes.copyOne(floats, to: copies, at: offset)
      offset &+= 4
    }
    self = sizes
  }

  /// Takes in the eight at an offset, and copies them.
  @inline(__always)
  mutating func copyEight(
    _ floats: UnsafeRawBufferPointer, to copies: UnsafeMutableRawBufferPointer, at offset: Int
  ) {
    let one = floats.loadUnaligned(fromByteOffset: offset, as: SIMD8<Int16>.self)
    let other = floats.loadUnaligned(fromByteOffset: offset &+ 16, as: SIMD8<Int16>.self)
    copies.storeBytes(of: one, toByteOffset: offset, as: SIMD8<Int16>.self)
    copies.storeBytes(of: other, toByteOffset: offset &+ 16, as: SIMD8<Int16>.self)
    FloatSizes.take(one, &most, &least)
    FloatSizes.take(other, &otherMost, &otherLeast)
  }

  /// Takes in the one at an offset, and copies it.
  @inline(__always)
  mutating func copyOne(
    _ floats: UnsafeRawBufferPointer, to copies: UnsafeMutableRawBufferPointer, at offset: Int
  ) {
    let pattern = floats.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
    copies.storeBytes(of: pattern, toByteOffset: offset, as: UInt32.self)
    let half = Int16(truncatingIfNeeded: pattern &>> 16) & .max
    most[1] = max(most[1], half)
    least[1] = min(least[1], half)
  }

  @inline(__always)
  private static func take(_ patterns: SIMD8<Int16>, _ most: inout SIMD8<Int16>, _ least: inout SIMD8<Int16>) {
    let halves = patterns & .max
    most.replace(with: halves, where: halves .> most)
    least.replace(with: halves, where: halves .< least)
  }

  private var largestHalf: Int16 { max(most.oddHalf.max(), otherMost.oddHalf.max()) }

  /// Whether all are finite, and none is 0. Those so small that their upper half is 0 are taken for it.
  var arePlain: Bool { largestHalf < 0x7F80 && min(least.oddHalf.min(), otherLeast.oddHalf.min()) > 0 }
  /// None is larger, either way.
  var largest: Float { Float(bitPattern: UInt32(UInt16(bitPattern: largestHalf)) << 16 | 0xFFFF) }
}
