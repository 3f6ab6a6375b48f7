internal import ArgumentParser
internal import WhittleClient
internal import WhittleProtocol

/// The flags of every command that asks the daemon.
struct QueryOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The daemon's query endpoint.", valueName: "endpoint"))
  var query = QueryOptions.defaultEndpoint

  @Option(help: ArgumentHelp("How long to wait for the answer.", valueName: "seconds"))
  var timeout = TimeLimit.fiveSeconds

  @OptionGroup var keys: KeyOptions

  @Flag(help: "Print the answer as one JSON object.")
  var json = false

  static var defaultEndpoint: String { environment("WHITTLE_QUERY") ?? DefaultEndpoints.query }

  func client() throws(ClientError) -> QueryClient {
    try QueryClient(endpoint: query, milliseconds: timeout.milliseconds, keys: try keys.keys())
  }
}
