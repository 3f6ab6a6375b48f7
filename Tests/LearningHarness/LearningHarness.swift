internal import Foundation

/// The learner on a pipe, so that tests in Python can hold it to other learners: each line of standard input is a
/// `Request`, each line of standard output its `Answer`. Ends with its input, or at the first request that it refuses.
@main
enum LearningHarness {
  static func main() {
    var number = 0
    while let line = readLine() {
      number += 1
      do {
        var session = try Session(JSONDecoder().decode(Request.self, from: Data(line.utf8)))
        FileHandle.standardOutput.write(try JSONEncoder().encode(session.run()) + Data("\n".utf8))
      } catch {
        FileHandle.standardError.write(Data("request \(number): \(error)\n".utf8))
        exit(1)
      }
    }
  }
}
