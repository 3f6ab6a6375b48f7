/// The version of daemon, command line and protocol.
public let whittleVersion = "0.1.0"
