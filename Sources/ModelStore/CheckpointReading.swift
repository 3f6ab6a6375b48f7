internal import FoundationEssentials
internal import OnlineLearning

extension Checkpoint {
  /// Up to the year 5138; what shows times to people does not take every number.
  static let times = 0.0...1e11

  /// Reads a checkpoint file and checks all of it.
  ///
  /// - Parameter inBackground: whether others need the processor; if not, several threads share the work.
  /// - Throws: `damaged` with what is wrong, `newerVersion`, or the call that failed.
  /// - Complexity: O(bytes)
  public init(file path: String, on files: any FileSystem = LocalFileSystem(), inBackground: Bool = false)
    throws(StoreError)
  {
    let file = try files.open(path, for: .reading)
    let checkpoint: Checkpoint
    do throws(StoreError) {
      var reader = CheckpointReader(
        tensors: try TensorReader(file, on: files), threads: inBackground ? 1 : ThreadGroup.width)
      checkpoint = try reader.checkpoint()
    } catch {
      try? files.close(file)
      throw error
    }
    try files.close(file)
    self = checkpoint
  }
}

/// Makes a checkpoint of a file, a piece of its features at a time: its tensors are never in memory as a whole besides what is
/// made of them.
private struct CheckpointReader {
  var tensors: TensorReader
  /// How many share the work.
  let threads: Int

  private var header: SafeTensors.Header { tensors.header }

  mutating func checkpoint() throws(StoreError) -> Checkpoint {
    guard header.metadata["format"] == Checkpoint.format else {
      throw damaged("it is a safetensors file, but not one of whittle's")
    }
    let unread = tensors
    do throws(StoreError) {
      let found: Int = try number("format_version")
      guard found >= 1 else { throw damaged("its format_version is \(found)") }
      if found > Checkpoint.formatVersion {
        throw .newerVersion(path: tensors.file.path, found: found, known: Checkpoint.formatVersion)
      }
      let checkpoint = try contents()
      try verify()
      return checkpoint
    } catch {
      if case .system = error { throw error }
      // Nothing in the file is believed before its checksum, its version and its mistakes neither.
      tensors = unread
      try verify()
      throw error
    }
  }

  private func damaged(_ problem: String) -> StoreError { .damaged(path: tensors.file.path, problem: problem) }

  private mutating func verify() throws(StoreError) {
    let stored = try text("checksum")
    guard let digits = tensors.checksumDigits else {
      throw damaged("its checksum is of an unknown kind: \"\(stored)\"")
    }
    let value = try tensors.checksum(without: digits)
    let computed = Checkpoint.text(value)
    guard stored == computed else { throw damaged("its checksum is \(stored), its content has \(computed)") }
  }

  // MARK: Texts

  private func text(_ key: String) throws(StoreError) -> String {
    guard let text = header.metadata[key] else { throw damaged("its metadata has no \"\(key)\"") }
    return text
  }

  private func number<Number: LosslessStringConvertible>(_ key: String) throws(StoreError) -> Number {
    let text = try text(key)
    guard let number = Number(text) else { throw damaged("its \"\(key)\" is no number: \"\(text)\"") }
    return number
  }

