internal import CSimdJSON
internal import OnlineLearning

/// A message of JSON, read value by value by simdjson.
///
/// This type is internal to the decoders: what it hands out points into the message and into its own buffers, and is
/// valid until the next value is read.
struct JSONReader: ~Copyable {
  enum Form {
    /// One array of values.
    case batch
    /// One value, or several with line feeds between them.
    case lines
  }

  /// A value and all that it holds, as `json_item` describes it.
  struct Value {
    fileprivate let items: UnsafeMutablePointer<json_item>
    /// The message, behind which two words can be read.
    fileprivate let text: UnsafeBufferPointer<UInt8>
    /// The items, the value's own and its end included.
    let count: Int

    /// - Precondition: `place` is below `count`, which the walk along `next(after:)` keeps.
    subscript(place: Int) -> json_item { items[place] }

    /// The member at `place` as a feature, where it is a number or a boolean, and its key short; nil for any other, and
    /// for those that cannot be read as fast.
    @inline(__always)
    func feature(at place: Int) -> (name: FeatureName, value: Float)? {
      let item = items + place
      let count = UInt64(item.pointee.name_count)
      // Two words are read from where the key begins, which must be in the text for it.
      let key = UnsafeRawPointer(item.pointee.name)
      let number = Float(item.pointee.number)
      guard let key, item.pointee.isNumber, count &- 1 < FeatureName.wholeBytes, number.isFinite,
        UInt(bitPattern: key) &- UInt(bitPattern: text.baseAddress) < text.count
      else { return nil }
      let low = key.loadUnaligned(as: UInt64.self)
      let high = key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
      // By its lowest six bits, so that 8 bytes more make no difference.
      let kept: UInt64 = (1 &<< (count &* 8)) &- 1
      let isLong = count >= 8
      let name = FeatureName(low: isLong ? low : low & kept, high: (isLong ? high & kept : 0) | count &<< 56)
      return (name, number)
    }

    /// The element at `place`, where it is a number or a boolean that a Float32 can hold; nil for any other.
    @inline(__always)
    func number(at place: Int) -> Float? {
      let item = items + place
      let number = Float(item.pointee.number)
      return item.pointee.isNumber && number.isFinite ? number : nil
    }

    /// A number of digits alone, exactly; nil for any other item, and for what takes more than 64 bits with its sign.
    func integer(at place: Int) -> Int64? {
      guard items[place].kind == JSON_NUMBER else { return nil }
      let start = Int(items[place].place)
      let isNegative = text[start] == UInt8(ascii: "-")
      var number: Int64 = 0
      for byte in text[(start + (isNegative ? 1 : 0))...] {
        if byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") { return nil }
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { break }
        let (tenfold, isLarge) = number.multipliedReportingOverflow(by: 10)
        let digit = Int64(byte - UInt8(ascii: "0"))
        let (sum, isLarger) = tenfold.addingReportingOverflow(isNegative ? -digit : digit)
        if isLarge || isLarger { return nil }
        number = sum
      }
      return number
    }

    /// The place of the item that follows the one at `place` and all that it holds.
    func next(after place: Int) -> Int { place + (items[place].isContainer ? Int(items[place].count) : 1) }

    /// Takes a member out of its object, so that `isTaken` tells it from the others.
    func take(_ place: Int) { items[place].name = nil }
  }

  private let reader: OpaquePointer
  private let maximumDepth: Int
  private var payload = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  /// The reader's copy of it.
  private var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

  /// - Returns: nil when memory is short.
  init?(maximumDepth: Int) {
    self.maximumDepth = min(maximumDepth, Int(JSON_MAX_DEPTH))
    guard let reader = json_reader_create(self.maximumDepth) else { return nil }
    self.reader = reader
  }

  deinit {
    json_reader_destroy(reader)
  }

  /// Begins a message, which must stay where it is while its values are read and used.
  ///
  /// - Throws: what is wrong: UTF-8, or grammar.
  mutating func begin(_ payload: UnsafeBufferPointer<UInt8>) throws(SampleError) -> Form {
    self.payload = payload
    // Without the blanks at its end, the mark of several records is a line feed.
    var count = payload.count
    while count > 0, SampleDecoder.isBlank(payload[count - 1]) { count -= 1 }
    var copy: UnsafePointer<UInt8>?
    let step = json_reader_begin(reader, payload.baseAddress, count, &copy)
    text = UnsafeBufferPointer(start: copy, count: count)
    switch step {
    case JSON_BATCH: return .batch
    case JSON_LINES: return .lines
    default: throw error(step)
    }
  }

  /// The next value, or nil at the end of the message.
  ///
  /// - Throws: what is wrong: grammar, a number out of range, nesting too deep.
  func next() throws(SampleError) -> Value? {
    var items: UnsafeMutablePointer<json_item>?
    var count = 0
    let step = json_reader_next(reader, &items, &count)
    if step == JSON_VALUE, let items { return Value(items: items, text: text, count: count) }
    if step == JSON_END { return nil }
    throw error(step)
  }

  private func error(_ step: json_step) -> SampleError {
    if step == JSON_NO_MEMORY {
      return SampleError(
        .limit, "there is no memory for a message of \(payload.count) bytes; lower limits.message_bytes")
    }
    do throws(SampleError) {
      try explainUTF8(payload.span)
      try JSONDiagnosis.explain(payload, maximumDepth: maximumDepth)
    } catch {
      return error
    }
    return SampleError(.brokenJSON, "simdjson refuses the payload and does not say why")
  }
}

extension json_item {
  var isContainer: Bool { kind == JSON_OBJECT || kind == JSON_ARRAY }
  /// Whether `JSONReader.Value.take` has taken it, where it is the member of an object: each has a key.
  var isTaken: Bool { name == nil }
  /// Whether it is an object or an array, and holds nothing but numbers and booleans.
  var hasNumbersOnly: Bool {
    let numbers: UInt64 = 1 << JSON_NUMBER.rawValue | 1 << JSON_BOOLEAN.rawValue
    return isContainer && kinds & ~numbers == 0
  }
  var isNumber: Bool { kind == JSON_NUMBER || kind == JSON_BOOLEAN }
  /// The key in front of it, unescaped.
  ///
  /// The bytes live until the next value is read, which this module's walks do not outlast.
  var key: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: name, count: Int(name_count)) }

  /// A string, unescaped; as long-lived as the key.
  ///
  /// - Precondition: the kind is a string.
  var string: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: text, count: Int(count)) }

  /// The kind in words, for error texts.
  var kindName: String {
    switch kind {
    case JSON_NULL: "null"
    case JSON_BOOLEAN: "a boolean"
    case JSON_NUMBER: "a number"
    case JSON_STRING: "a string"
    case JSON_ARRAY: "an array"
    default: "an object"
    }
  }
}
