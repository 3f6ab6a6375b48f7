import FoundationEssentials
import OnlineLearning
import TestSupport
import Testing

@testable import ModelStore

/// A checkpoint of format version 2, whose histograms of scores have all their bins, is read, and written anew with those that
/// hold anything.
///
/// The numbers expected here are what the daemon that wrote it answered to `stats`.
struct FormatVersion2Tests {
  private static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/checkpoint-version-2.safetensors").path()

  private func check(_ checkpoint: Checkpoint) throws {
    let (model, loss) = (checkpoint.model, checkpoint.model.configuration.lossFunction)
    #expect(model.steps == 40)
    let overall = try #require(model.validation.overall(loss))
    #expect(overall.loss == 0.689377198245508 && overall.accuracy == 0.65)
    #expect(overall.areaUnderCurve == 0.46438746438746437 && overall.areaUnderCurveError == 0.396011396011396)
    #expect(overall.meanPrediction == 0.4921442618741862 && overall.calibrationError == 0.16714426187418616)
    let recent = try #require(model.validation.recent(loss))
    #expect(recent.areaUnderCurve == 0.4978439230606279 && recent.calibrationError == 0.1798686486056168)
    let window = try #require(model.validation.window(loss))
    #expect(window.areaUnderCurve == 0.4909090909090909 && window.calibrationError == 0.1750078062899878)
  }

  @Test func holdsWhatWasLearned() throws {
    let file = CheckpointFile(Array(try Data(contentsOf: URL(filePath: Self.path))))
    #expect(file.header.contains(#""format_version":"2""#))
    try check(try Checkpoint(file: Self.path))
  }

  @Test func isWrittenAsTodaysVersion() throws {
    let directory = try TemporaryDirectory()
    let before = try Checkpoint(file: Self.path)
    let bytes = try before.encoded()
    #expect(CheckpointFile(bytes).header.contains(#""format_version":"3""#))
    let size = try Data(contentsOf: URL(filePath: Self.path)).count
    #expect(bytes.count < size / 2, "\(bytes.count) bytes, and \(size) in version 2")
    let again = try Checkpoint(file: try directory.write(bytes, to: "model"))
    try check(again)
    #expect(again.model.validation == before.model.validation)
    #expect(ModelBits(again.model) == ModelBits(before.model))
  }

  /// Bins that contradict each other are no reason to trap.
  @Test(arguments: [
    #""bins":[0,0]"#, #""bins":[1,0]"#, #""bins":[-1,1]"#, #""bins":[1,512]"#, #""bins":[1]"#, #""bins":[1,2,3]"#,
    #""bins":null"#, #""bins":[1.5,2]"#, #""bins":"all""#,
  ])
  func brokenBinsAreRefused(bins: String) throws {
    let empty = #""negatives":[0,0],"positives":[0,0],"predictions":[0,0]"#
    let directory = try TemporaryDirectory()
    let bytes = try Checkpoint(file: Self.path).encoded()
    let file = CheckpointFile(bytes)
    let escaped = { (text: String) in text.replacing("\"", with: "\\\"") }
    // The first histogram of the state, from its brace on.
    let start = try #require(file.header.firstRange(of: escaped(#""scores":{"#))).upperBound
    let end = try #require(file.header[start...].firstIndex(of: "}"))
    let forged = file.replacing(String(file.header[start..<end]), with: escaped("\(bins),\(empty)")).sealed
    let path = try directory.write(forged, to: "model")
    #expect(throws: StoreError.self) { try Checkpoint(file: path) }
  }
}
