internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct CheckpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Write a checkpoint now, and return when it is safely on disk.")

  @OptionGroup var options: QueryOptions

  func run() throws {
    let written = try options.client().checkpoint()
    if options.json { return try StandardOutput.writeJSON(written) }
    var table = Table([.left, .left])
    table.add(["file", written.file])
    table.add(["step", Format.count(written.step)])
    table.add(["size", Format.bytes(written.bytes)])
    table.add(["took", Format.duration(seconds: written.seconds)])
    try StandardOutput.write(table.text())
  }
}
