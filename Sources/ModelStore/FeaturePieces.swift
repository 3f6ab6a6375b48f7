internal import OnlineLearning

/// What of a checkpoint has an element for each feature, made for a piece of the features at a time: all that is kept about
/// them, so that the model is gone through once.
struct FeaturePieces {
  /// What elements are made from.
  enum Source {
    case column(WeightColumn)
    case coefficients
    case nameEnds
    case lastSeen
  }

  struct Tensor {
    let source: Source
    /// How many of the features have an element, from the first on, and its bytes.
    let count: Int
    let width: Int
    /// Where the first one is in the file.
    let start: Int
    /// Of what has been made.
    var check = CRC32C()
  }

  /// A piece's bytes.
  final class Piece {
    fileprivate let bytes: UnsafeMutableRawBufferPointer
    fileprivate(set) var parts: [(bytes: UnsafeRawBufferPointer, place: Int)] = []

    /// - Parameter pieces: those that it has room for.
    init(for pieces: FeaturePieces) {
      let features = min(FeaturePieces.features, pieces.snapshot.count)
      bytes = .allocate(byteCount: features * pieces.tensors.reduce(0) { $0 + $1.width }, alignment: 64)
    }

    deinit { bytes.deallocate() }
  }

  private let snapshot: ModelSnapshot
  private(set) var tensors: [Tensor]
  /// The first feature of the next piece.
  private var next = 0
  /// Where the last name ends.
  private var end = 0

  private static let features = 1 << 16

  /// - Parameter tensors: the widest elements first.
  init(_ snapshot: ModelSnapshot, _ tensors: [Tensor]) {
    (self.snapshot, self.tensors) = (snapshot, tensors)
  }

  /// Makes the next piece, in the place of what was there.
  ///
  /// - Returns: whether there was one; if not, it has no parts.
  /// - Complexity: O(features of a piece)
  mutating func make(_ piece: Piece) -> Bool {
    piece.parts.removeAll(keepingCapacity: true)
    let features = next..<min(next + FeaturePieces.features, snapshot.count)
    next = features.upperBound
    var used = 0
    for index in tensors.indices {
      let tensor = tensors[index]
      let range = features.clamped(to: 0..<tensor.count)
      if range.isEmpty { continue }
      let bytes = UnsafeMutableRawBufferPointer(rebasing: piece.bytes[used..<used + range.count * tensor.width])
      fill(bytes, range, from: tensor.source)
      tensors[index].check.update(UnsafeRawBufferPointer(bytes))
      piece.parts.append((UnsafeRawBufferPointer(bytes), tensor.start + range.lowerBound * tensor.width))
      used += bytes.count
    }
    return !piece.parts.isEmpty
  }

  private mutating func fill(_ bytes: UnsafeMutableRawBufferPointer, _ range: Range<Int>, from source: Source) {
    switch source {
    case .column(let column): snapshot.learner.copy(column, range, into: bytes)
    case .coefficients: snapshot.learner.copyCoefficients(range, into: bytes)
    case .nameEnds: end = snapshot.copyNameEnds(range, after: end, into: bytes)
    case .lastSeen: snapshot.copyLastSeen(range, into: bytes)
    }
  }
}
