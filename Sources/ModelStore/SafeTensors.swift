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

  /// A tensor of one dimension.
  struct Tensor {
    let name: String
    let type: ElementType
    /// How many elements it has.
    let count: Int

    var byteCount: Int { count * type.byteCount }
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
      contents.entries[tensor.name] = Header.Entry(
        dtype: tensor.type, shape: [tensor.count], dataOffsets: [offset, offset + tensor.byteCount])
      offset += tensor.byteCount
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = Array(try encoder.encode(contents))
    // The data begins at a multiple of 8, so that readers may map it.
    json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
  }

  /// How many bytes of JSON a header has.
  ///
  /// - Parameters:
  ///   - start: the file's first eight bytes, or fewer where it has no more.
  ///   - size: how many bytes the file has.
  static func headerLength(_ start: [UInt8], size: Int) throws(Malformed) -> Int {
    guard start.count >= 8 else { throw Malformed(problem: "it has \(start.count) bytes, too few for a header") }
    let length = start.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(size - 8) else {
      throw Malformed(problem: "its header claims \(length) bytes, and \(size - 8) follow")
    }
    return Int(length)
  }

  /// Reads a header and checks that every tensor lies within the file, has the size of its shape, and follows
  /// the one before it.
  ///
  /// - Parameters:
  ///   - json: what follows the first eight bytes, as far as it goes.
  ///   - size: how many bytes the file has.
  static func parse(_ json: ArraySlice<UInt8>, size: Int) throws(Malformed) -> Header {
    let dataStart = 8 + json.count
    let contents: Contents
    do {
      contents = try JSONDecoder().decode(Contents.self, from: Data(json))
    } catch {
      throw Malformed(problem: "its header is not the JSON of a safetensors file")
    }
    for (name, entry) in contents.entries {
      guard entry.shape.count == 1, let count = entry.shape.first, count >= 0, entry.dataOffsets.count == 2,
        case (let start, let end) = (entry.dataOffsets[0], entry.dataOffsets[1]), start >= 0, end >= start,
        end <= size - dataStart, (end - start) % entry.dtype.byteCount == 0,
        (end - start) / entry.dtype.byteCount == count
      else { throw Malformed(problem: "tensor \"\(name)\" does not fit the file") }
    }
    // The format allows neither overlaps nor gaps.
    var end = 0
    for place in contents.entries.values.map(\.dataOffsets).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard place[0] == end else { throw Malformed(problem: "its tensors overlap or leave gaps") }
      end = place[1]
    }
    let rest = size - dataStart - end
    guard rest == 0 else { throw Malformed(problem: "\(rest) bytes follow its tensors") }
    return Header(metadata: contents.metadata, entries: contents.entries, dataStart: dataStart)
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
