internal import ArgumentParser
internal import FoundationEssentials
internal import WhittleProtocol

/// The three forms of a sample on the command line.
struct SampleOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("A feature: a number, true or false, or text.", valueName: "name=value"))
  var features: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The features by position, numbers with commas between.", valueName: "numbers"))
  var values: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The features as a JSON object by name or array by position.", valueName: "json"))
  var jsonSample: String?

  func validate() throws {
    _ = try sample()
  }

  /// The sample of whichever of the three forms was used.
  func sample() throws -> JSONValue {
    switch (features.isEmpty, values, jsonSample) {
    case (false, nil, nil): .object(try SampleOptions.named(features))
    case (true, let values?, nil): .array(try SampleOptions.positional(values))
    case (true, nil, let text?): try SampleOptions.json(text)
    case (true, nil, nil):
      throw ValidationError("a sample is needed: NAME=VALUE…, --values, or --json-sample")
    default:
      throw ValidationError("NAME=VALUE…, --values and --json-sample exclude each other")
    }
  }

  private static func named(_ features: [String]) throws -> [String: JSONValue] {
    var sample: [String: JSONValue] = [:]
    for feature in features {
      guard let equals = feature.firstIndex(of: "="), equals != feature.startIndex else {
        throw ValidationError("\"\(feature)\" is not NAME=VALUE")
      }
      let name = String(feature[..<equals])
      let text = String(feature[feature.index(after: equals)...])
      let bytes = [UInt8](text.utf8)[...]
      let cell = Cell(bytes)
      let value: JSONValue =
        switch cell {
        case .number, .looseNumber: cell.number(of: bytes).map { .number($0) } ?? .string(text)
        case .boolean(let boolean): .boolean(boolean)
        case .text: .string(text)
        case .empty: throw ValidationError("\"\(feature)\" has no value; leave out what is not known")
        case .notFinite: throw ValidationError("\"\(feature)\": the value is not a finite number")
        }
      if sample.updateValue(value, forKey: name) != nil {
        throw ValidationError("the feature \"\(name)\" is given twice")
      }
    }
    return sample
  }

  private static func positional(_ values: String) throws -> [JSONValue] {
    try values.split(separator: ",", omittingEmptySubsequences: false).map { text in
      let bytes = [UInt8](text.utf8)[...]
      guard let number = Cell(bytes).number(of: bytes) else {
        throw ValidationError("--values: \"\(text)\" is not a finite number")
      }
      return .number(number)
    }
  }

  private static func json(_ text: String) throws -> JSONValue {
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else {
      throw ValidationError("--json-sample is not valid JSON: \(text)")
    }
    switch value {
    case .object, .array: return value
    default: throw ValidationError("--json-sample must be an object by name or an array by position")
    }
  }
}
