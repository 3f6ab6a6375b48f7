/// What stands before the first bar of a line: `[label [importance]] ['tag]`.
///
/// A word that begins with a quote or touches the bar is the tag, and must be the last one.
struct VWLabel {
  /// nil where there is none.
  private(set) var target: Double?
  private(set) var importance = 1.0
  /// Where the two stand.
  private var (targetPlace, importancePlace) = (0, 0)
  /// The sample's name; empty where it has none.
  private(set) var tag = 0..<0

  /// - Parameter bar: where the bar stands.
  init(_ line: borrowing TextLine, before bar: Int) throws(SampleError) {
    var numbers = 0
    var word = line.word(in: 0..<bar)
    while !word.isEmpty {
      let next = line.word(in: word.upperBound..<bar)
      let isQuoted = line.byte(word.lowerBound) == UInt8(ascii: "'")
      if isQuoted || word.upperBound == bar {
        if !next.isEmpty {
          throw SampleError(
            .brokenText, "\(line.quoted(next)) follows the tag; the tag must stand last before the |",
            at: next.lowerBound)
        }
        tag = word.lowerBound + (isQuoted ? 1 : 0)..<word.upperBound
        return
      }
      guard numbers < 2 else {
        throw SampleError(
          .brokenText,
          "\(line.quoted(word)) would be an initial prediction, which whittle does not take; leave it out",
          at: word.lowerBound)
      }
      guard let number = line.number(word) else {
        throw SampleError(
          .brokenText,
          "label and importance must be numbers, finite and decimal, not \(line.quoted(word))",
          at: word.lowerBound)
      }
      if numbers == 0 {
        (target, targetPlace) = (number, word.lowerBound)
      } else {
        (importance, importancePlace) = (number, word.lowerBound)
      }
      numbers += 1
      word = next
    }
  }

  /// An error about the row, with a position where it is about anything that stands here.
  func locating(_ error: SampleError) -> SampleError {
    switch error.reason {
    case .target: error.at(targetPlace)
    case .importance: error.at(importancePlace)
    default: error
    }
  }
}
