internal import Foundation

/// Messages of one or more frames in a file, for a process that sends them.
///
///     frames: UInt32 | size: UInt32 | bytes | size | bytes | … | frames | …      little endian
enum MessageFile {
  static func write(_ messages: some Sequence<[[UInt8]]>, to path: String) throws {
    var content: [UInt8] = []
    func append(_ number: Int) { withUnsafeBytes(of: UInt32(number).littleEndian) { content.append(contentsOf: $0) } }
    for frames in messages {
      append(frames.count)
      for frame in frames {
        append(frame.count)
        content += frame
      }
    }
    try Data(content).write(to: URL(filePath: path))
  }

  static func read(_ path: String) throws -> [[[UInt8]]] {
    let content = try Data(contentsOf: URL(filePath: path))
    return content.withUnsafeBytes { content in
      var place = 0
      func number() -> Int {
        defer { place += 4 }
        return Int(UInt32(littleEndian: content.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
      }
      var messages: [[[UInt8]]] = []
      while place < content.count {
        messages.append(
          (0..<number()).map { _ in
            let size = number()
            defer { place += size }
            return Array(content[place..<place + size])
          })
      }
      return messages
    }
  }
}
