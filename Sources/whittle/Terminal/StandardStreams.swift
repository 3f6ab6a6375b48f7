internal import FoundationEssentials
internal import Glibc

/// Standard output: results only.
enum StandardOutput {
  static let terminal = Terminal(of: STDOUT_FILENO)

  /// Writes all of the text at once, so that whoever reads a pipe has whole lines.
  static func write(_ text: String) throws(ToolError) { try write(Array(text.utf8)) }

  /// Writes all of the bytes.
  static func write(_ bytes: [UInt8]) throws(ToolError) {
    guard writeAll(bytes, to: STDOUT_FILENO) else {
      throw .cannotWrite(reason: String(cString: strerror(errno)))
    }
  }

  /// One object on one line, its keys sorted.
  static func writeJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
  }
}

/// Standard input.
enum StandardInput {
  static let isTerminal = Terminal(of: STDIN_FILENO).isTerminal
}

/// Standard error: progress, notices, errors.
enum StandardError {
  static let terminal = Terminal(of: STDERR_FILENO)

  /// Takes away what stands on the line, such as a progress bar; nothing where it is no terminal.
  static var clearedLine: String { terminal.isTerminal ? "\r\u{1B}[K" : "" }

  /// There is no place left to complain when this fails.
  static func write(_ text: String) {
    _ = writeAll(Array(text.utf8), to: STDERR_FILENO)
  }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  bytes.withUnsafeBytes { bytes in
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
