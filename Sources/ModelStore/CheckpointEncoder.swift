internal import FoundationEssentials
internal import OnlineLearning

/// Puts a checkpoint into the bytes of its file, a piece at a time: what it takes of memory does not depend on the model's
/// size.
///
/// Features go out in pieces, which another thread makes while earlier ones are written. The pieces of one tensor follow each
/// other in the file, and every tensor has its own checksum, of which the file's is made in the end.
struct CheckpointEncoder {
  /// What a tensor's bytes are made from.
  private enum Source {
    /// An element for each feature, or for the first so many.
    case features(FeaturePieces.Source)
    case names
    /// Bytes that are there: of little things.
    case bytes([UInt8])
  }

  private struct Tensor {
    let layout: SafeTensors.Tensor
    let source: Source
    var check = CRC32C()
  }

  private let snapshot: ModelSnapshot
  private let header: [UInt8]
  private var tensors: [Tensor] = []
  /// Where each tensor begins in the file.
  private var starts: [Int] = []
  /// The file's size in bytes.
  let size: Int
  /// The `configuration` text.
  let configuration: String

  /// Features whose names go out at once.
  private static let piece = 1 << 15

  /// - Throws: when a number is there that JSON has no word for.
  init(_ checkpoint: Checkpoint) throws {
    snapshot = checkpoint.snapshot
    tensors = CheckpointEncoder.tensors(checkpoint)
    configuration = try CheckpointEncoder.json(snapshot.configuration)
    header = try SafeTensors.header(
      tensors.map(\.layout), metadata: CheckpointEncoder.metadata(checkpoint, configuration))
    var end = header.count
    for tensor in tensors {
      starts.append(end)
      end += tensor.layout.byteCount
    }
    size = end
  }

  private static func tensors(_ checkpoint: Checkpoint) -> [Tensor] {
    let snapshot = checkpoint.snapshot
    var tensors: [Tensor] = []
    func add(_ name: String, _ type: SafeTensors.ElementType, _ count: Int, _ source: Source) {
      tensors.append(Tensor(layout: SafeTensors.Tensor(name: name, type: type, count: count), source: source))
    }
    func add<Element: BitwiseCopyable>(_ name: String, _ type: SafeTensors.ElementType, _ elements: [Element]) {
      // Little endian, as in memory on every machine that Swift runs on under Linux.
      add(name, type, elements.count, .bytes(elements.withUnsafeBytes { Array($0) }))
    }
    // The widest elements first, so that all are aligned.
    let columns = LinearLearner.columns(of: snapshot.configuration)
    for column in columns where column.kind == .float64 {
      add(column.rawValue, column.elementType, snapshot.count, .features(.column(column)))
    }
    // Names of a dictionary are as many as features; others are few.
    let hasManyNames = snapshot.space.space == .dictionary
    let names = hasManyNames ? FeatureSpace.Names(bytes: [], ends: []) : snapshot.names
    if hasManyNames {
      add("name_ends", .int64, snapshot.count, .features(.nameEnds))
    } else {
      add("name_ends", .int64, names.ends)
    }
    let seen = snapshot.lastSeenSteps.count
    if seen > 0 { add("last_seen", .int64, seen, .features(.lastSeen)) }
    let waiting = checkpoint.delayed.columns
    if waiting.count > 0 {
      add("delayed_id_ends", .int64, waiting.idEnds)
      add("delayed_ends", .int64, waiting.ends)
      add("delayed_margins", .float64, waiting.margins)
      add("delayed_importances", .float64, waiting.importances)
      add("delayed_times", .float64, waiting.times)
    }
    add("coefficients", .float32, snapshot.count, .features(.coefficients))
    for column in columns where column.kind != .float64 {
      add(column.rawValue, column.elementType, snapshot.count, .features(.column(column)))
    }
    if let indices = names.indices { add("name_indices", .uint32, indices) }
    if waiting.count > 0 {
      add("delayed_features", .uint32, waiting.features)
      add("delayed_values", .float32, waiting.values)
    }
    if hasManyNames {
      add("names", .uint8, snapshot.nameByteCount, .names)
    } else {
      add("names", .uint8, names.bytes)
    }
    if waiting.count > 0 { add("delayed_ids", .uint8, waiting.ids) }
    return tensors
  }

