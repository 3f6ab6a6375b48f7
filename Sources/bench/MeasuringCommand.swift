internal import ArgumentParser

/// A command that measures something and prints a table of it.
protocol MeasuringCommand: ParsableCommand {
  /// Whether it prints JSON.
  var json: Bool { get }

  /// Measures.
  ///
  /// - Throws: `BenchError.nothingNamed` where no row has the name that was asked for.
  func results() throws -> [Result]
}

extension MeasuringCommand {
  func run() throws {
    let results = try results()
    print(json ? try ResultTable.json(results) : ResultTable.text(results))
  }
}
