import ArgumentParser
import Testing
import WhittleClient
import WhittleProtocol

@testable import whittle

@Suite struct CommandTests {
  @Test(arguments: [
    ["feed", "a.parquet"], ["feed", "a.csv", "--repeat", "0"], ["feed", "--repeat", "2"],
    ["feed", "-", "-"], ["feed", "a.csv", "--rate", "0"], ["feed", "a.csv", "--rate", "nan"],
    ["feed", "a.csv", "--batch", "0"], ["feed", "a.csv", "--push", "x", "--publish", "y"],
    ["feed", "a.csv", "--push", "x", "--router", "y"], ["feed", "a.csv", "--router", "x", "--wait"],
    ["feed", "a.csv", "--topic", "t"], ["feed", "a.jsonl", "--target", "y"],
    ["feed", "--format", "csv", "--standardize"], ["feed", "a.csv", "b.vw", "--standardize"],
    ["feed", "a.csv", "--query", "x"], ["feed", "a.csv", "--timeout", "0"],
    ["feed", "a.csv", "--format", "xml"],
    ["coefficients", "a", "--top", "1"], ["coefficients", "--top=-1"], ["coefficients", "--digits", "0"],
    ["coefficients", "a", "--like", "b"], ["coefficients", "--at", "step:"], ["coefficients", "--at", "2026-02-30"],
    ["coefficients", "--state", "s", "--query", "q"], ["history"], ["history", "a", "--csv", "--json"],
    ["path", "a", "--top", "3"], ["diff", "1"], ["diff", "1", "tomorrow ago"], ["export", "--format", "xml"],
    ["predict"], ["predict", "a"],
    ["predict", "=1"], ["predict", "a=1", "a=2"], ["predict", "a="], ["predict", "a=nan"],
    ["predict", "a=1", "--values", "1"], ["predict", "--values", "1,,2"], ["predict", "--json-sample", "{"],
    ["predict", "--json-sample", "3"], ["watch", "--count", "0"], ["top", "--every", "0.01"],
    ["explain"], ["explain", "a"], ["explain", "a=1", "--top=-1"], ["stats", "--timeout", "-1"], ["nonsense"],
    ["checkpoints", "show"], ["checkpoints", "show", "1", "--top=-1"], ["checkpoints", "diff", "1"],
    ["checkpoints", "diff", "1", "2", "--top=-1"], ["checkpoints", "restore"], ["checkpoints", "restore", "latest"],
    ["checkpoints", "restore", "./7"], ["checkpoints", "export"], ["checkpoints", "verify", "step:x"],
    ["checkpoints", "export", "1", "-o", "a", "--format", "xml"], ["checkpoints", "nonsense"],
  ])
  func wrongUsage(arguments: [String]) {
    #expect {
      _ = try Whittle.parseAsRoot(arguments)
    } throws: {
      Whittle.exitCode(for: $0) == .validationFailure
    }
  }

  @Test func feedPlans() throws {
    func plan(_ arguments: String...) throws -> FeedPlan { try FeedCommand.parse(arguments).plan() }
    #expect(try plan().sources == [.init(path: "-", format: .jsonl)])
    #expect(try plan("--format", "csv").sources == [.init(path: "-", format: .csv)])
    #expect(
      try plan("d.x/a.CSV", "b.ndjson", "c.txt", "d.svm", "e.libsvm", "f.svmlight", "-").sources == [
        .init(path: "d.x/a.CSV", format: .csv), .init(path: "b.ndjson", format: .jsonl),
        .init(path: "c.txt", format: .vw), .init(path: "d.svm", format: .svmlight),
        .init(path: "e.libsvm", format: .svmlight), .init(path: "f.svmlight", format: .svmlight),
        .init(path: "-", format: .jsonl),
      ])
    let csv = try plan(
      "a.csv", "--ignore", "id", "--ignore", "", "--target", "t", "--repeat", "3", "--rate", "10")
    #expect(csv.roles == ColumnRoles(target: "t", weight: nil, ignored: ["id", ""]))
    #expect(csv.passes == 3)
    #expect(csv.schedule.rate == 10)
  }

  @Test func samplesToPredict() throws {
    func sample(_ arguments: String...) throws -> JSONValue { try PredictCommand.parse(arguments).sample.sample() }
    #expect(
      try sample("sleep=7.5", "smoker=true", "color=red", "note=a=b", "debt=-1")
        == .object([
          "sleep": .number(7.5), "smoker": .boolean(true), "color": .string("red"), "note": .string("a=b"),
          "debt": .number(-1),
        ]))
    #expect(try sample("--values", "-1, 2,3e1") == .array([.number(-1), .number(2), .number(30)]))
    #expect(try sample("--json-sample", "{\"a\": 1}") == .object(["a": .number(1)]))
    let explained = try ExplainCommand.parse(["--values", "1,2", "--top", "3"])
    #expect(try explained.sample.sample() == .array([.number(1), .number(2)]))
    #expect(explained.top == 3)
  }

  @Test func exitStatuses() {
    func status(_ error: any Error) -> Int32? { ExitStatus(of: error)?.rawValue }
    #expect(status(ToolError.badData(file: "f", line: 1, reason: "r")) == 65)
    #expect(status(ToolError.cannotOpen(file: "f", reason: "r")) == 66)
    #expect(status(ToolError.cannotRead(file: "f", reason: "r")) == 74)
    #expect(status(ToolError.cannotWrite(reason: "r")) == 74)
    #expect(status(ToolError.cannotWriteFile(file: "f", reason: "r")) == 74)
    #expect(status(ToolError.notLearned(endpoint: "e", taken: 1, sent: 2, reason: "r")) == 69)
    #expect(status(ToolError.rejected(endpoint: "e", byReason: ["r": 1])) == 76)
    #expect(status(ToolError.unknownFeatures(["f"], place: "p")) == 76)
    #expect(status(ToolError.notExpressible(reason: "r")) == 76)
    #expect(status(ClientError.unusableEndpoint(reason: "r")) == 64)
    #expect(status(ClientError.unreachable(endpoint: "e", milliseconds: 1)) == 69)
    #expect(status(ClientError.noAnswer(endpoint: "e", milliseconds: 1)) == 69)
    #expect(status(ToolError.notAccepted(endpoint: "e", rejected: 1, sent: 2)) == 76)
    #expect(status(ClientError.unanswered(endpoint: "e", messages: 1, milliseconds: 1)) == 69)
    #expect(status(ClientError.notTaken(endpoint: "e", milliseconds: 1)) == 69)
    #expect(status(ClientError.noSubscriber(endpoint: "e", milliseconds: 1)) == 69)
    #expect(status(ClientError.nothingPublished(endpoint: "e", milliseconds: 1)) == 69)
    #expect(status(ClientError.refused(QueryFailure(.badRequest, "m"))) == 76)
    #expect(status(ClientError.malformed(endpoint: "e", reason: "r")) == 76)
    #expect(status(ClientError.failed(reason: "r")) == 70)
    #expect(status(ValidationError("v")) == nil)
  }

  @Test func filesThatCannotBeRead() {
    #expect(throws: ToolError.cannotOpen(file: "/nowhere/a.csv", reason: "No such file or directory")) {
      _ = try InputFile("/nowhere/a.csv")
    }
    #expect(throws: ToolError.cannotOpen(file: "/tmp", reason: "it is a directory")) {
      _ = try InputFile("/tmp")
    }
  }
}
