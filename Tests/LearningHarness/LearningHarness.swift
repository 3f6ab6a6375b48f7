internal import Foundation

/// The learner and the decoders on a pipe, so that tests in Python can hold them to others: each line of standard input is
/// a `Request` or a `DecodingRequest`, each line of standard output its answer. Ends with its input, or at the first
/// request that it refuses.
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

  private static func answer(_ line: Data) throws -> Data {
    if let request = try? JSONDecoder().decode(DecodingRequest.self, from: line) {
      return try JSONEncoder().encode(DecodingAnswer(request))
    }
    var session = try Session(JSONDecoder().decode(Request.self, from: line))
    return try JSONEncoder().encode(session.run())
  }
}
