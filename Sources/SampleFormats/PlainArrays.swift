internal import OnlineLearning

/// Takes messages of arrays in which nothing is out of the ordinary, as in most: every sample is to be learned, every
/// column's feature is known, columns ascend within their rows, and every value is finite and not 0.
///
/// Such a message is checked and taken as a whole, many numbers at a time. Any other is left to those who go through it row
/// by row, and can tell what is wrong with it; what is taken here they would take as well, and make the same of it.
struct PlainArrays: ~Copyable {
  private let loss: Loss
  private let featuresPerSample: Int
  private var ends = Scratch<Int>()
  private var targets = Scratch<Double>()
  private var importances = Scratch<Double>()

  init(loss: Loss, limits: SampleLimits) {
    self.loss = loss
    featuresPerSample = limits.featuresPerSample
  }

  /// Adds all samples of a message to the batch.
  ///
  /// - Parameters:
  ///   - columns: those of the message have begun.
  ///   - bound: every feature is below it.
  /// - Returns: false where anything is out of the ordinary; then nothing is added.
  /// - Complexity: O(bytes)
  mutating func append(
    _ message: borrowing ArraySamples.Message, to batch: inout SampleBatch, _ columns: inout ColumnTable, bound: UInt32
  ) -> Bool {
    guard message.rows > 0, readLabels(message) else { return false }
    let longest: Int?
    if let indices = message.indices, let ends = message.ends {
      let (values, width) = (message.values, message.columns)
      longest = columns.withFeatures { features in
        appendSparse(values, indices, ends, to: &batch, below: min(width, features.count), bound, features)
      }
    } else {
      longest = appendDense(message, to: &batch, &columns, bound: bound)
    }
    guard let longest else { return false }
    endRows(longest, &batch)
    return true
  }

  /// The same of a sparse message whose columns are the indices of their features themselves.
  ///
  /// - Parameter width: every index is below it.
  mutating func append(
    _ message: borrowing ArraySamples.Message, to batch: inout SampleBatch, indicesBelow width: Int
  ) -> Bool {
    guard let indices = message.indices, let ends = message.ends, message.rows > 0, readLabels(message) else {
      return false
    }
    let limit = min(message.columns, width)
    let longest = appendSparse(message.values, indices, ends, to: &batch, below: limit, UInt32(width), nil)
    guard let longest else { return false }
    endRows(longest, &batch)
    return true
  }

  private func endRows(_ longest: Int, _ batch: inout SampleBatch) {
    ends.withSpan { ends in
      targets.withSpan { targets in
        importances.withSpan { importances in
          batch.endRows(ends, longest: longest, targets: targets, importances: importances)
        }
      }
    }
  }

  /// Reads targets and importance weights.
  ///
  /// - Returns: whether every sample has both, and they are valid.
  private mutating func readLabels(_ message: borrowing ArraySamples.Message) -> Bool {
    guard let given = message.targets else { return false }
    let loss = loss
    let areValid = targets.refill(count: message.rows) { targets in
      given.write(to: targets)
      return loss.normalize(targets)
    }
    guard areValid else { return false }
    guard let given = message.importances else {
      return importances.refill(count: message.rows) { importances in
        importances.update(repeating: 1)
        return true
      }
    }
    return importances.refill(count: message.rows) { importances in
      given.write(to: importances)
      return importances.allSatisfy { $0 > 0 && $0 <= Double(Float.greatestFiniteMagnitude) }
    }
  }

  /// - Returns: the length of the longest row; nil where nothing was added.
  private mutating func appendDense(
    _ message: borrowing ArraySamples.Message, to batch: inout SampleBatch, _ columns: inout ColumnTable, bound: UInt32
  ) -> Int? {
    let (width, rows, values) = (message.columns, message.rows, message.values)
    guard width > 0, columns.areKnown(width) else { return nil }
    let isAdded = columns.withFeatures { features in
      let features = UnsafeBufferPointer(rebasing: features[..<width])
      return batch.appendRows(ofFeatures: features, featureBound: bound, count: rows) { into in
        var largest: Float?
        into.withUnsafeMutableBufferPointer { into, count in
          largest = values.writePlain(to: UnsafeMutableBufferPointer(rebasing: into[..<values.count]))
          count = largest == nil ? 0 : values.count
        }
        return largest ?? 0
      }
    }
    guard isAdded else { return nil }
    ends.refill(count: rows) { ends in
      for row in ends.indices { ends[row] = (row &+ 1) &* width }
      return true
    }
    return width
  }

