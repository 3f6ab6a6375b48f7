internal import FoundationEssentials
internal import OnlineLearning

extension Checkpoint {
  /// Reads a checkpoint file and checks all of it.
  ///
  /// - Throws: `damaged` with what is wrong, `newerVersion`, or the call that failed.
  /// - Complexity: O(bytes)
  public init(file path: String, on files: any FileSystem = LocalFileSystem()) throws(StoreError) {
    var bytes = try files.read(path)
    let found: Int
    do throws(SafeTensors.Malformed) {
      let header = try SafeTensors.parse(bytes)
      guard header.metadata["format"] == Checkpoint.format else {
        throw SafeTensors.Malformed(problem: "it is a safetensors file, but not one of whittle's")
      }
      // Before anything in the file is believed, its version too.
      try Checkpoint.verify(&bytes, header)
      found = try Checkpoint.number("format_version", in: header)
      guard found >= 1 else { throw SafeTensors.Malformed(problem: "its format_version is \(found)") }
      if found <= Checkpoint.formatVersion {
        let time: Double = try Checkpoint.number("time", in: header)
        guard Checkpoint.times.contains(time) else { throw SafeTensors.Malformed(problem: "its \"time\" is \(time)") }
        let sequences: SourceSequences =
          header.metadata["sequences"] == nil ? SourceSequences() : try Checkpoint.json("sequences", in: header)
        let model = try Checkpoint.model(bytes, header)
        self.init(
          model, sequences: sequences, delayed: try Checkpoint.delayed(bytes, header, in: model.space),
          position: try Checkpoint.position(in: header), time: time)
        return
      }
    } catch {
      throw .damaged(path: path, problem: error.problem)
    }
    throw .newerVersion(path: path, found: found, known: Checkpoint.formatVersion)
  }

  /// Up to the year 5138; what shows times to people does not take every number.
  static let times = 0.0...1e11

  private static func text(_ key: String, in header: SafeTensors.Header) throws(SafeTensors.Malformed) -> String {
    guard let text = header.metadata[key] else {
      throw SafeTensors.Malformed(problem: "its metadata has no \"\(key)\"")
    }
    return text
  }

  private static func number<Number: LosslessStringConvertible>(
    _ key: String, in header: SafeTensors.Header
  ) throws(SafeTensors.Malformed) -> Number {
    let text = try text(key, in: header)
    guard let number = Number(text) else {
      throw SafeTensors.Malformed(problem: "its \"\(key)\" is no number: \"\(text)\"")
    }
    return number
  }

