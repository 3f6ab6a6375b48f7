internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

/// The flags of every command that a daemon or a state directory without one can answer.
struct SourceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The daemon's query endpoint. (default: WHITTLE_QUERY, else \(DefaultEndpoints.query))", valueName: "endpoint"))
  var query: String?

  @Option(
    help: ArgumentHelp("Read this state directory; no daemon is asked.", valueName: "directory"),
    completion: .directory)
  var state: String?

  @Option(help: ArgumentHelp("How long to wait for the daemon's answer.", valueName: "seconds"))
  var timeout = TimeLimit.fiveSeconds

  @OptionGroup var keys: KeyOptions

  func validate() throws {
    if query != nil, state != nil { throw ValidationError("--query and --state exclude each other") }
  }

  /// The daemon; nil where a state directory is to answer.
  func daemon() throws(ClientError) -> QueryClient? {
    if state != nil { return nil }
    return try QueryClient(
      endpoint: query ?? QueryOptions.defaultEndpoint, milliseconds: timeout.milliseconds, keys: try keys.keys())
  }

  /// The state directory: the one that was named, or the daemon's.
  func directory() throws -> StateDirectory {
    if let state { return StateDirectory(state) }
    guard let daemon = try daemon() else { return StateDirectory(StateOptions.directory(given: nil)) }
    return try SourceOptions.directory(of: daemon)
  }

  /// Where a daemon keeps its checkpoints, as this machine sees it.
  static func directory(of daemon: QueryClient) throws -> StateDirectory {
    let report = try daemon.configuration()
    guard case .string(let path)? = report.configuration["state.directory"] else {
      throw ClientError.malformed(
        endpoint: daemon.endpoint, reason: "its configuration has no state.directory; name the directory with --state")
    }
    guard !path.hasPrefix("/"), let parent = report.workingDirectory else {
      return StateDirectory(path, of: daemon.endpoint)
    }
    return StateDirectory("\(parent)/\(path)", of: daemon.endpoint)
  }
}

extension SourceOptions {
  /// Finds a checkpoint and reads all of it. Whoever names a file needs neither daemon nor directory.
  func checkpoint(_ name: CheckpointName) throws -> NamedCheckpoint {
    if case .path(let path) = name { return try NamedCheckpoint(path: path) }
    return try directory().read(name)
  }
}
