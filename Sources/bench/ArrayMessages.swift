internal import OnlineLearning

/// The samples of a stream as messages of arrays, their frames one after the other in memory as a socket's buffer has them:
/// each after nine bytes of the protocol's, so that hardly any number is where the processor would like it.
final class ArrayMessages {
  enum Kind: String, CaseIterable {
    case dense16 = "arrays dense16"
    case dense256 = "arrays dense256"
    case sparse = "arrays csr"

    var plan: StreamPlan {
      switch self {
      case .dense16: .dense16
      case .dense256: .dense256
      case .sparse: .sparse
      }
    }
  }

  let kind: Kind
  let samples: Int
  /// How often they are gone through in a round: a single time is over too soon for the clock.
  let passes: Int
  /// The frames of each message.
  let messages: [[UnsafeRawBufferPointer]]
  private let memory: UnsafeMutableRawBufferPointer

  /// Of all frames.
  var bytes: Int { messages.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } } }

  /// - Parameter batch: samples in a message.
  init(_ kind: Kind, _ stream: SampleStream, batch: Int) {
    self.kind = kind
    samples = stream.rows
    passes = 1 + 10_000_000 / stream.size
    let starts = stride(from: 0, to: stream.rows, by: batch)
    let contents = starts.map { start in
      ArrayMessages.frames(kind, stream, start..<min(start + batch, stream.rows))
    }
    let room = contents.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count + ArrayMessages.gap } }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 64)
    var end = 0
    messages = contents.map { frames in
      frames.map { frame in
        let start = end + ArrayMessages.gap
        let place = UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + frame.count])
        place.copyBytes(from: frame)
        end = start + frame.count
        return UnsafeRawBufferPointer(place)
      }
    }
    self.memory = memory
  }

  deinit {
    memory.deallocate()
  }

  private static let gap = 9

  private static func frames(_ kind: Kind, _ stream: SampleStream, _ rows: Range<Int>) -> [[UInt8]] {
    let first = stream.batch.range(of: rows.lowerBound).lowerBound
    let stored = first..<stream.batch.range(of: rows.upperBound - 1).upperBound
    let values = bytes(stream.batch.values[stored])
    let targets = bytes(stream.batch.targets[rows].map(Float.init))
    let y = #""y": {"dtype": "<f4", "shape": [\#(rows.count)]}"#
    if kind != .sparse {
      let header = #"{"x": {"dtype": "<f4", "shape": [\#(rows.count), \#(stream.features)]}, \#(y)}"#
      return [Array(header.utf8), values, targets]
    }
    let ends = [0] + rows.map { Int32(stream.batch.range(of: $0).upperBound - first) }
    let header = """
      {"data": {"dtype": "<f4", "shape": [\(stored.count)]}, "indices": {"dtype": "<i4", "shape": [\(stored.count)]}, \
      "indptr": {"dtype": "<i4", "shape": [\(ends.count)]}, "shape": [\(rows.count), \(stream.features)], \(y)}
      """
    return [Array(header.utf8), values, bytes(stream.batch.features[stored]), bytes(ends), targets]
  }

  private static func bytes<Number: BitwiseCopyable>(_ numbers: some Collection<Number>) -> [UInt8] {
    Array(numbers).withUnsafeBytes { Array($0) }
  }
}