  private static func json<Value: Decodable>(
    _ key: String, in header: SafeTensors.Header
  ) throws(SafeTensors.Malformed) -> Value {
    let text = try text(key, in: header)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw SafeTensors.Malformed(problem: "its \"\(key)\" cannot be read")
    }
  }

  private static func verify(
    _ bytes: inout [UInt8], _ header: SafeTensors.Header
  ) throws(SafeTensors.Malformed) {
    let stored = try text("checksum", in: header)
    guard let place = checksumDigits(in: bytes.span.extracting(0..<header.dataStart)) else {
      throw SafeTensors.Malformed(problem: "its checksum is of an unknown kind: \"\(stored)\"")
    }
    bytes.replaceSubrange(place, with: repeatElement(UInt8(ascii: "0"), count: place.count))
    var check = CRC32C()
    bytes.withUnsafeBytes { check.update($0) }
    let computed = checksumPrefix + String(decoding: digits(check.value), as: UTF8.self)
    guard stored == computed else {
      throw SafeTensors.Malformed(problem: "its checksum is \(stored), its content has \(computed)")
    }
  }

  private static func model(
    _ bytes: [UInt8], _ header: SafeTensors.Header
  ) throws(SafeTensors.Malformed) -> Model {
    let configuration: LearnerConfiguration = try json("configuration", in: header)
    let state: State = try json("state", in: header)
    if let contradiction = configuration.contradiction {
      throw SafeTensors.Malformed(problem: "its configuration contradicts itself: \(contradiction)")
    }
    var columns: [WeightColumn: WeightColumn.Values] = [:]
    for column in LinearLearner.columns(of: configuration) {
      columns[column] = try elements(column, in: bytes, header)
    }
    let space = try space(bytes, header)
    guard columns.values.allSatisfy({ $0.count == space.count }) else {
      throw SafeTensors.Malformed(problem: "its tensors differ in length")
    }
    guard state.learner.isPlausible, state.validation.isPlausible(for: configuration.loss),
      let learner = LinearLearner(configuration, state: state.learner, columns: columns)
    else {
      throw SafeTensors.Malformed(problem: "it holds a number that no learner comes to")
    }
    // Seen and searched are features at the latest by the next step; and what has no name has no weight.
    let next = learner.state.steps + 1
    guard space.lastSeenSteps.allSatisfy({ $0 <= next }), space.state.searchedAt ?? 0 < next,
      (0..<space.count).allSatisfy({ space.isListed($0, value: 1) || learner.coefficient($0) == 0 })
    else {
      throw SafeTensors.Malformed(
        problem: "its features were seen later than its last step, or one has a weight and no name")
    }
    return Model(space, learner: learner, validation: state.validation)
  }

  private static func position(in header: SafeTensors.Header) throws(SafeTensors.Malformed) -> UInt64 {
    if header.metadata["position"] == nil { return 0 }
    let position: UInt64 = try number("position", in: header)
    // Far beyond any use, so that it can be counted on.
    guard position <= .max / 2 else { throw SafeTensors.Malformed(problem: "its \"position\" is \(position)") }
    return position
  }

  private static func delayed(
    _ bytes: [UInt8], _ header: SafeTensors.Header, in space: FeatureSpace
  ) throws(SafeTensors.Malformed) -> DelayedSamples {
    let counts: DelayedSamples.Counts =
      header.metadata["delayed"] == nil ? DelayedSamples.Counts() : try json("delayed", in: header)
    var columns = DelayedSamples.Columns()
    if header.entries["delayed_ids"] != nil {
      func doubles(_ name: String) throws(SafeTensors.Malformed) -> [Double] {
        try SafeTensors.elements(name, .float64, as: Double.self, in: bytes, header)
      }
      columns.ids = try SafeTensors.elements("delayed_ids", .uint8, as: UInt8.self, in: bytes, header)
      columns.idEnds = try SafeTensors.elements("delayed_id_ends", .int64, as: Int.self, in: bytes, header)
      columns.features = try SafeTensors.elements("delayed_features", .uint32, as: UInt32.self, in: bytes, header)
      columns.values = try SafeTensors.elements("delayed_values", .float32, as: Float.self, in: bytes, header)
      columns.ends = try SafeTensors.elements("delayed_ends", .int64, as: Int.self, in: bytes, header)
      columns.margins = try doubles("delayed_margins")
      columns.importances = try doubles("delayed_importances")
      columns.times = try doubles("delayed_times")
    }
    guard let delayed = DelayedSamples(columns, counts: counts, in: space) else {
      throw SafeTensors.Malformed(
        problem: "its samples that wait for targets do not fit each other or its features, or no message brings such")
    }
    return delayed
  }

  private static func space(
    _ bytes: [UInt8], _ header: SafeTensors.Header
  ) throws(SafeTensors.Malformed) -> FeatureSpace {
    // There was nothing but dictionaries before it.
    let state: FeatureSpace.State =
      header.metadata["features"] == nil ? FeatureSpace.State() : try json("features", in: header)
    var names = FeatureSpace.Names(
      bytes: try SafeTensors.elements("names", .uint8, as: UInt8.self, in: bytes, header),
      ends: try SafeTensors.elements("name_ends", .int64, as: Int.self, in: bytes, header))
    if state.space == .hashed {
      names.indices = try SafeTensors.elements("name_indices", .uint32, as: UInt32.self, in: bytes, header)
    }
    var lastSeen: [Int] = []
    if header.entries["last_seen"] != nil {
      lastSeen = try SafeTensors.elements("last_seen", .int64, as: Int.self, in: bytes, header)
    }
    guard lastSeen.allSatisfy({ $0 >= 0 }),
      let space = FeatureSpace(
        state, names: names, lastSeen: lastSeen.map { UInt64($0) }, keepingNames: names.indices?.count ?? 0)
    else {
      throw SafeTensors.Malformed(
        problem: "its feature names do not fit their ends or its feature space, or one stands twice")
    }
    return space
  }

  private static func elements(
    _ column: WeightColumn, in bytes: [UInt8], _ header: SafeTensors.Header
  ) throws(SafeTensors.Malformed) -> WeightColumn.Values {
    let name = column.rawValue
    switch column.kind {
    case .float32: return .float32(try SafeTensors.elements(name, .float32, as: Float.self, in: bytes, header))
    case .float64: return .float64(try SafeTensors.elements(name, .float64, as: Double.self, in: bytes, header))
    case .uint32: return .uint32(try SafeTensors.elements(name, .uint32, as: UInt32.self, in: bytes, header))
    }
  }
}
