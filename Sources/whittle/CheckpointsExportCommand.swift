internal import ArgumentParser
internal import Glibc
internal import ModelStore

struct CheckpointsExportCommand: ParsableCommand {
  /// What is written.
  enum Form: String, CaseIterable, ExpressibleByArgument {
    /// The file as it is.
    case safetensors
    /// One object with the intercept, names and values.
    case json
    /// A table of features and coefficients.
    case csv

    /// By the end of a file's name.
    init?(of path: String) {
      guard let form = Form.allCases.first(where: { path.lowercased().hasSuffix(".\($0.rawValue)") }) else {
        return nil
      }
      self = form
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the coefficients of a checkpoint by their names, the heaviest first, or the whole file.",
    discussion: """
      csv has a line for the intercept, "(intercept)", above those of the features; json has it apart; safetensors is a \
      copy of the checkpoint, checked before.
      """)

  @Argument(help: NamedCheckpoint.help, completion: .file(extensions: ["safetensors"]))
  var checkpoint: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to; - is standard output.", valueName: "file"), completion: .file())
  var output: String

  @Option(help: "safetensors, json or csv. (default: by the end of the file's name, else csv)")
  var format: Form?

  @OptionGroup var state: StateOptions

  func run() throws {
    let named = try state.read(checkpoint)
    let bytes: [UInt8]
    switch format ?? Form(of: output) ?? .csv {
    case .safetensors: bytes = try CheckpointsExportCommand.content(of: named.path)
    case .json: bytes = CoefficientExport(named.checkpoint.model).json
    case .csv: bytes = CoefficientExport(named.checkpoint.model).csv
    }
    if output == InputFile.standardInput { return try StandardOutput.write(bytes) }
    // In place of a device or a pipe there would be a file.
    if CheckpointsExportCommand.isSpecial(output) {
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