  /// - Parameters:
  ///   - indices: columns, of a type of integers.
  ///   - limit: every column has to be below it.
  ///   - bound: every feature is below it.
  ///   - known: the features of columns, as many as the limit; nil where columns are features themselves.
  /// - Returns: as `appendDense`.
  private mutating func appendSparse(
    _ values: ArrayBuffer, _ indices: ArrayBuffer, _ rowEnds: ArrayBuffer, to batch: inout SampleBatch,
    below limit: Int, _ bound: UInt32, _ known: UnsafeBufferPointer<UInt32>?
  ) -> Int? {
    let stored = values.count
    guard let longest = readEnds(rowEnds, stored), longest <= featuresPerSample else { return nil }
    let isAdded = batch.append(stored, bound) { into, valuesInto in
      let ascents: Int
      let largest: Float?
      if indices.type == .i8 {
        (ascents, largest) = (indices.writeColumns(to: into), values.writePlain(to: valuesInto))
      } else {
        let both = ColumnsBesideValues(columns: indices.bytes, values: values.floats(orIn: valuesInto))
        let (counted, sizes) = both.copy(columns: into, values: valuesInto)
        (ascents, largest) = (counted, sizes.arePlain ? sizes.largest : nil)
      }
      guard largest != nil else { return nil }
      guard ends.withSpan({ ends in indices.ascend(ascents, in: ends, below: limit) }) else { return nil }
      if let known, !PlainArrays.replace(into, by: known) { return nil }
      return largest
    }
    guard isAdded else { return nil }
    let start = batch.features.count - stored
    if start > 0 { ends.withMutableSpan { ends in for row in ends.indices { ends[row] += start } } }
    return longest
  }

  /// Puts features in the place of their columns.
  ///
  /// - Returns: whether all are known.
  /// - Precondition: every column is a position in `features`.
  private static func replace(
    _ columns: UnsafeMutableBufferPointer<UInt32>, by features: UnsafeBufferPointer<UInt32>
  ) -> Bool {
    // An index so large that its first bit is set is taken for `unresolved`, too; the slow way tells them apart.
    var bits = SIMD4<UInt32>()
    let places = UnsafeMutableRawBufferPointer(columns)
    var position = 0
    while position &+ 4 <= columns.count {
      let four = SIMD4(
        features[Int(columns[position])], features[Int(columns[position &+ 1])],
        features[Int(columns[position &+ 2])], features[Int(columns[position &+ 3])])
      places.storeBytes(of: four, toByteOffset: position &* 4, as: SIMD4<UInt32>.self)
      bits |= four
      position &+= 4
    }
    while position < columns.count {
      columns[position] = features[Int(columns[position])]
      bits[0] |= columns[position]
      position &+= 1
    }
    return bits[0] | bits[1] | bits[2] | bits[3] <= UInt32(Int32.max)
  }

  /// Reads where rows end, the first one beginning with value 0.
  ///
  /// - Returns: the length of the longest; nil where rows do not follow each other up to `stored`.
  private mutating func readEnds(_ given: ArrayBuffer, _ stored: Int) -> Int? {
    guard given.integer(at: 0) == 0 else { return nil }
    var longest = 0
    let areValid = ends.refill(count: given.count - 1) { ends in
      given.write(to: ends, from: 1)
      var start = 0
      // Below 0 where any of them is.
      var signs = 0
      for end in ends {
        let length = end &- start
        // With both ends from 0 to `stored` it does not wrap.
        signs |= end | (stored &- end) | length
        longest = max(longest, length)
        start = end
      }
      return signs >= 0 && start == stored
    }
    return areValid ? longest : nil
  }
}

extension SampleBatch {
  /// Adds `count` features with their values, which `write` writes, or none.
  ///
  /// - Parameter write: returns what no value exceeds, or nil for none.
  /// - Returns: whether any were added.
  @inline(__always)
  fileprivate mutating func append(
    _ count: Int, _ bound: UInt32,
    _ write: (UnsafeMutableBufferPointer<UInt32>, UnsafeMutableBufferPointer<Float>) -> Float?
  ) -> Bool {
    var largest: Float?
    append(upTo: count, featureBound: bound) { features, values in
      features.withUnsafeMutableBufferPointer { features, featureCount in
        values.withUnsafeMutableBufferPointer { values, valueCount in
          largest = write(
            UnsafeMutableBufferPointer(rebasing: features[..<count]),
            UnsafeMutableBufferPointer(rebasing: values[..<count]))
          featureCount = largest == nil ? 0 : count
          valueCount = featureCount
        }
      }
      return largest ?? 0
    }
    return largest != nil
  }
}
