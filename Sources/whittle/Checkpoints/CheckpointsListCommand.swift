internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import ModelStore
internal import OnlineLearning

struct CheckpointsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the checkpoints of a state directory, each read and checked, the newest last.")

  @OptionGroup var state: StateOptions

  @Flag(help: "Print the list as one JSON object.")
  var json = false

  func run() throws {
    let now = Date().timeIntervalSince1970
    let lines = try state.entries().compactMap { CheckpointLine($0, now: now) }
    if json { return try StandardOutput.writeJSON(CheckpointList(directory: state.directory, checkpoints: lines)) }
    try StandardOutput.write(
      CheckpointsListCommand.text(lines, style: Style(enabled: StandardOutput.terminal.hasColours)))
  }

  static func text(_ lines: [CheckpointLine], style: Style = .plain) -> String {
    if lines.isEmpty { return "no checkpoints\n" }
    var table = Table(
      [.right, .right, .right, .left, .right, .right, .right, .right, .left],
      header: ["ID", "STEP", "MESSAGES", "WRITTEN", "AGE", "FEATURES", "ACTIVE", "SIZE", "STATE"])
    for line in lines {
      table.add([
        String(line.id), Format.count(line.step), line.position.map { Format.count($0) } ?? "-",
        line.time.map { Date(timeIntervalSince1970: $0).ISO8601Format() } ?? "-",
        line.age.map { Format.duration(seconds: $0) } ?? "-", line.features.map { Format.count($0) } ?? "-",
        line.activeSet.map { Format.count($0) } ?? "-", Format.bytes(line.bytes), line.problem ?? "whole",
      ])
    }
    return table.text(style)
  }
}

/// A state directory's checkpoints, for programs.
struct CheckpointList: Encodable {
  let directory: String
  let checkpoints: [CheckpointLine]
}

/// A checkpoint among others.
struct CheckpointLine: Encodable {
  let id: UInt64
  let file: String
  /// By its name.
  let step: UInt64
  let bytes: Int
  /// Why it cannot be used, and nil where it is whole, as it has all that follows.
  private(set) var problem: String?
  private(set) var position: UInt64?
  private(set) var time: Double?
  private(set) var age: Double?
  private(set) var features: Int?
  private(set) var activeSet: Int?

  enum CodingKeys: String, CodingKey {
    case id, file, step, bytes, problem, position, time, features
    case age = "age_seconds"
    case activeSet = "active_set"
  }

  /// - Returns: nil where it is gone since its name was read.
  init?(_ entry: CheckpointStore.Entry, now: Double) {
    (id, file, step) = (entry.sequence, entry.path, entry.step)
    bytes = (try? InputFile.size(of: entry.path)) ?? 0
    do throws(StoreError) {
      let checkpoint = try Checkpoint(file: entry.path)
      position = checkpoint.position
      time = checkpoint.time
      age = max(0, now - checkpoint.time)
      features = checkpoint.model.space.featureCount
      activeSet = checkpoint.model.learner.coefficients().count { $0 != 0 }
    } catch {
      if case .system(_, _, ENOENT) = error { return nil }
      problem = CheckpointProblem.text(error)
    }
  }
}

/// Why a checkpoint cannot be used, beside its ID.
enum CheckpointProblem {
  static func text(_ error: StoreError) -> String {
    switch error {
    case .damaged(_, let problem): "damaged: \(problem)"
    case .newerVersion(_, let found, let known):
      "newer: format version \(found), and this whittle reads up to \(known); upgrade whittle"
    case .system, .locked, .journalDamaged, .journalFailed: "unreadable: \(error)"
    }
  }
}
