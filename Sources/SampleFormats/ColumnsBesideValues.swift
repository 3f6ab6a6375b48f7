internal import CProcessor

/// The columns of a sparse message beside its values, both in numbers of four bytes.
///
/// They are gone through together: most of the time goes to waiting for memory, and what comes from two places is waited for
/// at the same time.
struct ColumnsBesideValues {
  private let columns: UnsafeRawBufferPointer
  private let values: UnsafeRawBufferPointer

  /// How many bytes ahead of what is read the processor is asked for what comes.
  private static let ahead = 4096

  /// - Parameters:
  ///   - columns: of type i4 or u4.
  ///   - values: Float32s, as many as columns.
  init(columns: UnsafeRawBufferPointer, values: UnsafeRawBufferPointer) {
    precondition(columns.count == values.count, "each value has a column")
    (self.columns, self.values) = (columns, values)
  }

  /// Copies both; values may be copied to where they are.
  ///
  /// - Returns: how many columns are larger than the one before, those from 2³¹ on being taken to be below 0, and the sizes
  ///   of the values.
  /// - Precondition: there is room for as many as there are.
  func copy(
    columns columnCopies: UnsafeMutableBufferPointer<UInt32>, values valueCopies: UnsafeMutableBufferPointer<Float>
  ) -> (ascents: Int, sizes: FloatSizes) {
    let (columnCopies, valueCopies) = (
      UnsafeMutableRawBufferPointer(columnCopies), UnsafeMutableRawBufferPointer(valueCopies)
    )
    var sizes = FloatSizes()
    // The first column has none before it.
    if columns.count > 0 {
      columnCopies.storeBytes(of: column(0), as: Int32.self)
      sizes.copyOne(values, to: valueCopies, at: 0)
    }
    var offset = 4
    // Each lane counts down. A message has at most 2²⁹ numbers, so none counts further than it can.
    var (some, others) = (SIMD4<Int32>(), SIMD4<Int32>())
    while offset &+ 32 <= columns.count {
      prefetch(columns.baseAddress.unsafelyUnwrapped + (offset &+ ColumnsBesideValues.ahead))
      prefetch(values.baseAddress.unsafelyUnwrapped + (offset &+ ColumnsBesideValues.ahead))
      some &+= copyFour(at: offset, to: columnCopies)
      others &+= copyFour(at: offset &+ 16, to: columnCopies)
      sizes.copyEight(values, to: valueCopies, at: offset)
      offset &+= 32
    }
    some &+= others
    var ascents = -Int(some[0] &+ some[1] &+ some[2] &+ some[3])
    while offset < columns.count {
      if column(offset) > column(offset &- 4) { ascents &+= 1 }
      columnCopies.storeBytes(of: column(offset), toByteOffset: offset, as: Int32.self)
      sizes.copyOne(values, to: valueCopies, at: offset)
      offset &+= 4
    }
    return (ascents, sizes)
  }

  @inline(__always)
  private func column(_ offset: Int) -> Int32 { columns.loadUnaligned(fromByteOffset: offset, as: Int32.self) }

  /// Copies four columns.
  ///
  /// - Returns: −1 for each that is larger than the one before, and 0 for each other.
  @inline(__always)
  private func copyFour(at offset: Int, to copies: UnsafeMutableRawBufferPointer) -> SIMD4<Int32> {
    let four = columns.loadUnaligned(fromByteOffset: offset, as: SIMD4<Int32>.self)
    let before = columns.loadUnaligned(fromByteOffset: offset &- 4, as: SIMD4<Int32>.self)
    copies.storeBytes(of: four, toByteOffset: offset, as: SIMD4<Int32>.self)
    // A mask is so many integers of this size, all bits of which are alike.
    return unsafeBitCast(four .> before, to: SIMD4<Int32>.self)
  }
}
