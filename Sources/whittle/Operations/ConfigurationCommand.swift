internal import ArgumentParser
internal import FoundationEssentials
internal import WhittleClient
internal import WhittleProtocol

struct ConfigurationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "configuration",
    abstract: "Show every setting of the daemon, its value, and where it came from.")

  @OptionGroup var options: QueryOptions

  func run() throws {
    let report = try options.client().configuration()
    if options.json { return try StandardOutput.writeJSON(report) }
    try StandardOutput.write(
      ConfigurationCommand.text(report, Style(enabled: StandardOutput.terminal.hasColours)))
  }

  static func text(_ report: ConfigurationReport, _ style: Style = .plain) -> String {
    var settings = Table([.left, .left, .left], header: ["KEY", "VALUE", "ORIGIN"])
    for (key, value) in report.configuration.sorted(by: { $0.key < $1.key }) {
      settings.add([key, text(of: value), report.origins[key] ?? ""])
    }
    var endpoints = Table([.left, .left], header: ["ENDPOINT", "IN USE"])
    for (key, used) in report.endpoints.sorted(by: { $0.key < $1.key }) {
      for endpoint in used { endpoints.add([key, endpoint]) }
    }
    return settings.text(style) + "\n" + endpoints.text(style)
      + "\ndaemon version \(Format.name(report.version))\n"
  }

  /// Strings plain, everything else as JSON.
  static func text(of value: JSONValue) -> String {
    if case .string(let text) = value { return text }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // What was decoded from JSON can be encoded again.
    return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
