internal import Glibc
internal import OnlineLearning

/// Turns a header and the buffers that it describes into rows.
///
/// Values go from the frame straight into the batch; what has to be kept is kept from message to message.
struct ArraySamples: ~Copyable {
  private let loss: Loss
  private let limits: SampleLimits
  private var columns: ColumnTable
  private var converted = ConvertedNumbers()
  private var repetitions = RepeatedColumns()
  private var shared = SharedFeatures()
  private var plain: PlainArrays
  /// The header met last, which a sender of many equal messages sends again.
  private var knownHeader: [UInt8] = []
  private var known: ArrayHeader?

  /// What the header of the message decoded last says about the message; nil also where it could not be understood.
  private(set) var label: SampleLabels.MessageLabel?

  /// Bytes of a header.
  private static let headerLimit = 1 << 16

  init(loss: Loss, limits: SampleLimits) {
    self.loss = loss
    self.limits = limits
    columns = ColumnTable(limits)
    plain = PlainArrays(loss: loss, limits: limits)
  }

  /// The arrays of one message.
  struct Message {
    let rows: Int
    let columns: Int
    /// Dense: all values. CSR: those that are stored.
    let values: ArrayBuffer
    /// CSR only.
    let indices: ArrayBuffer?
    let ends: ArrayBuffer?
    let targets: ArrayBuffer?
    let importances: ArrayBuffer?
  }

  /// Adds the samples of a message to the batch.
  ///
  /// - Parameters:
  ///   - first: the position of the header; the buffers follow.
  ///   - isCertain: whether the message is known to be one of arrays.
  /// - Throws: the first thing that is wrong.
  mutating func decode(
    _ frames: Span<UnsafeRawBufferPointer>, header first: Int, isCertain: Bool, _ json: inout JSONReader,
    _ purpose: SampleDecoder.Purpose, _ batch: inout SampleBatch, _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    label = nil
    let header: ArrayHeader
    do throws(SampleError) {
      header = try read(Span(_unsafeBytes: frames[first]), &json, isCertain: isCertain, frames: frames.count)
      label = header.label
    } catch {
      // What is about the message as a whole says so itself.
      if error.reason == .frames { throw error }
      throw SampleError(
        error.reason, "frame \(first + 1), the header: \(error.message)", at: error.position,
        from: error.source)
    }
    do throws(SampleError) {
      try decode(try message(header, frames, first), purpose, &batch, &dictionary)
    } catch {
      throw header.source.map { error.from($0.utf8, upTo: limits.nameBytes) } ?? error
    }
  }

  private mutating func decode(
    _ message: borrowing Message, _ purpose: SampleDecoder.Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    guard message.rows <= limits.samplesPerMessage else {
      throw SampleError(
        .limit,
        "the message has \(message.rows) samples; limits.samples_per_message is \(limits.samplesPerMessage)")
    }
    if message.indices == nil {
      try decodeDense(message, purpose, &batch, &dictionary)
    } else {
      try decodeSparse(message, purpose, &batch, &dictionary)
    }
    columns.end(dictionary)
  }

  private mutating func read(
    _ text: Span<UInt8>, _ json: inout JSONReader, isCertain: Bool, frames: Int
  ) throws(SampleError) -> ArrayHeader {
    if let known, text.withUnsafeBytes({ isKnownHeader($0) }) { return known }
    guard text.count <= ArraySamples.headerLimit else {
      throw SampleError(
        .brokenArrays, "it has \(text.count) bytes; a header has at most \(ArraySamples.headerLimit)")
    }
    let tree = try text.withUnsafeBufferPointer { (bytes) throws(SampleError) in try json.tree(bytes) }
    if !isCertain, !ArrayHeader.describesArrays(tree) { throw SampleDecoder.wrongFrames(frames) }
    let header: ArrayHeader
    do throws(SampleError) {
      header = try ArrayHeader(tree)
    } catch {
      throw MessageEnvelope.source(tree).map { error.from($0.utf8, upTo: limits.nameBytes) } ?? error
    }
    knownHeader.removeAll(keepingCapacity: true)
    text.withUnsafeBufferPointer { knownHeader.append(contentsOf: $0) }
    known = header
    return header
  }

  /// Whether a frame is the header met last.
  func isKnownHeader(_ frame: UnsafeRawBufferPointer) -> Bool {
    knownHeader.withUnsafeBytes { known in
      guard frame.count == known.count, let frame = frame.baseAddress, let header = known.baseAddress else {
        return false
      }
      return memcmp(frame, header, known.count) == 0
    }
  }