  private static func metadata(_ checkpoint: Checkpoint, _ configuration: String) throws -> [String: String] {
    let snapshot = checkpoint.snapshot
    let state = Checkpoint.State(learner: snapshot.learner.state, validation: snapshot.validation)
    return [
      "format": Checkpoint.format,
      "format_version": String(Checkpoint.formatVersion),
      "step": String(snapshot.steps),
      "time": String(checkpoint.time),
      "position": String(checkpoint.position),
      "configuration": configuration,
      "features": try json(snapshot.space),
      "state": try json(state),
      "sequences": try json(checkpoint.sequences),
      "delayed": try json(checkpoint.delayed.counts),
      "overrides": try json(checkpoint.overrides),
      "checksum": Checkpoint.checksumPrefix + "00000000",
    ]
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Hands over all bytes of the file, each once, but for the checksum's digits: those come last, over zeros.
  ///
  /// - Parameter write: takes bytes and their place in the file.
  /// - Returns: the checksum.
  /// - Complexity: O(features + bytes of names)
  @discardableResult
  consuming func encode<Failure: Error>(
    _ write: (UnsafeRawBufferPointer, Int) throws(Failure) -> Void
  ) throws(Failure) -> UInt32 {
    var check = CRC32C()
    try CheckpointEncoder.put(header, at: 0, &check, write)
    try encodeFeatures(write)
    for index in tensors.indices {
      switch tensors[index].source {
      case .bytes(let bytes):
        try CheckpointEncoder.put(bytes, at: starts[index], &tensors[index].check, write)
      case .names: try encodeNames(index, write)
      case .features: break
      }
    }
    var value = check.value
    for tensor in tensors {
      value = CRC32C.joined(value, tensor.check.value, count: tensor.layout.byteCount)
    }
    // `metadata` put it there.
    guard let place = Checkpoint.checksumDigits(in: header.span) else { return value }
    try CheckpointEncoder.put(Checkpoint.digits(value), at: place.lowerBound, &check, write)
    return value
  }

  private mutating func encodeFeatures<Failure: Error>(
    _ write: (UnsafeRawBufferPointer, Int) throws(Failure) -> Void
  ) throws(Failure) {
    var indices: [Int] = []
    var parts: [FeaturePieces.Tensor] = []
    for (index, tensor) in tensors.enumerated() {
      guard case .features(let source) = tensor.source else { continue }
      indices.append(index)
      let (count, width) = (tensor.layout.count, tensor.layout.type.byteCount)
      parts.append(FeaturePieces.Tensor(source: source, count: count, width: width, start: starts[index]))
    }
    let made = try PieceRelay.run(FeaturePieces(snapshot, parts)) { (piece) throws(Failure) in
      for part in piece.parts { try write(part.bytes, part.place) }
    }
    for (index, tensor) in zip(indices, made.tensors) { tensors[index].check = tensor.check }
  }

  private mutating func encodeNames<Failure: Error>(
    _ index: Int, _ write: (UnsafeRawBufferPointer, Int) throws(Failure) -> Void
  ) throws(Failure) {
    var place = starts[index]
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: snapshot.count, by: CheckpointEncoder.piece) {
      bytes.removeAll(keepingCapacity: true)
      snapshot.appendNames(start..<min(start + CheckpointEncoder.piece, snapshot.count), to: &bytes)
      try CheckpointEncoder.put(bytes, at: place, &tensors[index].check, write)
      place += bytes.count
    }
  }

  private static func put<Failure: Error>(
    _ bytes: [UInt8], at place: Int, _ check: inout CRC32C,
    _ write: (UnsafeRawBufferPointer, Int) throws(Failure) -> Void
  ) throws(Failure) {
    if bytes.isEmpty { return }
    try bytes.span.bytes.withUnsafeBytes { (bytes) throws(Failure) in
      check.update(bytes)
      try write(bytes, place)
    }
  }
}
