/// The roles of a record's fields, by name.
struct FieldTable {
  private struct Field {
    let role: JSONFields.Role
    /// Where its name stands among all names' bytes.
    let start: Int
    let count: Int
    /// The record that named it last.
    var record: UInt64 = 0
  }

  let layout: JSONFields.Layout
  private var fields: [Field] = []
  private var bytes: [UInt8] = []
  /// A bit for each `slot` that a name has: most other names are told from them by it.
  private var slots: UInt64 = 0
  private var record: UInt64 = 0

  /// The fields of a question to the daemon, which is a sample itself: the usual ones, and what is asked for.
  static var question: FieldTable {
    var names = JSONFields()
    names.ignored = ["op", "protocol"]
    return FieldTable(names)
  }

  init(_ names: JSONFields) {
    layout = names.layout
    for (role, name) in names.roles {
      let utf8 = Array(name.utf8)
      fields.append(Field(role: role, start: bytes.count, count: utf8.count))
      bytes += utf8
      slots |= utf8.withUnsafeBufferPointer { FieldTable.slot($0) }
    }
  }

  @inline(__always)
  private static func slot(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    if name.isEmpty { return 1 }
    let ends = UInt64(name[0]) &* 7 &+ UInt64(name[name.count - 1])
    return 1 &<< (UInt64(truncatingIfNeeded: name.count) &* 29 &+ ends)
  }

  /// The name of a role's first field, for error texts.
  func name(of role: JSONFields.Role) -> String { fields.first { $0.role == role }.map(name) ?? role.rawValue }

  /// All names, for error texts.
  var names: String { fields.map(name).joined(separator: ", ") }

  private func name(_ field: Field) -> String {
    String(decoding: bytes[field.start..<field.start + field.count], as: UTF8.self)
  }

  mutating func beginRecord() { record += 1 }

  /// The role of a field; nil where it has none.
  ///
  /// - Throws: when the record named it before.
  @inline(__always)
  mutating func role(of name: UnsafeBufferPointer<UInt8>) throws(SampleError) -> JSONFields.Role? {
    slots & FieldTable.slot(name) == 0 ? nil : try findRole(of: name)
  }

  private mutating func findRole(of name: UnsafeBufferPointer<UInt8>) throws(SampleError) -> JSONFields.Role? {
    for place in fields.indices where fields[place].count == name.count {
      let start = fields[place].start
      guard name.indices.allSatisfy({ bytes[start + $0] == name[$0] }) else { continue }
      guard fields[place].record != record else {
        throw SampleError(.duplicateField, "field \"\(self.name(fields[place]))\" stands twice; give it once")
      }
      fields[place].record = record
      return fields[place].role
    }
    return nil
  }
}
