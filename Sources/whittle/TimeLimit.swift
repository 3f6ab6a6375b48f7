internal import ArgumentParser

/// A time limit as given on the command line: seconds, more than 0, up to a day.
struct TimeLimit: ExpressibleByArgument, Equatable {
  let milliseconds: Int

  static let oneSecond = TimeLimit(milliseconds: 1000)
  static let fiveSeconds = TimeLimit(milliseconds: 5000)
  static let oneMinute = TimeLimit(milliseconds: 60_000)

  private init(milliseconds: Int) {
    self.milliseconds = milliseconds
  }

  init?(argument: String) {
    guard let seconds = Double(argument), seconds > 0, seconds <= 86400 else { return nil }
    milliseconds = max(1, Int((seconds * 1000).rounded()))
  }

  var defaultValueDescription: String {
    milliseconds % 1000 == 0 ? "\(milliseconds / 1000)" : "\(Double(milliseconds) / 1000)"
  }
}
