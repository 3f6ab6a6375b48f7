import FoundationEssentials
import TestSupport

/// What a checkpoint file holds, read without the code that writes or reads it elsewhere: little of it, and believed.
struct PlainCheckpoint {
  /// Names and coefficients of all features, in their order.
  private(set) var features: [(name: [UInt8], coefficient: Float)] = []
  private(set) var texts: [String: String] = [:]
  let bytes: Int

  private struct Tensor: Decodable {
    let offsets: [Int]
    enum CodingKeys: String, CodingKey { case offsets = "data_offsets" }
  }

  private struct Texts: Decodable {
    let metadata: [String: String]
    enum CodingKeys: String, CodingKey { case metadata = "__metadata__" }
  }

  private enum Member: Decodable {
    case tensor(Tensor)
    case texts

    init(from decoder: any Decoder) throws {
      self = (try? Tensor(from: decoder)).map { .tensor($0) } ?? .texts
    }
  }

  init(_ name: String, in directory: TemporaryDirectory) throws {
    let file = try directory.read(name)
    bytes = file.count
    let length = Int(file.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    let header = Data(file[8..<8 + length])
    let members = try JSONDecoder().decode([String: Member].self, from: header)
    texts = try JSONDecoder().decode(Texts.self, from: header).metadata
    func tensor<Element: BitwiseCopyable>(_ name: String, as type: Element.Type) -> [Element] {
      guard case .tensor(let tensor)? = members[name] else { return [] }
      let content = Array(file[(8 + length + tensor.offsets[0])..<(8 + length + tensor.offsets[1])])
      return content.withUnsafeBytes { bytes in
        (0..<bytes.count / MemoryLayout<Element>.size).map {
          bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: type)
        }
      }
    }
    let coefficients = tensor("coefficients", as: Float.self)
    let names = tensor("names", as: UInt8.self)
    var starts = tensor("name_ends", as: Int64.self).map { Int($0) }
    starts.insert(0, at: 0)
    let known = zip(starts, starts.dropFirst()).map { Array(names[$0..<$1]) }
    let indices = tensor("name_indices", as: UInt32.self).map { Int($0) }
    let isHashed = texts["features"]?.contains("hashed") ?? false
    let isIndexed = texts["features"]?.contains("indexed") ?? false
    for (index, coefficient) in coefficients.enumerated() {
      let name: [UInt8]
      if isIndexed {
        name = Array("\(index)".utf8)
      } else if isHashed {
        name = indices.firstIndex(of: index).map { known[$0] } ?? Array("#\(index)".utf8)
      } else {
        name = known[index]
      }
      features.append((name, coefficient))
    }
  }

  /// The heaviest that are not zero, by full sorting; the order of the features settles ties.
  func heaviest(_ count: Int) -> [(name: [UInt8], coefficient: Float)] {
    Array(
      features.filter { $0.coefficient != 0 }.enumerated()
        .sorted { (abs($1.element.coefficient), $0.offset) < (abs($0.element.coefficient), $1.offset) }
        .map(\.element).prefix(count))
  }

  var activeSet: Int { features.filter { $0.coefficient != 0 }.count }
}