  private func json<Value: Decodable>(_ key: String) throws(StoreError) -> Value {
    let text = try text(key)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    } catch {
      throw damaged("its \"\(key)\" cannot be read")
    }
  }

  /// - Returns: `missing` where there is no such text: earlier versions did not have it.
  private func json<Value: Decodable>(_ key: String, missing: Value) throws(StoreError) -> Value {
    header.metadata[key] == nil ? missing : try json(key)
  }

  // MARK: Contents

  private mutating func contents() throws(StoreError) -> Checkpoint {
    let time: Double = try number("time")
    guard Checkpoint.times.contains(time) else { throw damaged("its \"time\" is \(time)") }
    let sequences = try json("sequences", missing: SourceSequences())
    let overrides = try json("overrides", missing: SettingOverrides())
    let model = try model()
    return Checkpoint(
      model, sequences: sequences, delayed: try delayed(in: model.space), overrides: overrides,
      position: try position(), time: time)
  }

  private mutating func model() throws(StoreError) -> Model {
    let configuration: LearnerConfiguration = try json("configuration")
    let state: Checkpoint.State = try json("state")
    if let contradiction = configuration.contradiction {
      throw damaged("its configuration contradicts itself: \(contradiction)")
    }
    let columns = LinearLearner.columns(of: configuration)
    var counts: [Int] = []
    for column in columns { counts.append(try tensors.count(column.rawValue, column.elementType)) }
    let space = try space()
    guard counts.allSatisfy({ $0 == space.count }) else { throw damaged("its tensors differ in length") }
    let learner = try learner(configuration, state.learner, columns, count: space.count)
    guard let learner, state.learner.isPlausible, state.validation.isPlausible(for: configuration.loss) else {
      throw damaged("it holds a number that no learner comes to")
    }
    // Seen and searched are features at the latest by the next step; and what has no name has no weight.
    let next = learner.state.steps + 1
    let isDictionary = space.kind == .dictionary
    guard space.lastSeenSteps.allSatisfy({ $0 <= next }), space.state.searchedAt ?? 0 < next,
      !isDictionary || (0..<space.count).allSatisfy({ space.isListed($0, value: 1) || learner.coefficient($0) == 0 })
    else { throw damaged("its features were seen later than its last step, or one has a weight and no name") }
    return Model(space, learner: learner, validation: state.validation)
  }

  /// - Parameter columns: tensors that are there, of `count` elements.
  /// - Returns: nil where the file holds a number that no learner comes to.
  private mutating func learner(
    _ configuration: LearnerConfiguration, _ state: LinearLearner.State, _ columns: [WeightColumn], count: Int
  ) throws(StoreError) -> LinearLearner? {
    guard state.isPlausible else { return nil }
    var read = columns.map { TensorReader.Column(name: $0.rawValue, type: $0.elementType) }
    // Only for the checksum, and others may have left them out or made them as they like.
    if let entry = header.entries["coefficients"], entry.dtype == .float32, entry.shape == [count] {
      read.append(TensorReader.Column(name: "coefficients", type: .float32))
    }
    var tensors = tensors
    defer { self.tensors = tensors }
    let threads = threads
    return try LinearLearner(configuration, state: state, count: count) { (assembly) throws(StoreError) in
      try tensors.readPieces(read, threads: threads) { elements, start in
        assembly.place(Dictionary(uniqueKeysWithValues: zip(columns, elements)), at: start)
      }
    }
  }

  private mutating func space() throws(StoreError) -> FeatureSpace {
    // There was nothing but dictionaries before it.
    let state = try json("features", missing: FeatureSpace.State())
    let bytes = try tensors.next("names", .uint8, as: UInt8.self)
    var names = FeatureSpace.Names(bytes: bytes, ends: try tensors.next("name_ends", .int64, as: Int.self))
    if state.space == .hashed { names.indices = try tensors.next("name_indices", .uint32, as: UInt32.self) }
    var lastSeen: [Int] = []
    if header.entries["last_seen"] != nil { lastSeen = try tensors.next("last_seen", .int64, as: Int.self) }
    guard lastSeen.allSatisfy({ $0 >= 0 }),
      let space = FeatureSpace(
        state, names: names, lastSeen: lastSeen.map { UInt64($0) }, keepingNames: names.indices?.count ?? 0)
    else { throw damaged("its feature names do not fit their ends or its feature space, or one stands twice") }
    return space
  }

  private func position() throws(StoreError) -> UInt64 {
    if header.metadata["position"] == nil { return 0 }
    let position: UInt64 = try number("position")
    // Far beyond any use, so that it can be counted on.
    guard position <= .max / 2 else { throw damaged("its \"position\" is \(position)") }
    return position
  }

  private mutating func delayed(in space: FeatureSpace) throws(StoreError) -> DelayedSamples {
    let counts = try json("delayed", missing: DelayedSamples.Counts())
    var columns = DelayedSamples.Columns()
    if header.entries["delayed_ids"] != nil {
      columns.ids = try tensors.next("delayed_ids", .uint8, as: UInt8.self)
      columns.idEnds = try tensors.next("delayed_id_ends", .int64, as: Int.self)
      columns.features = try tensors.next("delayed_features", .uint32, as: UInt32.self)
      columns.values = try tensors.next("delayed_values", .float32, as: Float.self)
      columns.ends = try tensors.next("delayed_ends", .int64, as: Int.self)
      columns.margins = try tensors.next("delayed_margins", .float64, as: Double.self)
      columns.importances = try tensors.next("delayed_importances", .float64, as: Double.self)
      columns.times = try tensors.next("delayed_times", .float64, as: Double.self)
    }
    guard let delayed = DelayedSamples(columns, counts: counts, in: space) else {
      throw damaged(
        "its samples that wait for targets do not fit each other or its features, or no message brings such")
    }
    return delayed
  }
}

extension WeightColumn {
  /// What it is in a file.
  var elementType: SafeTensors.ElementType {
    switch kind {
    case .float32: .float32
    case .float64: .float64
    case .uint32: .uint32
    }
  }
}
