internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Have the daemon read its configuration again.",
    discussion: """
      As SIGHUP and `systemctl reload` do, but it waits and tells what came of it. Some settings change at once, others at the next \
      start. Where anything is wrong with the configuration, nothing changes.
      """)

  @OptionGroup var options: QueryOptions

  func run() throws {
    let answer = try options.client().reload()
    if options.json { return try StandardOutput.writeJSON(answer) }
    var text = ""
    if answer.changed.isEmpty {
      text += answer.pending.isEmpty ? "nothing has changed\n" : "nothing changes now\n"
    } else {
      var table = Table([.left, .left], header: ["KEY", "VALUE"])
      for (key, value) in answer.changed.sorted(by: { $0.key < $1.key }) {
        table.add([key, ConfigurationCommand.text(of: value)])
      }
      text +=
        "from step \(Format.count(answer.step)) on\n\n"
        + table.text(Style(enabled: StandardOutput.terminal.hasColours))
    }
    if !answer.pending.isEmpty {
      text += "from the next start on: \(answer.pending.joined(separator: ", "))\n"
    }
    try StandardOutput.write(text)
  }
}
