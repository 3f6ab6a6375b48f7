internal import ModelStore
internal import OnlineLearning
internal import WhittleClient
internal import WhittleProtocol

/// A linear model as other programs take it.
struct ExportedModel {
  let step: UInt64
  let loss: Loss
  let intercept: Double
  /// The heaviest first; those of equal weight in the order in which they came.
  let coefficients: [(name: String, value: Float)]

  /// - Complexity: O(features), and to sort them.
  init(_ named: NamedCheckpoint) {
    let model = named.checkpoint.model
    step = model.steps
    loss = model.configuration.loss
    intercept = model.learner.intercept
    coefficients = CheckpointContents.Coefficients(model).sorted
  }

  /// The daemon's model as it is now.
  init(_ daemon: QueryClient) throws(ClientError) {
    guard case .string(let name)? = try daemon.configuration().configuration["model.loss"],
      let loss = Loss(rawValue: name)
    else {
      throw .malformed(endpoint: daemon.endpoint, reason: "its configuration has no model.loss that this whittle knows")
    }
    let told = try daemon.coefficients()
    self.init(
      step: told.step, loss: loss, intercept: told.intercept,
      coefficients: CoefficientTable.sortedByMagnitude(names: told.names, values: told.values))
  }

  init(step: UInt64, loss: Loss, intercept: Double, coefficients: [(name: String, value: Float)]) {
    (self.step, self.loss, self.intercept, self.coefficients) = (step, loss, intercept, coefficients)
  }

  /// - Parameter notice: takes a line for people about what could not be kept.
  /// - Throws: `notExpressible`
  func content(_ form: ExportForm, notice: (String) -> Void) throws(ToolError) -> [UInt8] {
    switch form {
    case .csv: return csv
    case .json: return json
    case .npz: return try npz()
    case .vw: return VowpalWabbitModel(self, notice: notice).bytes
    case .sklearn: return try scikitLearnPickle()
    case .safetensors:
      throw .notExpressible(
        reason: "safetensors is a copy of a checkpoint's file, and the daemon's model as it is now has none; "
          + "name a checkpoint with --at, as `latest`")
    }
  }

  private var csv: [UInt8] {
    var csv: [UInt8] = []
    csv.appendCSVRecord(["feature", "coefficient"])
    csv.appendCSVRecord(["(intercept)", "\(intercept)"])
    for (name, value) in coefficients { csv.appendCSVRecord([name, "\(value)"]) }
    return csv
  }

  /// One object on one line: `step`, `loss`, `intercept`, and `names` and `values` in parallel.
  private var json: [UInt8] {
    var bytes = Array("{\"step\":\(step),\"loss\":\"\(loss.rawValue)\",\"intercept\":\(intercept),\"names\":[".utf8)
    for (place, coefficient) in coefficients.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.appendJSONString(coefficient.name.utf8)
    }
    bytes += "],\"values\":[".utf8
    for (place, coefficient) in coefficients.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += "\(coefficient.value)".utf8
    }
    bytes += "]}\n".utf8
    return bytes
  }
}
