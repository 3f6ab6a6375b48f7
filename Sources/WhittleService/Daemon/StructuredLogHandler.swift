public import Logging

/// Hands log events to an output, with the metadata as fields.
public struct StructuredLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  private let output: LogOutput
  /// Nil for the output's.
  private var ownLevel: Logger.Level?

  public init(_ output: LogOutput) { self.output = output }

  /// The output's, which may change, unless it was set here.
  public var logLevel: Logger.Level {
    get { ownLevel ?? output.level }
    set { ownLevel = newValue }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }.merging(event.metadata ?? [:]) { $1 }
    output.write(LogLine(event.level, event.message.description, fields.mapValues(\.description)))
  }
}
