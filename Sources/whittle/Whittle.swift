internal import ArgumentParser
internal import Glibc
internal import WhittleProtocol

/// The command line tool.
@main
struct Whittle: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whittle",
    abstract: "Feed whittled, ask it, and watch it learn.",
    discussion: """
      Where the daemon listens is taken from the flags, else from the environment (WHITTLE_PUSH, WHITTLE_ROUTER, \
      WHITTLE_QUERY, WHITTLE_SUBSCRIBE), else it is the daemon's own default on this machine. Where the daemon asks for keys, \
      --server-key and --key (WHITTLE_SERVER_KEY, WHITTLE_KEY) show them. NO_COLOR turns colours off.

      Exit status, after sysexits:
        0   success
        1   `checkpoints verify` found one that cannot be used; `reset` was not confirmed
        64  wrong usage
        65  bad data: a malformed row, a damaged file
        66  a file cannot be opened, or a daemon works on the state directory
        69  the daemon does not answer, or nobody takes the samples
        70  an internal error
        74  reading or writing failed
        76  the daemon refused the request or the samples, or its answer is not understood; a feature is not known; a \
      format cannot hold the model
      """,
    version: whittleVersion,
    subcommands: [
      FeedCommand.self,
      CoefficientsCommand.self,
      HistoryCommand.self,
      PathCommand.self,
      DiffCommand.self,
      ExportCommand.self,
      StatsCommand.self,
      PredictCommand.self,
      ExplainCommand.self,
      WatchCommand.self,
      TopCommand.self,
      CheckpointCommand.self,
      CheckpointsCommand.self,
      CatalogCommand.self,
      QueryCommand.self,
      ReplayCommand.self,
      ConfigurationCommand.self,
      SetCommand.self,
      ResetCommand.self,
      ReloadCommand.self,
      InspectCommand.self,
      KeygenCommand.self,
    ])

  static func main() {
    // A reader that goes away, as in `whittle coefficients | head`, ends this program without a word, also where the
    // parent process ignores the signal.
    signal(SIGPIPE, SIG_DFL)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let code = exitCode(for: error)
      // Help and version arrive as errors too; an `ExitCode` has had its say.
      if code == .success || error is ExitCode { exit(withError: error) }
      if let status = ExitStatus(of: error) {
        StandardError.write("whittle: \(error)\n")
        Glibc.exit(status.rawValue)
      }
      let text = fullMessage(for: error)
      let message = text.hasPrefix("Error: ") ? text.dropFirst("Error: ".count) : text[...]
      StandardError.write("whittle: \(message)\n")
      Glibc.exit(code == .validationFailure ? ExitStatus.usage.rawValue : ExitStatus.internalError.rawValue)
    }
  }
}
