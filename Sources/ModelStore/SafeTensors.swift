internal import FoundationEssentials

/// The safetensors container (https://github.com/huggingface/safetensors, format description):
///
///     | 8 bytes: length n of the header, little endian | n bytes: header, JSON, padded with blanks | data |
///
/// The header names each tensor's type, shape and place in the data, and under `__metadata__` holds texts.
enum SafeTensors {
  enum ElementType: String, Codable {
    case float32 = "F32"
    case float64 = "F64"
    case int64 = "I64"
    case uint32 = "U32"
    case uint8 = "U8"

    var byteCount: Int {
      switch self {
      case .float32, .uint32: 4
      case .float64, .int64: 8
      case .uint8: 1
      }
    }
  }

  struct Tensor {
    let name: String
    let type: ElementType
    /// Little endian, as in memory on every machine that Swift runs on under Linux.
    let bytes: [UInt8]

    init<Element: BitwiseCopyable>(_ name: String, _ type: ElementType, _ elements: [Element]) {
      self.name = name
      self.type = type
      bytes = elements.withUnsafeBytes { Array($0) }
    }
  }

  /// A parsed header: where things are.
  struct Header {
    struct Entry: Codable {
      var dtype: ElementType
      var shape: [Int]
      var dataOffsets: [Int]

      enum CodingKeys: String, CodingKey {
        case dtype, shape
        case dataOffsets = "data_offsets"
      }
    }

    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]
    /// Where the data begins in the file.
    var dataStart = 0
  }

  /// What is wrong with a file, in words that fit after "it is damaged:".
  struct Malformed: Error {
    let problem: String
  }

  /// The header of a file of these tensors, in their order, ready to be followed by their bytes.
  static func header(_ tensors: [Tensor], metadata: [String: String]) throws -> [UInt8] {
    var contents = Contents(metadata: metadata)
    var offset = 0
    for tensor in tensors {
      let count = tensor.bytes.count / tensor.type.byteCount
      contents.entries[tensor.name] = Header.Entry(
        dtype: tensor.type, shape: [count], dataOffsets: [offset, offset + tensor.bytes.count])
      offset += tensor.bytes.count
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = Array(try encoder.encode(contents))
    // The data begins at a multiple of 8, so that readers may map it.
    json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
  }

  /// Reads a header and checks that every tensor lies within the file, has the size of its shape, and follows
  /// the one before it.
  static func parse(_ file: [UInt8]) throws(Malformed) -> Header {
    guard file.count >= 8 else { throw Malformed(problem: "it has \(file.count) bytes, too few for a header") }
    let length = file.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(file.count - 8) else {
      throw Malformed(problem: "its header claims \(length) bytes, and \(file.count - 8) follow")
    }
    let dataStart = 8 + Int(length)
    let contents: Contents
    do {
      contents = try JSONDecoder().decode(Contents.self, from: Data(file[8..<dataStart]))
    } catch {
      throw Malformed(problem: "its header is not the JSON of a safetensors file")
    }
    for (name, entry) in contents.entries {
      guard entry.shape.count == 1, let count = entry.shape.first, count >= 0, entry.dataOffsets.count == 2,
        case (let start, let end) = (entry.dataOffsets[0], entry.dataOffsets[1]), start >= 0, end >= start,
        end <= file.count - dataStart, (end - start) % entry.dtype.byteCount == 0,
        (end - start) / entry.dtype.byteCount == count
      else { throw Malformed(problem: "tensor \"\(name)\" does not fit the file") }
    }
    // The format allows neither overlaps nor gaps.
    var end = 0
    for place in contents.entries.values.map(\.dataOffsets).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard place[0] == end else { throw Malformed(problem: "its tensors overlap or leave gaps") }
      end = place[1]
    }
    return Header(metadata: contents.metadata, entries: contents.entries, dataStart: dataStart)
  }

  /// The elements of a tensor.
  static func elements<Element: BitwiseCopyable>(
    _ name: String, _ type: ElementType, as: Element.Type, in file: [UInt8], _ header: Header
  ) throws(Malformed) -> [Element] {
    guard let entry = header.entries[name] else { throw Malformed(problem: "it has no tensor \"\(name)\"") }
    guard entry.dtype == type, MemoryLayout<Element>.size == type.byteCount else {
      throw Malformed(problem: "tensor \"\(name)\" is \(entry.dtype.rawValue), not \(type.rawValue)")
    }
    // The standard library would write a count of 0 into the memory that all empty arrays of all threads share.
    if entry.shape[0] == 0 { return [] }
    let start = header.dataStart + entry.dataOffsets[0]
    let end = header.dataStart + entry.dataOffsets[1]
    return [Element](unsafeUninitializedCapacity: entry.shape[0]) { elements, count in
      // Same number of bytes, as `parse` has checked, and any bytes make an element.
      file.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(elements).copyMemory(from: .init(rebasing: $0[start..<end]))
      }
      count = entry.shape[0]
    }
  }

  /// The header's JSON: tensors by name, and the texts.
  private struct Contents: Codable {
    var metadata: [String: String]
    var entries: [String: Header.Entry] = [:]

    struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }

      static let metadata = Key("__metadata__")
    }

    init(metadata: [String: String]) {
      self.metadata = metadata
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Key.self)
      metadata = try members.decodeIfPresent([String: String].self, forKey: .metadata) ?? [:]
      for key in members.allKeys where key.stringValue != Key.metadata.stringValue {
        entries[key.stringValue] = try members.decode(Header.Entry.self, forKey: key)
      }
    }

    func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: Key.self)
      try members.encode(metadata, forKey: .metadata)
      for (name, entry) in entries { try members.encode(entry, forKey: Key(name)) }
    }
  }
}
