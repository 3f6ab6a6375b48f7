internal import CSimdJSON

/// What a record says besides its features, and where those are.
struct JSONRecord {
  private(set) var target: Double?
  private(set) var importance = 1.0
  /// The place of its id, a text or a whole number of 64 bits; 0 where it has none.
  private(set) var id = 0
  /// The place of its source, a text; 0 where it has none.
  private(set) var source = 0
  private(set) var seq: UInt64?
  /// The place of the object or array that holds the features; 0, the record itself, where it is flat.
  private(set) var features = 0
  /// Whether there are any; where not, it brings the target of an earlier sample.
  private(set) var hasFeatures = true
  /// Whether all features are numbers and booleans, so that none has another name than its key.
  private(set) var isPlain = true

  /// Whether it says which sample's target it brings.
  private var isLate: Bool { id != 0 && target != nil }
  var isLabeled: Bool { id != 0 || source != 0 || seq != nil }

  init() {}

  /// Reads the fields of a record that have a role. In a flat record they are taken out, so that features are left.
  ///
  /// - Throws: an unknown or repeated field, or a value that is not what its role needs. What was read before is kept.
  mutating func read(_ record: JSONReader.Value, _ fields: inout FieldTable) throws(SampleError) {
    fields.beginRecord()
    let isFlat = fields.layout == .flat
    var hasFeatures = isFlat
    var hasNoMembers = true
    var place = 1
    while place < record.count - 1 {
      let item = record[place]
      do throws(SampleError) {
        if let role = try fields.role(of: item.key) {
          try read(record, at: place, role, fields)
          if role == .features { hasFeatures = true }
          if isFlat { record.take(place) }
        } else if isFlat {
          hasNoMembers = false
          isPlain = isPlain && item.isNumber
        } else {
          throw SampleError(
            .unknownField,
            "a sample has no field \(quoted(item.key.span)); known fields: \(fields.names) (features go into "
              + "\"\(fields.name(of: .features))\")")
        }
      } catch {
        throw error.at(Int(item.place))
      }
      place = record.next(after: place)
    }
    self.hasFeatures = isFlat ? !(isLate && hasNoMembers) : hasFeatures
    guard self.hasFeatures || isLate else {
      throw SampleError(
        .shape,
        "the sample has no \"\(fields.name(of: .features))\"; give its features as an object or an array")
    }
  }

  private mutating func read(
    _ record: JSONReader.Value, at place: Int, _ role: JSONFields.Role, _ fields: FieldTable
  ) throws(SampleError) {
    let item = record[place]
    switch role {
    case .target: target = try number(item, .target, fields, .target)
    case .weight: importance = try number(item, .weight, fields, .importance) ?? 1
    case .features:
      guard item.isContainer else {
        throw JSONRecord.wrong(item, .features, fields, "an object by name or an array by position")
      }
      features = place
      isPlain = item.hasNumbersOnly
    case .id:
      if item.kind == JSON_NULL { break }
      guard record.integer(at: place) != nil || item.kind == JSON_STRING && item.count > 0 else {
        throw JSONRecord.wrong(item, .id, fields, "a text that is not empty, or a whole number below 2^63")
      }
      id = place
    case .source:
      if item.kind == JSON_NULL { break }
      guard item.kind == JSON_STRING, item.count > 0 else {
        throw JSONRecord.wrong(item, .source, fields, "a text that is not empty")
      }
      source = place
    case .seq:
      if item.kind == JSON_NULL { break }
      let number = record.integer(at: place)
      guard let number, number >= 0 else {
        throw JSONRecord.wrong(item, .seq, fields, "a whole number from 0 to 9223372036854775807", exactly: number)
      }
      seq = UInt64(number)
    case .ignore: break
    }
  }

  private func number(
    _ item: json_item, _ role: JSONFields.Role, _ fields: FieldTable, _ reason: SampleError.Reason
  ) throws(SampleError) -> Double? {
    switch item.kind {
    case JSON_NUMBER: return item.number
    case JSON_BOOLEAN where role == .target: return item.number
    case JSON_NULL: return nil
    default: throw JSONRecord.wrong(item, role, fields, "a number", reason)
    }
  }

  private static func wrong(
    _ item: json_item, _ role: JSONFields.Role, _ fields: FieldTable, _ expectation: String,
    _ reason: SampleError.Reason = .shape, exactly number: Int64? = nil
  ) -> SampleError {
    let found =
      switch (item.kind, role) {
      case (JSON_NUMBER, .seq), (JSON_NUMBER, .id): number.map { "\($0)" } ?? "\(item.number)"
      case (JSON_STRING, .id) where item.count == 0, (JSON_STRING, .source) where item.count == 0: "an empty one"
      default: item.kindName
      }
    return SampleError(reason, "\"\(fields.name(of: role))\" must be \(expectation), not \(found)")
  }
}