  /// Lays the header's arrays over their frames.
  private func message(
    _ header: ArrayHeader, _ frames: Span<UnsafeRawBufferPointer>, _ first: Int
  ) throws(SampleError) -> Message {
    let given = frames.count - first - 1
    let hasUnnamedTargets = header.isBare && given == 2
    guard given == header.arrays.count || hasUnnamedTargets else {
      let names = header.isBare ? "x, and y if you like" : header.arrays.map(\.role.rawValue).joined(separator: ", ")
      throw SampleError(
        .frames,
        "the message has \(frames.count) frames, and \(given) of them after the header, which wants a buffer each for "
          + names)
    }
    func buffer(_ place: Int?) throws(SampleError) -> ArrayBuffer? {
      guard let place else { return nil }
      let array = header.arrays[place]
      return try ArraySamples.buffer(array.type, array.count, array.byteCount, array.role, frames, first + 1 + place)
    }
    let places = header.places
    var targets = try buffer(places.y)
    if hasUnnamedTargets, let x = header.arrays.first {
      // With at least one column x has as many bytes, and without any the header can name millions of rows.
      let (byteCount, overflows) = header.rows.multipliedReportingOverflow(by: x.type.size)
      targets = try ArraySamples.buffer(x.type, header.rows, overflows ? .max : byteCount, .y, frames, first + 2)
    }
    let (stored, values) = (try buffer(places.data), try buffer(places.x))
    guard let values = stored ?? values else {
      throw SampleError(.brokenArrays, "the header has no features; give x, or data, indices and indptr")
    }
    return Message(
      rows: header.rows, columns: header.columns, values: values,
      indices: try buffer(places.indices), ends: try buffer(places.indptr), targets: targets,
      importances: try buffer(places.weight))
  }

  private static func buffer(
    _ type: ArrayType, _ count: Int, _ byteCount: Int, _ role: ArrayHeader.Role,
    _ frames: Span<UnsafeRawBufferPointer>, _ frame: Int
  ) throws(SampleError) -> ArrayBuffer {
    guard frames[frame].count == byteCount else {
      throw SampleError(
        .brokenArrays,
        "frame \(frame + 1), \(role.rawValue): the buffer has \(frames[frame].count) bytes; \(count) numbers of "
          + "<\(type.rawValue) have \(byteCount)")
    }
    return ArrayBuffer(type: type, count: count, bytes: frames[frame], frame: frame)
  }

  /// What becomes of a row.
  private enum Fate {
    case kept(target: Double, importance: Double)
    case unlearned
  }

  private func fate(
    of row: Int, _ message: borrowing Message, _ purpose: SampleDecoder.Purpose
  ) throws(SampleError) -> Fate {
    var normalized: Double?
    if let targets = message.targets {
      let target = targets.double(at: row)
      normalized = loss.normalizedTarget(target)
      if normalized == nil {
        throw targets.error(
          .target, "the target is \(target); with loss \(loss.rawValue) it must be \(loss.targetRequirement)", at: row)
      }
    }
    var importance = 1.0
    if let importances = message.importances {
      importance = importances.double(at: row)
      guard importance >= 0, importance <= Double(Float.greatestFiniteMagnitude) else {
        throw importances.error(
          .importance, "the importance weight is \(importance); it must be at least 0 and at most 3.4e38", at: row)
      }
    }
    if purpose == .predict { return .kept(target: .nan, importance: 1) }
    if let normalized, importance > 0 { return .kept(target: normalized, importance: importance) }
    return purpose == .answer ? .kept(target: .nan, importance: max(importance, .leastNormalMagnitude)) : .unlearned
  }

  /// Adds a message as a whole, if there is nothing out of the ordinary in it.
  ///
  /// - Returns: whether that was so.
  private mutating func isPlain(
    _ message: borrowing Message, _ purpose: SampleDecoder.Purpose, _ batch: inout SampleBatch,
    _ dictionary: borrowing FeatureSpace
  ) -> Bool {
    if purpose == .predict || dictionary.sharesIndices { return false }
    return plain.append(message, to: &batch, &columns, bound: UInt32(dictionary.count))
  }

  /// Below which number columns are indices themselves; nil where they are not, or may have names that are too long.
  private func widthOfIndices(_ dictionary: borrowing FeatureSpace) -> Int? {
    dictionary.width.flatMap { ($0 - 1).description.utf8.count <= limits.nameBytes ? $0 : nil }
  }

