internal import FoundationEssentials
internal import ModelStore
internal import OnlineLearning
internal import WhittleClient
internal import WhittleProtocol

/// Coefficients over checkpoints: of some features at each checkpoint, oldest first.
struct Trajectory: Encodable {
  /// When coefficients were what they were.
  struct Moment: Encodable {
    /// Nil for the daemon's model as it is now.
    let checkpoint: UInt64?
    let file: String?
    let time: Double
    let step: UInt64
    let intercept: Double

    /// What people call it.
    var title: String { checkpoint.map(String.init) ?? "now" }
  }

  private(set) var moments: [Moment] = []
  let names: [String]
  /// For each feature its coefficient at each moment; nil where it was not known.
  private(set) var values: [[Float?]]

  enum CodingKeys: String, CodingKey {
    case names, values
    case moments = "checkpoints"
  }

  init(names: [String]) {
    self.names = names
    values = names.map { _ in [] }
  }

  /// - Parameter now: the daemon, where its model as it is now is to be the last moment.
  /// - Throws: `unknownFeatures` for those that were never known.
  /// - Complexity: O(checkpoints × features of the model)
  init(of names: [String], in directory: StateDirectory, now daemon: QueryClient?) throws {
    self.init(names: names)
    try directory.eachCheckpoint { add($0) }
    if let daemon { try add(now: daemon) }
    if moments.isEmpty {
      throw ToolError.cannotOpen(file: "a checkpoint", reason: "there is no whole one in \(directory.path)")
    }
    let unknown = names.indices.filter { feature in values[feature].allSatisfy { $0 == nil } }.map { names[$0] }
    if !unknown.isEmpty { throw ToolError.unknownFeatures(unknown, place: "any checkpoint of \(directory.path)") }
  }

  private mutating func add(_ named: NamedCheckpoint) {
    let model = named.checkpoint.model
    let coefficients = model.learner.coefficients()
    add(
      Moment(
        checkpoint: named.id, file: named.path, time: named.checkpoint.time, step: model.steps,
        intercept: model.learner.intercept),
      names.map { name in model.space.index(of: name).map { coefficients[Int($0)] } })
  }

  private mutating func add(now daemon: QueryClient) throws {
    let known = try daemon.knownCoefficients(of: names)
    add(
      Moment(
        checkpoint: nil, file: nil, time: Date().timeIntervalSince1970, step: known.step, intercept: known.intercept),
      known.values)
  }

  /// - Precondition: `coefficients` has one for each name.
  mutating func add(_ moment: Moment, _ coefficients: [Float?]) {
    moments.append(moment)
    for (feature, coefficient) in coefficients.enumerated() { values[feature].append(coefficient) }
  }
}

extension Trajectory {
  /// Those features that were the heaviest at any moment, heaviest first.
  ///
  /// One that is among the so many heaviest of all moments is so at the moment of its largest coefficient: so of each moment
  /// the heaviest will do.
  static func heaviest(
    _ count: Int, like: NamePattern?, in directory: StateDirectory, now daemon: QueryClient?
  ) throws -> [String] {
    let choice = CoefficientChoice(like: like, top: count)
    // Bytes, since texts are equal whose bytes differ; and the order in which they came settles ties.
    var largest: [[UInt8]: (order: Int, name: String, weight: Float)] = [:]
    func take(_ told: Coefficients) {
      for (name, value) in zip(told.names, told.values) {
        let key = Array(name.utf8)
        let known = largest[key] ?? (largest.count, name, 0)
        largest[key] = (known.order, known.name, max(known.weight, abs(value)))
      }
    }
    try directory.eachCheckpoint { take(try Coefficients(of: $0, choice)) }
    if let daemon { take(try daemon.coefficients(choice)) }
    return largest.values.sorted { (-$0.weight, $0.order) < (-$1.weight, $1.order) }.prefix(count).map(\.name)
  }
}

extension QueryClient {
  /// The coefficients of features of which some may not be known.
  fileprivate func knownCoefficients(
    of names: [String]
  ) throws(ClientError) -> (step: UInt64, intercept: Double, values: [Float?]) {
    do throws(ClientError) {
      let told = try coefficients(names: names)
      return (told.step, told.intercept, told.values)
    } catch {
      guard case .refused(let failure) = error, failure.code == .unknownFeature else { throw error }
    }
    let told = try coefficients()
    var values: [[UInt8]: Float] = [:]
    for (name, value) in zip(told.names, told.values) { values[Array(name.utf8)] = value }
    return (told.step, told.intercept, names.map { values[Array($0.utf8)] })
  }
}
