internal import CSimdJSON
internal import OnlineLearning

/// Adds the features of records to rows: numbers and booleans by their keys, strings one-hot as `color=red`, what an
/// object holds as `a.b`, what an array holds as `a[0]`, and null not at all.
struct JSONFeatures {
  /// Where the value at hand begins in the message.
  private(set) var place = 0
  /// Storage for the path of the value at hand.
  private var storage: [UInt8] = []
  /// What is open around the value at hand, below the record's features.
  private var levels: [Level] = []
  private var seen = PathSet()
  /// Whether paths are looked for in `seen`.
  private var isChecking = false

  private struct Level {
    /// The length of its path.
    let length: Int
    /// The next element of an array; nil for an object.
    var position: Int?
  }

  /// Adds the features of `record`, which was read from `value`.
  ///
  /// - Throws: the first thing that is wrong; then `place` is where.
  mutating func add(
    _ value: JSONReader.Value, of record: JSONRecord, _ row: inout RowBuilder, _ limits: SampleLimits,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    // The row itself finds repeated features that the model knows. What has no feature of its name, or an unknown one,
    // is found here.
    var path = storage
    // Taken out for the length of the call, so that it is reused and not copied.
    storage = []
    defer { storage = path }
    isChecking = !record.isPlain || !row.addsNames
    if isChecking { seen.removeAll() }
    levels.removeAll(keepingCapacity: true)
    var item = record.features + 1
    let end = value.next(after: record.features) - 1
    let isArray = value[record.features].kind == JSON_ARRAY
    var position = 0
    while item < end {
      let member = value[item]
      place = Int(member.place)
      if isArray {
        path.removeAll(keepingCapacity: true)
        appendDecimal(position, to: &path)
        position += 1
        try addValue(member, &path, &row, limits, &batch, &dictionary)
      } else if member.isTaken {
        item = value.next(after: item)
        continue
      } else if member.isNumber {
        if isChecking { try seen.add(member.key.span) }
        try row.add(member.key.span, value: member.number, limits: limits, &batch, &dictionary)
      } else {
        path.removeAll(keepingCapacity: true)
        path.append(contentsOf: member.key)
        try addValue(member, &path, &row, limits, &batch, &dictionary)
      }
      item += 1
      while let level = levels.last {
        try addMember(value[item], of: level, &path, &row, limits, &batch, &dictionary)
        item += 1
      }
    }
  }

  /// Adds what stands in an object or array below the record's features, or ends it.
  private mutating func addMember(
    _ member: json_item, of level: Level, _ path: inout [UInt8], _ row: inout RowBuilder, _ limits: SampleLimits,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    if member.kind == JSON_CLOSE {
      levels.removeLast()
      return
    }
    place = Int(member.place)
    path.removeLast(path.count - level.length)
    if let position = level.position {
      path.append(UInt8(ascii: "["))
      appendDecimal(position, to: &path)
      path.append(UInt8(ascii: "]"))
      levels[levels.count - 1].position = position + 1
    } else {
      path.append(UInt8(ascii: "."))
      path.append(contentsOf: member.key)
    }
    try addValue(member, &path, &row, limits, &batch, &dictionary)
  }

  /// Adds the value whose path is `path`, or opens it.
  private mutating func addValue(
    _ member: json_item, _ path: inout [UInt8], _ row: inout RowBuilder, _ limits: SampleLimits,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    if isChecking { try seen.add(path.span) }
    switch member.kind {
    case JSON_NULL: return
    case JSON_OBJECT, JSON_ARRAY:
      levels.append(Level(length: path.count, position: member.kind == JSON_ARRAY ? 0 : nil))
      return
    case JSON_STRING:
      if path.isEmpty { throw SampleError(.featureName, "a feature has an empty name; give it one") }
      path.append(UInt8(ascii: "="))
      path.append(contentsOf: member.string)
      if isChecking { try seen.add(path.span) }
      try row.add(path.span, value: 1, limits: limits, &batch, &dictionary)
    default: try row.add(path.span, value: member.number, limits: limits, &batch, &dictionary)
    }
  }
}

/// Appends a number in decimal.
private func appendDecimal(_ number: Int, to text: inout [UInt8]) {
  let start = text.count
  var rest = number.magnitude
  repeat {
    text.append(UInt8(ascii: "0") + UInt8(rest % 10))
    rest /= 10
  } while rest > 0
  text[start...].reverse()
}
