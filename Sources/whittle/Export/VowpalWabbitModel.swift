internal import OnlineLearning

/// A regressor file of Vowpal Wabbit, as `--predict_only_model` writes it: weights by the hashes of their features' names.
///
/// After `model_io.cc` and `parse_regressor.cc`, numbers in little endian, texts with a NUL at their end:
///
///     length and text of the version | length and text of the model's id | "m" | smallest and largest prediction, Float32
///     | bits, UInt32 | 0 0 0, UInt32 each | length and text of options | 4, UInt32 | checksum, UInt32 | 0, UInt8
///     | index, UInt32, and weight, Float32, of each weight
///
/// The checksum is the hash of each of these from the id's length to the options' text, seeded with that of the one before.
struct VowpalWabbitModel {
  /// So many weights there are at least and at most, in powers of two: Vowpal Wabbit takes 16 bytes for each.
  private static let bits = 18...24
  private static let version = "9.0.0"

  private let weights: [(index: UInt32, weight: Float)]
  private let bits: Int
  private let link: String

  /// - Parameter notice: takes a line for people where features have to share a weight.
  /// - Complexity: O(features), and to sort them
  init(_ model: ExportedModel, notice: (String) -> Void) {
    link =
      switch model.loss {
      case .logistic: " --link logistic"
      case .poisson: " --link poisson"
      default: ""
      }
    var wanted = [(hash: VowpalWabbitHash.constant, weight: Float(model.intercept))]
    wanted += model.coefficients.filter { $0.value != 0 }
      .map { (hash: VowpalWabbitHash.of(feature: $0.name), weight: $0.value) }
    var bits = VowpalWabbitModel.bits.lowerBound
    // Weights of which each has several places to itself, and then as many as it takes that none is shared.
    while bits < VowpalWabbitModel.bits.upperBound,
      4 * wanted.count > 1 << bits || VowpalWabbitModel.placed(wanted, bits).count < wanted.count
    {
      bits += 1
    }
    let placed = VowpalWabbitModel.placed(wanted, bits)
    let lost = wanted.count - placed.count
    if lost > 0 {
      notice(
        "vw: \(Format.count(lost)) of \(Format.count(wanted.count)) coefficients are left out: their features have the hash of "
          + "a heavier one at \(bits) bits, and predictions with them differ")
    }
    self.bits = bits
    weights = placed.map { (index: $0.key, weight: $0.value) }.sorted { $0.index < $1.index }
  }

  /// The weight of each place; of those that share one, that of the first, which is the heaviest.
  private static func placed(_ wanted: [(hash: UInt64, weight: Float)], _ bits: Int) -> [UInt32: Float] {
    let mask = (UInt64(1) << UInt64(bits)) - 1
    return Dictionary(wanted.map { (UInt32($0.hash & mask), $0.weight) }) { first, _ in first }
  }

  var bytes: [UInt8] {
    var fields: [[UInt8]] = []
    func add(_ number: UInt32) {
      var field: [UInt8] = []
      field.appendLittleEndian(number)
      fields.append(field)
    }
    func add(_ text: String) {
      add(UInt32(text.utf8.count + 1))
      fields.append(Array(text.utf8) + [0])
    }
    add("")
    fields.append(Array("m".utf8))
    add((-Float.greatestFiniteMagnitude).bitPattern)
    add(Float.greatestFiniteMagnitude.bitPattern)
    for number: UInt32 in [UInt32(bits), 0, 0, 0] { add(number) }
    add(link)
    let checksum = fields.reduce(0) { VowpalWabbitHash.murmur($1, seed: $0) }
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(UInt32(VowpalWabbitModel.version.utf8.count + 1))
    bytes += Array(VowpalWabbitModel.version.utf8) + [0]
    for field in fields { bytes += field }
    bytes.appendLittleEndian(UInt32(4))
    bytes.appendLittleEndian(checksum)
    bytes.append(0)
    for (index, weight) in weights {
      bytes.appendLittleEndian(index)
      bytes.appendLittleEndian(weight.bitPattern)
    }
    return bytes
  }
}

/// Vowpal Wabbit's hashes of names, after `hash_functions.h` and `parse_primitives.h`.
enum VowpalWabbitHash {
  /// That of the intercept.
  static let constant: UInt64 = 11_650_396

  /// - Parameter name: that of the feature, behind a `^` that of its namespace.
  static func of(feature name: String) -> UInt64 {
    let bytes = Array(name.utf8)
    guard let end = bytes.firstIndex(of: UInt8(ascii: "^")), end > 0 else { return hash(bytes[...], seed: 0) }
    return hash(bytes[(end + 1)...], seed: hash(bytes[..<end], seed: 0))
  }

  /// Of names that are numbers, the number itself, beginning at the seed.
  private static func hash(_ name: ArraySlice<UInt8>, seed: UInt64) -> UInt64 {
    var name = name
    while let first = name.first, first <= 0x20 { name.removeFirst() }
    while let last = name.last, last <= 0x20 { name.removeLast() }
    if name.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
      return name.reduce(0) { $0 &* 10 &+ UInt64($1 - UInt8(ascii: "0")) } &+ seed
    }
    return UInt64(murmur(Array(name), seed: UInt32(truncatingIfNeeded: seed)))
  }

  /// MurmurHash3_x86_32 (Appleby 2011).
  static func murmur(_ bytes: [UInt8], seed: UInt32) -> UInt32 {
    func word(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    func rotated(_ value: UInt32, by count: UInt32) -> UInt32 { value << count | value >> (32 - count) }
    func mixed(_ block: UInt32) -> UInt32 { rotated(block &* 0xCC9E_2D51, by: 15) &* 0x1B87_3593 }
    var hash = seed
    let whole = bytes.count / 4 * 4
    for start in stride(from: 0, to: whole, by: 4) {
      hash = rotated(hash ^ mixed(word(bytes[start..<start + 4])), by: 13) &* 5 &+ 0xE654_6B64
    }
    if whole < bytes.count { hash ^= mixed(word(bytes[whole...])) }
    hash ^= UInt32(truncatingIfNeeded: bytes.count)
    hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
    hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
    return hash ^ hash >> 16
  }
}
