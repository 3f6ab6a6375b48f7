internal import OnlineLearning

/// What the header of an array message says of the buffers that follow it, checked as far as it goes by itself.
///
///     {"x": {"dtype": "<f4", "shape": [n, d]}, "y": {…}, "weight": {…}}                              dense
///     {"data": {…}, "indices": {…}, "indptr": {…}, "shape": [n, d], "y": {…}, "weight": {…}}         CSR
///     {"dtype": "float32", "shape": [n, d]}                                                          x, or x and y
///
/// A buffer for each array follows, in the header's order.
///
/// An object, since a header is often met again, and is handed around with every message.
final class ArrayHeader {
  enum Role: String, CaseIterable {
    case x, data, indices, indptr, y, weight
  }

  struct Description {
    let role: Role
    let type: ArrayType
    let shape: [Int]
    /// How many numbers, and bytes, its shape makes.
    let count: Int
    let byteCount: Int
  }

  /// In the order of their buffers.
  private(set) var arrays: [Description] = []
  private(set) var places = Places()
  /// What numbers the message among those of its source.
  let label: SampleLabels.MessageLabel?
  /// Who sent it, numbered or not.
  let source: String?
  /// Samples, and features by position.
  private(set) var (rows, columns) = (0, 0)
  /// Whether it describes x only, and a buffer of targets of the same dtype may follow that of x.
  private(set) var isBare = false

  /// Which of the arrays has which role: looked up once, because a header may be met often.
  struct Places {
    var x, data, indices, indptr, y, weight: Int?
  }

  /// - Parameter tree: an object, as JSON has it.
  /// - Throws: what is wrong with it. Its buffers are not looked at.
  init(_ tree: JSONTree) throws(SampleError) {
    guard case .object(let members) = tree else {
      throw SampleError(.brokenArrays, "a header of arrays must be an object, not \(tree.kindName)")
    }
    label = try MessageEnvelope.label(tree)
    source = MessageEnvelope.source(tree)
    var seen: Set<String> = []
    var shape: [Int]?
    var dtype: ArrayType?
    for member in members {
      let (key, value) = (member.key, member.value)
      guard seen.insert(key).inserted else {
        throw SampleError(.duplicateField, "field \"\(key.prefix(60))\" stands twice; give it once")
      }
      switch key {
      case "dtype": dtype = try ArrayHeader.type(value)
      case "shape": shape = try ArrayHeader.shape(value)
      case "order", "fortran_order": try ArrayHeader.checkOrder(key, value)
      case "id": try ArrayHeader.checkScalar(key, value)
      case "source", "seq", "previous": break
      default:
        guard let role = Role(rawValue: key) else {
          throw SampleError(
            .unknownField,
            "a header has no field \"\(key.prefix(60))\"; known fields: dtype, shape, order, fortran_order, id, "
              + "source, seq, previous, and the arrays x, data, indices, indptr, y, weight")
        }
        do throws(SampleError) {
          arrays.append(try ArrayHeader.description(role, value))
        } catch {
          throw SampleError(error.reason, "\"\(key)\": \(error.message)")
        }
      }
    }
    if let dtype {
      guard arrays.isEmpty, let shape else {
        throw SampleError(
          .brokenArrays,
          arrays.isEmpty
            ? "\"dtype\" stands without \"shape\"; give both, or an object with both for each array"
            : "\"dtype\" of the whole header and arrays by name exclude each other; give each array its own dtype")
      }
      isBare = true
      arrays = [try ArrayHeader.description(.x, dtype, shape)]
    }
    try checkArrays(shape)
    func place(_ role: Role) -> Int? { arrays.firstIndex { $0.role == role } }
    places = Places(
      x: place(.x), data: place(.data), indices: place(.indices), indptr: place(.indptr), y: place(.y),
      weight: place(.weight))
  }

  /// Whether it describes any array at all, right or wrong: what does not is no header of arrays.
  static func describesArrays(_ tree: JSONTree) -> Bool {
    guard case .object(let members) = tree else { return false }
    return members.contains { member in
      if member.key == "dtype" { return true }
      guard case .object(let inner) = member.value else { return false }
      return inner.contains { $0.key == "dtype" }
    }
  }

  /// The array of this role.
  func array(_ role: Role) -> Description? { arrays.first { $0.role == role } }

  private static func description(_ role: Role, _ value: JSONTree) throws(SampleError) -> Description {
    guard case .object(let members) = value else {
      throw SampleError(
        .brokenArrays,
        "an array must be an object such as {\"dtype\": \"<f4\", \"shape\": [2, 3]}, not \(value.kindName)")
    }
    var shape: [Int]?
    var dtype: ArrayType?
    var seen: Set<String> = []
    for member in members {
      let (key, value) = (member.key, member.value)
      guard seen.insert(key).inserted else {
        throw SampleError(.duplicateField, "field \"\(key.prefix(60))\" stands twice; give it once")
      }
      switch key {
      case "dtype": dtype = try type(value)
      case "shape": shape = try self.shape(value)
      case "order", "fortran_order": try checkOrder(key, value)
      default:
        throw SampleError(
          .unknownField,
          "an array has no field \"\(key.prefix(60))\"; known fields: dtype, shape, order, fortran_order")
      }
    }
    guard let dtype, let shape else {
      throw SampleError(.brokenArrays, "the array has no \"\(dtype == nil ? "dtype" : "shape")\"; give both")
    }
    return try description(role, dtype, shape)
  }

