internal import OnlineLearning

/// A model's coefficients as files for people and other programs, the heaviest first.
struct CoefficientExport {
  private let step: UInt64
  private let intercept: Double
  private let coefficients: [(name: String, value: Float)]

  /// - Complexity: O(features), and to sort them.
  init(_ model: Model) {
    step = model.steps
    intercept = model.learner.intercept
    coefficients = CheckpointContents.Coefficients(model).sorted
  }

  /// Records of RFC 4180, but for line ends of one byte: a header, the intercept, and a feature a line.
  var csv: [UInt8] {
    var bytes = Array("feature,coefficient\n(intercept),\(intercept)\n".utf8)
    for (name, value) in coefficients {
      let quoted = name.utf8.contains { ",\"\r\n".utf8.contains($0) }
      if quoted { bytes.append(UInt8(ascii: "\"")) }
      for byte in name.utf8 {
        if byte == UInt8(ascii: "\"") { bytes.append(byte) }
        bytes.append(byte)
      }
      if quoted { bytes.append(UInt8(ascii: "\"")) }
      bytes += ",\(value)\n".utf8
    }
    return bytes
  }

  /// One object on one line: `step`, `intercept`, and `names` and `values` in parallel.
  var json: [UInt8] {
    var bytes = Array("{\"step\":\(step),\"intercept\":\(intercept),\"names\":[".utf8)
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
