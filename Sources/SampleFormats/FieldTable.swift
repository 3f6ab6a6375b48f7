/// The roles of a record's fields, by name.
struct FieldTable {
  struct Field {
    let role: JSONFields.Role
    let name: String
    /// The record that named it last.
    fileprivate var record: UInt64 = 0
    fileprivate let utf8: [UInt8]

    fileprivate init(_ role: JSONFields.Role, _ name: String) {
      self.role = role
      self.name = name
      utf8 = Array(name.utf8)
    }
  }

  let layout: JSONFields.Layout
  private var fields: [Field] = []
  /// A bit for each `slot` that a field has: most other names are told from them by it.
  private var slots: UInt64 = 0
  private var record: UInt64 = 0

  /// The fields of a question to the daemon, which is a sample itself: the usual ones, and what is asked for.
  static var question: FieldTable {
    var names = JSONFields()
    names.ignored = ["op"]
    return FieldTable(names)
  }

  init(_ names: JSONFields) {
    layout = names.layout
    for (role, name) in names.roles {
      let field = Field(role, name)
      fields.append(field)
      slots |= field.utf8.withUnsafeBufferPointer { FieldTable.slot($0) }
    }
  }

  private static func slot(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let first = name.first, let last = name.last else { return 1 }
    return 1 &<< (UInt64(truncatingIfNeeded: name.count) &* 29 &+ UInt64(first) &* 7 &+ UInt64(last))
  }

  /// The name of a role's first field, for error texts.
  func name(of role: JSONFields.Role) -> String { fields.first { $0.role == role }?.name ?? role.rawValue }

  /// All names, for error texts.
  var names: String { fields.map(\.name).joined(separator: ", ") }

  mutating func beginRecord() { record += 1 }

  /// The role of a field; nil where it has none.
  ///
  /// - Throws: when the record named it before.
  @inline(__always)
  mutating func role(of name: UnsafeBufferPointer<UInt8>) throws(SampleError) -> JSONFields.Role? {
    slots & FieldTable.slot(name) == 0 ? nil : try findRole(of: name)
  }

  private mutating func findRole(of name: UnsafeBufferPointer<UInt8>) throws(SampleError) -> JSONFields.Role? {
    for place in fields.indices where isName(name, fields[place].utf8) {
      guard fields[place].record != record else {
        throw SampleError(.duplicateField, "field \"\(fields[place].name)\" stands twice; give it once")
      }
      fields[place].record = record
      return fields[place].role
    }
    return nil
  }

  private func isName(_ name: UnsafeBufferPointer<UInt8>, _ known: [UInt8]) -> Bool {
    name.count == known.count && zip(name, known).allSatisfy { $0 == $1 }
  }
}
