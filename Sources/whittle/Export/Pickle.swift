/// Writes objects as Python's pickle, protocol 3, of calls to functions that Python has by name.
///
/// Each method leaves one object more on the unpickler's stack, but for `set`, which takes away what it made.
struct Pickle {
  private var bytes: [UInt8] = [0x80, 3]

  /// The pickle of the object that is left on the stack.
  var finished: [UInt8] { bytes + [UInt8(ascii: ".")] }

  /// What the function of a module returns.
  ///
  /// - Parameter arguments: leaves the arguments on the stack.
  mutating func call(_ module: String, _ function: String, _ arguments: (inout Pickle) -> Void = { _ in }) {
    bytes += "c\(module)\n\(function)\n(".utf8
    arguments(&self)
    bytes += "tR".utf8
  }

  /// Gives what stands on the stack a number by which it can be put there again.
  mutating func remember(_ number: UInt8) { bytes += [UInt8(ascii: "q"), number] }

  /// Sets an attribute of a remembered object.
  ///
  /// By `setattr`, since scikit-learn's own way would have the version that made the object.
  mutating func set(_ attribute: String, of number: UInt8, _ value: (inout Pickle) -> Void) {
    call("builtins", "setattr") { pickle in
      pickle.bytes += [UInt8(ascii: "h"), number]
      pickle.string(attribute)
      value(&pickle)
    }
    bytes.append(UInt8(ascii: "0"))
  }

  /// - Precondition: it has less than 4 GB, as the bytes below.
  mutating func string(_ text: String) { blob(UInt8(ascii: "X"), Array(text.utf8)) }

  mutating func raw(_ content: [UInt8]) { blob(UInt8(ascii: "B"), content) }

  mutating func number(_ value: Double) {
    bytes.append(UInt8(ascii: "G"))
    bytes.appendBigEndian(value.bitPattern)
  }

  mutating func number(_ value: Int32) {
    bytes.append(UInt8(ascii: "J"))
    bytes.appendLittleEndian(value)
  }

  mutating func list(_ texts: some Sequence<String>) {
    bytes += "](".utf8
    for text in texts { string(text) }
    bytes.append(UInt8(ascii: "e"))
  }

  private mutating func blob(_ code: UInt8, _ content: [UInt8]) {
    bytes.append(code)
    bytes.appendLittleEndian(UInt32(content.count))
    bytes += content
  }
}