  private static func description(
    _ role: Role, _ type: ArrayType, _ shape: [Int]
  ) throws(SampleError) -> Description {
    var (count, overflows) = (1, false)
    for length in shape + [type.size] {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: length)
      (count, overflows) = (product, overflows || isTooLarge)
    }
    // A length of 0 makes the product right again, whatever came before it.
    if overflows, !shape.contains(0) {
      throw SampleError(.brokenArrays, "the shape \(shape) has more numbers than any buffer")
    }
    let byteCount = shape.contains(0) ? 0 : count
    return Description(role: role, type: type, shape: shape, count: byteCount / type.size, byteCount: byteCount)
  }

  private static func type(_ value: JSONTree) throws(SampleError) -> ArrayType {
    guard case .string(let spelling) = value else {
      throw SampleError(.brokenArrays, "\"dtype\" must be a string such as \"<f4\", not \(value.kindName)")
    }
    return try ArrayType(spelling)
  }

  private static func shape(_ value: JSONTree) throws(SampleError) -> [Int] {
    guard case .array(let elements) = value else {
      throw SampleError(.brokenArrays, "\"shape\" must be an array such as [2, 3], not \(value.kindName)")
    }
    guard elements.count <= 2 else {
      throw SampleError(.brokenArrays, "\"shape\" has \(elements.count) lengths; an array has one or two")
    }
    var lengths: [Int] = []
    for element in elements {
      guard case .number(let number) = element, number >= 0, let length = Int(exactly: number) else {
        let found = if case .number(let number) = element { "\(number)" } else { element.kindName }
        throw SampleError(.brokenArrays, "\"shape\" has \(found) where a whole number from 0 should be")
      }
      lengths.append(length)
    }
    return lengths
  }

  private static func checkOrder(_ key: String, _ value: JSONTree) throws(SampleError) {
    switch (key, value) {
    case ("order", .string("C")), ("fortran_order", .boolean(false)): return
    case ("order", .string("F")), ("fortran_order", .boolean(true)):
      throw SampleError(
        .brokenArrays, "the array lies column by column; send it row by row, as by numpy.ascontiguousarray(x)")
    default:
      let right = key == "order" ? "\"C\"" : "false"
      throw SampleError(
        .brokenArrays, "\"\(key)\" must be \(right), for rows one after the other; or leave it out")
    }
  }

  private static func checkScalar(_ key: String, _ value: JSONTree) throws(SampleError) {
    switch value {
    case .array, .object:
      throw SampleError(.brokenArrays, "\"\(key)\" must be a string or a number, not \(value.kindName)")
    default: return
    }
  }

  private func checkArrays(_ shape: [Int]?) throws(SampleError) {
    let sparse: [Role] = [.data, .indices, .indptr]
    let (isDense, isSparse) = (array(.x) != nil, sparse.contains { array($0) != nil })
    if isDense && isSparse {
      throw SampleError(.brokenArrays, "the header has x and CSR arrays; give x, or data, indices and indptr")
    }
    if let x = array(.x) {
      guard x.shape.count == 2 else {
        throw SampleError(
          .brokenArrays,
          "x has shape \(x.shape); it must be [samples, features], for a single sample as by x.reshape(1, -1)")
      }
      if let shape, shape != x.shape {
        throw SampleError(.brokenArrays, "\"shape\" is \(shape), and that of x is \(x.shape); leave the former out")
      }
      (rows, columns) = (x.shape[0], x.shape[1])
    } else {
      for role in sparse where array(role) == nil {
        throw SampleError(
          .brokenArrays,
          isSparse
            ? "the header has no \(role.rawValue); CSR needs data, indices and indptr"
            : "the header has no features; give x, or data, indices and indptr")
      }
      guard let shape, shape.count == 2 else {
        throw SampleError(.brokenArrays, "CSR needs \"shape\": [samples, features] in the header, as x.shape has it")
      }
      (rows, columns) = (shape[0], shape[1])
      try checkSparse()
    }
    for role in [Role.y, .weight] {
      guard let array = array(role), array.shape != [rows], array.shape != [rows, 1] else { continue }
      throw SampleError(
        .brokenArrays, "\(role.rawValue) has shape \(array.shape); for \(rows) samples it must be [\(rows)]")
    }
  }

  private func checkSparse() throws(SampleError) {
    guard let data = array(.data), let indices = array(.indices), let indptr = array(.indptr) else { return }
    for array in [data, indices, indptr] where array.shape.count != 1 {
      throw SampleError(.brokenArrays, "\(array.role.rawValue) has shape \(array.shape); it must have one length")
    }
    for array in [indices, indptr] where !array.type.isInteger {
      throw SampleError(
        .brokenArrays, "\(array.role.rawValue) is of dtype <\(array.type.rawValue); it must be <i4, <i8 or <u4")
    }
    if data.count != indices.count {
      throw SampleError(
        .brokenArrays, "data has \(data.count) values and indices has \(indices.count); they must be as many")
    }
    // Not rows + 1, which may overflow.
    if indptr.count - 1 != rows {
      throw SampleError(
        .brokenArrays, "indptr has \(indptr.count) numbers; for \(rows) samples it must have one more than those")
    }
  }
}
