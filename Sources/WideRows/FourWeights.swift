/// Where the weights of four features are, which have rates of their own (see `WideAdaptiveRow`).
struct FourWeights {
  let a: UnsafeMutableRawPointer
  let b: UnsafeMutableRawPointer
  let c: UnsafeMutableRawPointer
  let d: UnsafeMutableRawPointer

  /// v, r, v, r, v, r, v, r: each two in one load, as they are stored.
  @inline(__always)
  var valuesAndScalesOrRates: SIMD8<Float> { unsafeBitCast(numbers(at: 0), to: SIMD8<Float>.self) }

  @inline(__always)
  func numbers(at offset: Int) -> Quad {
    Quad(
      (a + offset).loadUnaligned(as: Double.self), (b + offset).loadUnaligned(as: Double.self),
      (c + offset).loadUnaligned(as: Double.self), (d + offset).loadUnaligned(as: Double.self))
  }

  @inline(__always)
  func store(_ numbers: Quad, at offset: Int) {
    (a + offset).storeBytes(of: numbers[0], as: Double.self)
    (b + offset).storeBytes(of: numbers[1], as: Double.self)
    (c + offset).storeBytes(of: numbers[2], as: Double.self)
    (d + offset).storeBytes(of: numbers[3], as: Double.self)
  }

  @inline(__always)
  func storeScales(_ scales: SIMD4<Float>) {
    (a + 4).storeBytes(of: scales[0], as: Float.self)
    (b + 4).storeBytes(of: scales[1], as: Float.self)
    (c + 4).storeBytes(of: scales[2], as: Float.self)
    (d + 4).storeBytes(of: scales[3], as: Float.self)
  }

  @inline(__always)
  func store(_ values: SIMD4<Float>) {
    a.storeBytes(of: values[0], as: Float.self)
    b.storeBytes(of: values[1], as: Float.self)
    c.storeBytes(of: values[2], as: Float.self)
    d.storeBytes(of: values[3], as: Float.self)
  }

  @inline(__always)
  func store(_ values: SIMD4<Float>, _ rates: SIMD4<Float>) {
    store(
      unsafeBitCast(
        SIMD8(values[0], rates[0], values[1], rates[1], values[2], rates[2], values[3], rates[3]), to: Quad.self), at: 0
    )
  }
}
