internal import ArgumentParser
internal import ModelStore

struct CheckpointsVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read checkpoints and check every byte of them; the exit status is 1 where one cannot be used.")

  @Argument(help: "Their IDs, `latest`, or paths of files; without any, all of the state directory.")
  var checkpoints: [String] = []

  @OptionGroup var state: StateOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  private struct Finding: Encodable {
    let checkpoint: String
    let file: String
    var problem: String?
  }

  func run() throws {
    var findings: [Finding] = []
    for (name, path) in try files() {
      var finding = Finding(checkpoint: name, file: path)
      do throws(StoreError) {
        _ = try Checkpoint(file: path)
      } catch {
        finding.problem = CheckpointProblem.text(error)
      }
      findings.append(finding)
      if !json { try StandardOutput.write("\(Format.name(name)): \(Format.name(finding.problem ?? "whole"))\n") }
    }
    if json { try StandardOutput.writeJSON(["checkpoints": findings]) }
    if findings.contains(where: { $0.problem != nil }) { throw ExitCode(1) }
  }

  private func files() throws(ToolError) -> [(name: String, path: String)] {
    if checkpoints.isEmpty { return try state.entries().map { (String($0.sequence), $0.path) } }
    let entries = checkpoints.contains { StateOptions.isID($0) } ? try state.entries() : []
    var files: [(String, String)] = []
    for name in checkpoints {
      if name == NamedCheckpoint.latest {
        files.append((name, try state.read(name).path))
      } else {
        files.append((name, StateOptions.isID(name) ? try state.entry(name, of: entries).path : name))
      }
    }
    return files
  }
}
