internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the target of a sample; the model does not learn it.",
    discussion: """
      Its features are given by name, by position, or as JSON:

        whittle predict sleep=7.5 hw=2 color=red
        whittle predict --values 7.5,2
        whittle predict --json-sample '{"sleep": 7.5, "a=b": 1}'
      """)

  @OptionGroup var sample: SampleOptions
  @OptionGroup var numbers: NumberOptions
  @OptionGroup var options: QueryOptions

  func run() throws {
    let prediction = try options.client().predict(x: try sample.sample())
    if options.json { return try StandardOutput.writeJSON(prediction) }
    var table = Table([.left, .left])
    table.add(["prediction", Format.number(prediction.prediction, digits: numbers.digits)])
    table.add(["margin", Format.number(prediction.margin, digits: numbers.digits)])
    table.add(["step", Format.count(prediction.step)])
    table.add(["unknown features", Format.count(prediction.unknownFeatures)])
    try StandardOutput.write(table.text())
  }
}
