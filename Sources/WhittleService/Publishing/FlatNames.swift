/// Names end to end, in one piece of memory however many they are.
struct FlatNames: Sendable {
  private(set) var bytes: [UInt8] = []
  /// Where each name ends among the bytes.
  private(set) var ends: [Int] = []

  var count: Int { ends.count }

  mutating func reserveCapacity(_ count: Int) { ends.reserveCapacity(count) }

  /// - Complexity: O(length of the name), amortized
  mutating func append(_ name: String) { append(name.utf8) }

  mutating func append(_ name: some Collection<UInt8>) {
    bytes.append(contentsOf: name)
    ends.append(bytes.count)
  }

  /// The bytes of a name.
  ///
  /// - Complexity: O(1)
  subscript(place: Int) -> ArraySlice<UInt8> { bytes[start(of: place)..<ends[place]] }

  /// Where a name begins among the bytes; for `count` where the last one ends.
  func start(of place: Int) -> Int { place == 0 ? 0 : ends[place - 1] }

  /// The names of a range.
  func strings(_ range: Range<Int>) -> [String] { range.map { String(decoding: self[$0], as: UTF8.self) } }

  var strings: [String] { strings(0..<count) }
}
