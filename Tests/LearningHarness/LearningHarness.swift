internal import Foundation

/// The learner and the decoders on a pipe, so that tests in Python can hold them to others: each line of standard input is
/// a `Request`, a `DecodingRequest`, a `DriftRequest` or a `ChangingStreamRequest`, each line of standard output its answer.
/// Ends with its input, or at the first request that it refuses.
@main
enum LearningHarness {
  static func main() {
    var number = 0
    while let line = readLine() {
      number += 1
      do {
        FileHandle.standardOutput.write(try answer(Data(line.utf8)) + Data("\n".utf8))
      } catch {
        FileHandle.standardError.write(Data("request \(number): \(error)\n".utf8))
        exit(1)
      }
    }
  }

  /// Which of the requests a line is: the field that only that one has.
  private struct Kind: Decodable {
    var decode: String?
    var drift: String?
    var changing: String?
  }

  private static func answer(_ line: Data) throws -> Data {
    let (decoder, encoder) = (JSONDecoder(), JSONEncoder())
    let kind = try decoder.decode(Kind.self, from: line)
    if kind.decode != nil {
      return try encoder.encode(DecodingAnswer(decoder.decode(DecodingRequest.self, from: line)))
    }
    if kind.drift != nil { return try encoder.encode(DriftAnswer(decoder.decode(DriftRequest.self, from: line))) }
    if kind.changing != nil {
      return try encoder.encode(decoder.decode(ChangingStreamRequest.self, from: line).learn())
    }
    var session = try Session(decoder.decode(Request.self, from: line))
    return try encoder.encode(session.run())
  }
}
