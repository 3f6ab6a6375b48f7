internal import GRDB

/// What went wrong with a catalog, where, and what to do about it.
public enum CatalogError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is none.
  case missing(path: String)
  /// Another whittle made it, or nobody's.
  case otherSchema(path: String, version: Int)
  /// It is no SQLite database, or no whole one.
  case damaged(path: String, problem: String)
  /// Somebody else writes, and goes on doing so.
  case busy(path: String)
  /// It cannot be opened, read or written.
  case failed(path: String, problem: String)
  /// A query is not understood, or asks for more than reading.
  case query(problem: String)

  public var description: String {
    switch self {
    case .missing(let path):
      "there is no catalog \(path): whittled makes it with the next checkpoint unless catalog.coefficients is 0, and "
        + "`whittle catalog rebuild` makes it from the checkpoint files"
    case .otherSchema(let path, let version):
      "\(path) has schema version \(version), and this whittle knows \(CatalogSchema.version): `whittle catalog rebuild` "
        + "makes it anew"
    case .damaged(let path, let problem):
      "\(path) is damaged or no catalog (\(problem)): whittled makes it anew at its start and with the next checkpoint, "
        + "and so does `whittle catalog rebuild`"
    case .busy(let path): "another process writes to \(path)"
    case .failed(let path, let problem): "\(path): \(problem)"
    case .query(let problem): problem
    }
  }

  /// Whether making the catalog anew mends it.
  var isMendable: Bool {
    switch self {
    case .otherSchema, .damaged: true
    case .missing, .busy, .failed, .query: false
    }
  }

  /// What an error of SQLite's means for the catalog.
  init(_ error: any Error, path: String) {
    switch error {
    case let error as CatalogError: self = error
    case let error as DatabaseError:
      let problem = error.message ?? error.resultCode.description
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(path: path, problem: problem)
      default: self = .failed(path: path, problem: problem)
      }
    default: self = .failed(path: path, problem: "\(error)")
    }
  }
}
