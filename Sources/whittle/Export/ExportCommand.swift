internal import ArgumentParser
internal import ModelStore
internal import WhittleClient

/// Where an export goes, and as what.
struct ExportOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to; - is standard output.", valueName: "file"),
    completion: .file())
  var output = InputFile.standardInput

  @Option(help: "csv, json, npz, vw, sklearn or safetensors. (default: by the end of the file's name, else csv)")
  var format: ExportForm?

  func validate() throws {
    if output == InputFile.standardInput, form != .csv, form != .json, StandardOutput.terminal.isTerminal {
      throw ValidationError("\(form.rawValue) is not for terminals; name a file with --output")
    }
  }

  var form: ExportForm { format ?? ExportForm(of: output) ?? .csv }

  /// Writes a checkpoint, or what it says.
  func write(_ named: NamedCheckpoint) throws {
    switch form {
    case .safetensors: try write(ExportOptions.content(of: named.path))
    default: try write(ExportedModel(named))
    }
  }

  func write(_ model: ExportedModel) throws {
    try write(model.content(form) { StandardError.write("whittle: \($0)\n") })
  }

  private func write(_ bytes: [UInt8]) throws {
    if output == InputFile.standardInput { return try StandardOutput.write(bytes) }
    // In place of a device or a pipe there would be a file.
    if ExportOptions.isSpecial(output) {
      throw ToolError.cannotWriteFile(file: output, reason: "it is no regular file; - is standard output")
    }
    do throws(StoreError) {
      _ = try LocalFileSystem().replace(output, with: [bytes])
    } catch {
      throw ToolError.cannotWriteFile(file: output, reason: "\(error)")
    }
  }

  /// Whether there is something that is no regular file.
  private static func isSpecial(_ path: String) -> Bool {
    do throws(ToolError) {
      return try InputFile.size(of: path) == nil
    } catch {
      return false
    }
  }

  private static func content(of path: String) throws(ToolError) -> [UInt8] {
    let file = try InputFile(path)
    var bytes: [UInt8] = []
    while true {
      let piece = try file.read()
      if piece.isEmpty { return bytes }
      bytes += piece
    }
  }
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the model for other programs: csv, json, npz, vw, sklearn or safetensors.",
    discussion: """
      It is the daemon's model as it is now; with --state the newest checkpoint of a directory, and with --at an earlier one.

        whittle export --output model.joblib
        whittle export --format npz --output model.npz --at "1d ago"
        whittle export --format vw --output model.vw --state /var/lib/whittled

      \(ExportForm.notation)

      \(CheckpointName.notation)
      """)

  @OptionGroup var options: ExportOptions

  @Option(
    name: .customLong("at"), help: CheckpointName.help, completion: CheckpointCompletion.kind,
    transform: CheckpointName.init)
  var moment: CheckpointName?

  @OptionGroup var source: SourceOptions

  func run() throws {
    if moment == nil, let daemon = try source.daemon() {
      return try options.write(try ExportedModel(daemon))
    }
    try options.write(try source.checkpoint(moment ?? .latest))
  }
}

struct CheckpointsExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a checkpoint for other programs, as `whittle export` does. Needs no daemon.",
    discussion: ExportForm.notation)

  @Argument(help: CheckpointName.help, completion: CheckpointCompletion.kind, transform: CheckpointName.init)
  var checkpoint: CheckpointName

  @OptionGroup var options: ExportOptions
  @OptionGroup var state: StateOptions

  func run() throws { try options.write(state.read(checkpoint)) }
}
