/// The hash by which names share weights: the same in every process and in every version, since checkpoints rely on it.
///
/// Multiplying and folding, as `NameHash` does, with numbers that are no secret.
enum PublicHash {
  private static let hash = NameHash(0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03)

  /// - Parameters:
  ///   - bytes: the name's, where it does not stand in itself.
  ///   - bits: 1 to 30.
  @inline(__always)
  static func index(_ name: FeatureName, _ bytes: Span<UInt8>, bits: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: hash(name, bytes) >> UInt64(64 - bits))
  }

  static func find(
    _ names: Span<FeatureName>, _ longNames: Span<UInt8>, bits: Int, _ indices: inout MutableSpan<UInt32>
  ) {
    for position in names.indices {
      let name = names[position]
      indices[position] = name.withBytes(among: longNames) { index(name, $0, bits: bits) }
    }
  }
}
