internal import ModelCatalog
internal import WhittleClient

/// What the process tells its caller, by the numbers of sysexits.h.
enum ExitStatus: Int32 {
  case success = 0
  case usage = 64
  case badData = 65
  case cannotOpen = 66
  case unavailable = 69
  case internalError = 70
  case inputOutput = 74
  case refused = 76

  /// - Returns: nil for errors that are not this tool's own, such as the argument parser's.
  init?(of error: any Error) {
    switch error {
    case let error as ToolError: self.init(of: error)
    case let error as ClientError: self.init(of: error)
    case let error as CatalogError: self.init(of: error)
    default: return nil
    }
  }

  private init(of error: ToolError) {
    switch error {
    case .badData: self = .badData
    case .cannotOpen: self = .cannotOpen
    case .cannotRead, .cannotWrite, .cannotWriteFile: self = .inputOutput
    case .notLearned: self = .unavailable
    case .rejected, .notAccepted, .unknownFeatures, .notExpressible: self = .refused
    case .failed: self = .internalError
    }
  }

  private init(of error: CatalogError) {
    switch error {
    case .query: self = .usage
    case .damaged, .otherSchema: self = .badData
    case .missing, .busy, .failed: self = .cannotOpen
    }
  }

  private init(of error: ClientError) {
    switch error {
    case .unusableEndpoint, .unsendable: self = .usage
    case .unreachable, .noAnswer, .notTaken, .unanswered, .undelivered, .forgotten, .noSubscriber, .nothingPublished,
      .interrupted, .cancelled, .closed:
      self = .unavailable
    case .refused, .rejected, .malformed: self = .refused
    case .unusableKeys: self = .cannotOpen
    case .failed: self = .internalError
    }
  }
}
