/// What a row's values are like, looked at before any is copied.
struct ArrayRow {
  let values: UnsafeRawBufferPointer
  let count: Int
  /// The upper half of the largest value's bit pattern, either way: without its sign, a pattern grows with its value.
  private let largestHalf: Int16
  let hasZeros: Bool

  /// - Parameter values: Float32, at any address.
  /// - Complexity: O(values)
  @inline(__always)
  init(_ values: UnsafeRawBufferPointer) {
    self.values = values
    count = values.count / MemoryLayout<Float>.size
    // Of 16 bits the baseline of processors has a maximum, of 32 it has none; and the exponent is in the upper half.
    var largest: Int16 = 0
    var zeros: Int32 = 0
    for position in 0..<count {
      let pattern = values.loadUnaligned(fromByteOffset: position &* 4, as: Int32.self) & .max
      largest = max(largest, Int16(truncatingIfNeeded: pattern &>> 16))
      zeros |= pattern == 0 ? 1 : 0
    }
    largestHalf = largest
    hasZeros = zeros != 0
  }

  var isFinite: Bool { largestHalf < 0x7F80 }
  /// No value is larger, either way.
  var largest: Float { Float(bitPattern: UInt32(UInt16(bitPattern: largestHalf)) << 16 | 0xFFFF) }

  /// - Precondition: `position` is below `count`.
  @inline(__always)
  subscript(position: Int) -> Float { values.loadUnaligned(fromByteOffset: position &* 4, as: Float.self) }

  /// Writes the values that are not 0, and their features.
  ///
  /// - Parameters:
  ///   - features: one for each value; where it is `ColumnTable.unresolved`, the value is left out, too.
  ///   - areKnown: whether none is.
  @inline(__always)
  func write(
    _ features: UnsafeBufferPointer<UInt32>, areKnown: Bool, _ featuresInto: inout OutputSpan<UInt32>,
    _ valuesInto: inout OutputSpan<Float>
  ) {
    withRoom(&featuresInto, &valuesInto) { featuresInto, valuesInto in
      if areKnown, !hasZeros {
        UnsafeMutableRawBufferPointer(featuresInto).copyMemory(from: UnsafeRawBufferPointer(features))
        UnsafeMutableRawBufferPointer(valuesInto).copyMemory(from: values)
        return count
      }
      var kept = 0
      for position in 0..<count {
        let (feature, value) = (features[position], self[position])
        featuresInto[kept] = feature
        valuesInto[kept] = value
        kept &+= value != 0 && feature != ColumnTable.unresolved ? 1 : 0
      }
      return kept
    }
  }

  /// Writes the values that are not 0, and their features.
  ///
  /// - Parameter feature: of the value at a position.
  /// - Returns: false where a feature is `ColumnTable.unresolved`; then nothing is written.
  @inline(__always)
  func write(
    _ featuresInto: inout OutputSpan<UInt32>, _ valuesInto: inout OutputSpan<Float>, feature: (Int) -> UInt32
  ) -> Bool {
    var isKnown = true
    withRoom(&featuresInto, &valuesInto) { featuresInto, valuesInto in
      // An index so large that its first bit is set is taken for `unresolved`, too; the slow way tells them apart.
      var bits: UInt32 = 0
      var kept = 0
      if hasZeros {
        for position in 0..<count {
          let (feature, value) = (feature(position), self[position])
          featuresInto[kept] = feature
          valuesInto[kept] = value
          kept &+= value != 0 ? 1 : 0
          bits |= feature
        }
      } else {
        for position in 0..<count {
          let feature = feature(position)
          featuresInto[position] = feature
          bits |= feature
        }
        UnsafeMutableRawBufferPointer(valuesInto).copyMemory(from: values)
        kept = count
      }
      isKnown = bits <= UInt32(Int32.max)
      return isKnown ? kept : 0
    }
    return isKnown
  }

  /// Lends room for all values; as many of both as `body` returns are kept.
  @inline(__always)
  private func withRoom(
    _ features: inout OutputSpan<UInt32>, _ values: inout OutputSpan<Float>,
    _ body: (UnsafeMutableBufferPointer<UInt32>, UnsafeMutableBufferPointer<Float>) -> Int
  ) {
    features.withUnsafeMutableBufferPointer { features, featureCount in
      values.withUnsafeMutableBufferPointer { values, valueCount in
        featureCount = body(features, values)
        valueCount = featureCount
      }
    }
  }
}
