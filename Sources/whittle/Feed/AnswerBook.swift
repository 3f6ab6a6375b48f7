internal import WhittleProtocol

/// Which message came from where, until it is answered, and which were rejected.
final class AnswerBook {
  /// So many rejected messages are told of; the others are only counted.
  static let largestReport = 20

  private(set) var rejected = 0
  private var lastRejected: UInt64?
  private var places: [UInt64: InputPlace] = [:]
  private let report: (String) -> Void

  /// - Parameter report: takes a line for people about a rejected message.
  init(_ report: @escaping (String) -> Void) {
    self.report = report
  }

  func sent(_ message: UInt64, from place: InputPlace) {
    places[message] = place
  }

  /// Takes in that all messages before this one are answered.
  func forget(before message: UInt64) {
    // To look through all of them each time would take longer than they are worth.
    if places.count > 4096 { places = places.filter { $0.key >= message } }
  }

  /// Takes in an answer, of which those about the same message come in the order of the messages.
  func take(_ failure: IngestFailure?, to message: UInt64) {
    let place = places.removeValue(forKey: message)
    // One that came twice was told of already.
    guard let failure, lastRejected.map({ message > $0 }) ?? true else { return }
    lastRejected = message
    rejected += 1
    if rejected <= AnswerBook.largestReport {
      report("\(place.map { "\($0): " } ?? "")rejected: \(Format.name("\(failure)"))")
    } else if rejected == AnswerBook.largestReport + 1 {
      report("further rejected messages are only counted")
    }
  }
}
