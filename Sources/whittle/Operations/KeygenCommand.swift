internal import ArgumentParser
internal import WhittleClient

struct KeygenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keygen",
    abstract: "Make a pair of keys, for the daemon or for a client. Needs no daemon.",
    discussion: """
      The secret key goes to the file, which only you can read: the daemon's is security.server_key in its configuration, a \
      client's is given with --key. The public key goes to the file with .pub after its name, and to standard output, followed \
      by the name: a line for the lists of the daemon (security.ingest_keys and so on). Files that are there are never written over.
      """)

  @Argument(help: "The file for the secret key.", completion: .file())
  var file: String

  @Option(help: ArgumentHelp("What the key's owner is called (default: the file's name).", valueName: "name"))
  var name: String?

  @Flag(help: "Print the public key as one JSON object.")
  var json = false

  func validate() throws {
    if file.isEmpty || file.hasSuffix("/") { throw ValidationError("name a file for the secret key") }
    if let name, name.contains(where: \.isNewline) { throw ValidationError("--name must be on one line") }
  }

  func run() throws {
    let last = file.split(separator: "/").last.map(String.init) ?? file
    let name = name ?? (last.hasSuffix(".key") ? String(last.dropLast(4)) : last)
    let key = try ClientKeys.make(at: file, name: name)
    if json { return try StandardOutput.writeJSON(Outcome(publicKey: key, name: name, file: file)) }
    try StandardOutput.write("\(key) \(name)\n")
  }

  /// What is printed as JSON.
  private struct Outcome: Encodable {
    let publicKey: String
    let name: String
    let file: String

    enum CodingKeys: String, CodingKey {
      case name, file
      case publicKey = "public_key"
    }
  }
}
