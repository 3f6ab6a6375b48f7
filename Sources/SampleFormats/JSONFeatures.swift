internal import CSimdJSON
internal import OnlineLearning

/// Adds the features of records to rows: numbers and booleans by their keys, strings one-hot as `color=red`, what an
/// object holds as `a.b`, what an array holds as `a[0]`, and null not at all.
struct JSONFeatures: ~Copyable {
  /// Where the value at hand begins in the message.
  private(set) var place = 0
  /// The path of the value at hand, where it is not just a key.
  private var path = Scratch<UInt8>()
  /// What is open around the value at hand, below the record's features.
  private var levels = Scratch<Level>()
  private var seen = PathSet()
  /// Whether paths are looked for in `seen`.
  private var isChecking = false

  struct Level: BitwiseCopyable {
    /// The length of its path.
    let length: Int
    /// The next element of an array; -1 for an object.
    let position: Int
  }

  /// Adds the features that the object or array at `start` in `value` holds.
  ///
  /// - Parameter isChecking: whether a path that stands twice is looked for, which the row does for features only.
  /// - Throws: the first thing that is wrong; then `place` is where.
  mutating func add(
    _ value: JSONReader.Value, at start: Int, checkingPaths isChecking: Bool, _ row: inout RowBuilder
  ) throws(SampleError) {
    self.isChecking = isChecking
    if isChecking { seen.removeAll() }
    levels.removeAll()
    let isArray = value[start].kind == JSON_ARRAY
    var position = 0
    var item = start + 1
    let end = value.next(after: start) - 1
    while true {
      if !isChecking {
        if isArray {
          row.addElements(of: value, from: &item, to: end, at: &position)
        } else {
          row.addMembers(of: value, from: &item, to: end)
        }
      }
      if item == end { return }
      let member = value[item]
      if !isArray, member.isTaken {
        item = value.next(after: item)
        continue
      }
      place = Int(member.place)
      path.removeAll()
      if isArray {
        appendDecimal(position)
        position += 1
      } else {
        path.append(contentsOf: member.key.span)
      }
      try add(member, &row)
      item += 1
      while levels.count > 0 {
        try addInner(value[item], &row)
        item += 1
      }
    }
  }

  /// Adds what stands in the object or array that was opened last, or ends it.
  private mutating func addInner(_ member: json_item, _ row: inout RowBuilder) throws(SampleError) {
    let level = levels[levels.count - 1]
    if member.kind == JSON_CLOSE {
      levels.truncate(to: levels.count - 1)
      return
    }
    place = Int(member.place)
    path.truncate(to: level.length)
    if level.position >= 0 {
      path.append(UInt8(ascii: "["))
      appendDecimal(level.position)
      path.append(UInt8(ascii: "]"))
      levels.truncate(to: levels.count - 1)
      levels.append(Level(length: level.length, position: level.position + 1))
    } else {
      path.append(UInt8(ascii: "."))
      path.append(contentsOf: member.key.span)
    }
    try add(member, &row)
  }

  /// Adds the value whose path is `path`, or opens it.
  private mutating func add(_ value: json_item, _ row: inout RowBuilder) throws(SampleError) {
    if isChecking { try seen.add(name.span) }
    switch value.kind {
    case JSON_NULL: return
    case JSON_OBJECT: levels.append(Level(length: path.count, position: -1))
    case JSON_ARRAY: levels.append(Level(length: path.count, position: 0))
    case JSON_STRING:
      if path.count == 0 { throw SampleError(.featureName, "a feature has an empty name; give it one") }
      path.append(UInt8(ascii: "="))
      path.append(contentsOf: value.string.span)
      if isChecking { try seen.add(name.span) }
      try row.add(name.span, value: 1)
    default: try row.add(name.span, value: value.number)
    }
  }

  /// The path, which stays where it is until it changes.
  private var name: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: path.start, count: path.count) }

  /// Appends a number to the path.
  private mutating func appendDecimal(_ number: Int) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      path.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }
}
