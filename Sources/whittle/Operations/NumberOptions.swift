internal import ArgumentParser

/// How numbers are shown to people.
struct NumberOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Significant digits, 1 to 17; --json always has all.", valueName: "n"))
  var digits = 6

  func validate() throws {
    if !(1...17).contains(digits) { throw ValidationError("--digits must be from 1 to 17, not \(digits)") }
  }
}