  private mutating func decodeDense(
    _ message: borrowing Message, _ purpose: SampleDecoder.Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    let width = message.columns
    guard width <= limits.featuresPerSample else { throw tooMany(width) }
    // The buffer has as many values; of no rows it has none, however wide they are.
    if message.rows > 0 { columns.begin(width, dictionary) }
    if isPlain(message, purpose, &batch, dictionary) { return }
    // How many columns no feature is known for; nil until it has been asked, for rows that add features or others.
    var unknown: Int?
    var hasAdded = false
    for row in 0..<message.rows {
      do throws(SampleError) {
        let fate = try fate(of: row, message, purpose)
        let start = row * width
        let values = ArrayRow(message.values.floats(start..<start + width, &converted))
        if !values.isFinite { try explain(message, start..<start + width) }
        guard case .kept(let target, let importance) = fate else {
          batch.unlearned += 1
          continue
        }
        // Only a row that is going to be learned brings new features.
        let adds = !target.isNaN
        if unknown == nil || adds && !hasAdded {
          var count = 0
          for column in 0..<width where try columns.feature(column, adds: adds, &dictionary) == nil { count += 1 }
          unknown = count
          hasAdded = adds
        }
        if dictionary.sharesIndices {
          shared.begin()
          columns.withFeatures { features in
            for column in 0..<width { shared.add(features[column], values[column]) }
          }
          if let column = shared.end(&batch, bound: dictionary.count) {
            throw message.values.error(overflowAtColumn: column, at: start + column)
          }
          batch.endRow(target: target, importance: importance)
          if purpose == .predict { batch.noteUnknownFeatures() }
          continue
        }
        let areKnown = unknown == 0
        batch.unknownFeatures += unknown ?? 0
        if adds { batch.refusedFeatures += unknown ?? 0 }
        columns.withFeatures { features in
          let features = UnsafeBufferPointer(rebasing: features[..<width])
          batch.append(upTo: width, featureBound: UInt32(dictionary.count)) { into, valuesInto in
            values.write(features, areKnown: areKnown, &into, &valuesInto)
            return values.largest
          }
        }
        batch.endRow(target: target, importance: importance)
        if purpose == .predict { batch.noteUnknownFeatures() }
      } catch {
        throw error.inSample(row + 1)
      }
    }
  }

  private mutating func decodeSparse(
    _ message: borrowing Message, _ purpose: SampleDecoder.Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    guard let indices = message.indices, let ends = message.ends else { return }
    let stored = message.values.count
    let first = ends.integer(at: 0)
    guard first == 0 else {
      throw ends.error(.brokenArrays, "indptr begins with \(first); it must begin with 0", at: 0)
    }
    if purpose != .predict, let width = widthOfIndices(dictionary),
      plain.append(message, to: &batch, indicesBelow: width)
    {
      return
    }
    columns.begin(min(message.columns, ColumnTable.sparseColumns), dictionary)
    if isPlain(message, purpose, &batch, dictionary) { return }
    var start = 0
    for row in 0..<message.rows {
      do throws(SampleError) {
        let end = ends.integer(at: row + 1)
        guard start <= end, end <= stored else {
          throw ends.error(
            .brokenArrays,
            "indptr goes from \(start) to \(end); it must ascend to \(stored), the number of values stored", at: row + 1
          )
        }
        let range = start..<end
        start = end
        guard range.count <= limits.featuresPerSample else { throw tooMany(range.count) }
        let fate = try fate(of: row, message, purpose)
        let values = ArrayRow(message.values.floats(range, &converted))
        if !values.isFinite { try explain(message, range) }
        let sparse = SparseRow(indices: indices, range: range, width: message.columns, values: values)
        guard case .kept(let target, let importance) = fate else {
          try sparse.checkColumns()
          batch.unlearned += 1
          continue
        }
        if dictionary.sharesIndices {
          if let position = try sparse.append(to: &batch, &columns, &shared, adds: !target.isNaN, &dictionary) {
            throw message.values.error(overflowAtColumn: indices.integer(at: position), at: position)
          }
        } else if !sparse.append(to: &batch, columns, bound: UInt32(dictionary.count)) {
          try sparse.append(
            to: &batch, &columns, &repetitions, adds: !target.isNaN, &dictionary)
        }
        batch.endRow(target: target, importance: importance)
        if purpose == .predict { batch.noteUnknownFeatures() }
      } catch {
        throw error.inSample(row + 1)
      }
    }
    guard start == stored else {
      throw ends.error(
        .brokenArrays, "indptr ends with \(start); it must end with \(stored), the number of values stored",
        at: message.rows)
    }
  }

  private func tooMany(_ count: Int) -> SampleError {
    SampleError(
      .limit,
      "the sample has \(count) features; limits.features_per_sample is \(limits.featuresPerSample)")
  }

  /// Says which of the values is not finite as a Float32.
  private func explain(_ message: borrowing Message, _ range: Range<Int>) throws(SampleError) {
    for position in range {
      let value = message.values.double(at: position)
      if Float(value).isFinite { continue }
      let column = message.indices?.integer(at: position) ?? position - range.lowerBound
      throw message.values.error(
        .featureValue, "the value of feature \"\(column)\" is \(value); it must be finite and at most 3.4e38",
        at: position)
    }
  }
}
