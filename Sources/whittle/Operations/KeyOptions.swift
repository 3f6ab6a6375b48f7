internal import ArgumentParser
internal import WhittleClient

/// The flags of every command that connects to the daemon: what it is shown where it asks for keys.
struct KeyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The daemon's public key, or the file that holds it, where the daemon asks for keys. (default: WHITTLE_SERVER_KEY)",
      valueName: "key"), completion: .file())
  var serverKey: String?

  @Option(
    help: ArgumentHelp("The file of your secret key, from whittle keygen. (default: WHITTLE_KEY)", valueName: "file"),
    completion: .file())
  var key: String?

  /// Nil where none are to be shown.
  ///
  /// - Throws: `unusableKeys` where one cannot be read, or only one of the two is known.
  func keys() throws(ClientError) -> ClientKeys? {
    let server = serverKey ?? environment("WHITTLE_SERVER_KEY")
    let own = key ?? environment("WHITTLE_KEY")
    switch (server, own) {
    case (nil, nil): return nil
    case (let server?, let own?): return try ClientKeys(server: server, secretFile: own)
    case (_?, nil): throw .unusableKeys(reason: "--server-key needs --key: a daemon that has a key asks for one")
    case (nil, _?): throw .unusableKeys(reason: "--key needs --server-key: the daemon has to prove who it is, too")
    }
  }
}
