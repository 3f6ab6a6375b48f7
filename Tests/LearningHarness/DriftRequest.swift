internal import Foundation
internal import OnlineLearning
internal import TestSupport

/// One line of JSON: losses to search for rises.
struct DriftRequest: Decodable {
  /// `adwin` and `page_hinkley` take each loss; `blocks_adwin` and `blocks_page_hinkley` are what the daemon watches with.
  var drift: String
  /// A file of Float64s.
  var losses: String
  var delta: Double?
  var threshold: Double?
  /// Of `page_hinkley`.
  var allowance: Double?
}

/// One line of JSON: what was found. Each detector begins anew after it has found something.
struct DriftAnswer: Encodable {
  /// The losses at which something was found.
  var found: [Int] = []
  /// As many: the window's length at that, or how many losses ago the rise began.
  var ages: [Int] = []

  /// - Throws: `Refusal` for a detector that there is not; where the file cannot be read.
  init(_ request: DriftRequest) throws {
    let losses = try Data(contentsOf: URL(filePath: request.losses)).withUnsafeBytes {
      Array($0.bindMemory(to: Double.self))
    }
    switch request.drift {
    case "adwin":
      let parameters = ADWIN.Parameters(delta: request.delta ?? 0.002)
      var window = ADWIN(parameters)
      for (place, loss) in losses.enumerated() where window.add(loss) != nil {
        add(place, age: window.count)
        window = ADWIN(parameters)
      }
    case "page_hinkley":
      let parameters = PageHinkley.Parameters(delta: request.allowance ?? 0.005, threshold: request.threshold ?? 50)
      var test = PageHinkley(parameters)
      for (place, loss) in losses.enumerated() {
        guard let rise = test.add(loss) else { continue }
        add(place, age: rise.age)
        test = PageHinkley(parameters)
      }
    case "blocks_adwin": watch(losses, [.adwin])
    case "blocks_page_hinkley": watch(losses, [.pageHinkley])
    case "blocks": watch(losses, [.adwin, .pageHinkley])
    default: throw Refusal(description: "there is no detector \(request.drift)")
    }
  }

  private mutating func watch(_ losses: [Double], _ detectors: Set<LossDrift.Detector>) {
    let size = LossBlocks.samples
    var watch = LossDrift(LossDrift.Parameters(detectors: detectors))
    for start in stride(from: 0, through: losses.count - size, by: size) {
      guard let rise = watch.take(losses[start..<start + size].reduce(0, +) / Double(size)) else { continue }
      add(start + size - 1, age: rise.age * size)
    }
  }

  private mutating func add(_ place: Int, age: Int) {
    found.append(place)
    ages.append(age)
  }
}

/// One line of JSON: a stream whose truth changes, to be learned.
struct ChangingStreamRequest: Decodable {
  /// Where the losses go: Float64s, each of a sample's prediction before it was learned.
  var changing: String
  var configuration: LearnerConfiguration
  var samples: Int
  var seed: UInt64
  /// At which sample the truth begins to change; and over how many samples it goes on doing so.
  var from: Int
  var over: Int
  /// How far the truth moves, beside noise of standard deviation 1: squared losses rise by 1 + step² times.
  var step: Double
  /// `normal`, or `heavy`: Student's t of 3 degrees of freedom.
  var noise: String
  /// By how much the noise grows at once.
  var louder: Double

  private static let features = 10

  /// - Returns: what all losses sum up to.
  /// - Throws: where the file cannot be written.
  func learn() throws -> ChangingStreamAnswer {
    var random = SeededGenerator(seed: seed)
    var model = Model(configuration)
    let loss = configuration.lossFunction
    let features = (0..<ChangingStreamRequest.features).compactMap { feature in
      let name = Array("f\(feature)".utf8)
      return model.space.intern(name.span)
    }
    model.learn(SampleBatch())
    var truth = features.map { _ in random.normal() }
    let direction = features.map { _ in random.normal() }
    let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var batch = SampleBatch()
    var losses: [Double] = []
    for sample in 0..<samples {
      if sample >= from, sample < from + over {
        for feature in truth.indices { truth[feature] += direction[feature] / length * step / Double(over) }
      }
      batch.removeAll()
      var linear = error(&random) * (sample >= from ? louder : 1)
      for (place, feature) in features.enumerated() {
        let value = Float(random.normal())
        linear += truth[place] * Double(value)
        batch.append(feature: feature, value: value)
      }
      let target = configuration.loss.isClassification ? linear > 0 ? 1.0 : -1 : linear
      batch.endRow(target: target, importance: 1)
      losses.append(loss.value(model.margin(of: 0, in: batch), target))
      model.learn(batch)
    }
    try losses.withUnsafeBytes { try Data($0).write(to: URL(filePath: changing)) }
    return ChangingStreamAnswer(sum: losses.reduce(0, +))
  }

  private func error(_ random: inout SeededGenerator) -> Double {
    if noise != "heavy" { return random.normal() }
    let square = (0..<3).reduce(0.0) { sum, _ in
      let one = random.normal()
      return sum + one * one
    }
    return random.normal() / (square / 3).squareRoot()
  }
}

struct ChangingStreamAnswer: Encodable {
  var sum: Double
}
