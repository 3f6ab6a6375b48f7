internal import FoundationEssentials
internal import OnlineLearning

extension Checkpoint {
  /// Reads a checkpoint file and checks all of it.
  ///
  /// - Throws: `damaged` with what is wrong, `newerVersion`, or the call that failed.
  /// - Complexity: O(bytes)
  public init(file path: String) throws(StoreError) {
    var bytes = try File.read(path)
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
        // Up to the year 5138; what shows times to people does not take every number.
        guard (0...1e11).contains(time) else { throw SafeTensors.Malformed(problem: "its \"time\" is \(time)") }
        self.init(try Checkpoint.model(bytes, header), time: time)
        return
      }
    } catch {
      throw .damaged(path: path, problem: error.problem)
    }
    throw .newerVersion(path: path, found: found, known: Checkpoint.formatVersion)
  }

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
    let values = try SafeTensors.elements("values", .float32, as: Float.self, in: bytes, header)
    let epochs = try SafeTensors.elements("epochs", .uint32, as: UInt32.self, in: bytes, header)
    let marks = try SafeTensors.elements("marks", .float64, as: Double.self, in: bytes, header)
    let names = try SafeTensors.elements("names", .uint8, as: UInt8.self, in: bytes, header)
    let nameEnds = try SafeTensors.elements("name_ends", .int64, as: Int.self, in: bytes, header)
    guard [epochs.count, marks.count, nameEnds.count].allSatisfy({ $0 == values.count }) else {
      throw SafeTensors.Malformed(problem: "its tensors differ in length")
    }
    guard values.allSatisfy(\.isFinite), marks.allSatisfy(\.isFinite), state.learner.isPlausible,
      state.validation.isPlausible(for: configuration.loss)
    else {
      throw SafeTensors.Malformed(problem: "it holds a number that no learner comes to")
    }
    guard let dictionary = FeatureDictionary(bytes: names, ends: nameEnds) else {
      throw SafeTensors.Malformed(problem: "its feature names do not fit their ends, or one stands twice")
    }
    let coordinates = values.indices.map {
      LinearLearner.Coordinate(value: values[$0], epoch: epochs[$0], mark: marks[$0])
    }
    return Model(
      dictionary: dictionary,
      learner: LinearLearner(configuration, state: state.learner, coordinates: coordinates),
      validation: state.validation)
  }
}
