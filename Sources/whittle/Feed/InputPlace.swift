/// Where samples stand in files: the line of the first and of the last of them.
struct InputPlace: Equatable, CustomStringConvertible {
  private let first: (file: String, line: Int)
  private var last: (file: String, line: Int)

  init(_ file: String, line: Int) {
    first = (file, line)
    last = first
  }

  /// Takes in a sample that follows.
  mutating func extend(to file: String, line: Int) {
    last = (file, line)
  }

  static func == (one: InputPlace, other: InputPlace) -> Bool { one.first == other.first && one.last == other.last }

  var description: String {
    if first == last { return "\(first.file):\(first.line)" }
    return first.file == last.file
      ? "\(first.file):\(first.line)-\(last.line)" : "\(first.file):\(first.line) to \(last.file):\(last.line)"
  }
}
