internal import ArgumentParser
internal import ModelStore

struct CheckpointsVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read checkpoints and check every byte of them; the exit status is 1 where one cannot be used.")

  @Argument(
    help: "Their IDs, `latest`, or paths of files; without any, all of the state directory.",
    completion: CheckpointCompletion.kind)
  var checkpoints: [String] = []

  @OptionGroup var state: StateOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    do {
      for checkpoint in checkpoints { _ = try CheckpointName(checkpoint) }
    } catch {
      throw ValidationError("\(error)")
    }
  }

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

  private func files() throws -> [(name: String, path: String)] {
    let names = try checkpoints.map { try CheckpointName($0) }
    // Whoever names files needs no directory.
    let entries = names.allSatisfy(\.isPath) && !names.isEmpty ? [] : try state.entries()
    if checkpoints.isEmpty { return entries.map { (String($0.sequence), $0.path) } }
    var files: [(String, String)] = []
    for (text, name) in zip(checkpoints, names) {
      switch name {
      case .path(let path): files.append((text, path))
      case .id(let id): files.append((text, try state.entry(id, of: entries).path))
      case .latest, .step, .time, .ago: files.append((text, try state.read(name).path))
      }
    }
    return files
  }
}
