import GRDB
import ModelCatalog

/// Somebody else who works on a catalog's file.
struct Foreign {
  private let queue: DatabaseQueue

  init(_ path: String) throws {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  func execute(_ sql: String) throws { try queue.unsafeReentrantWrite { try $0.execute(sql: sql) } }

  static func execute(_ sql: String, _ path: String) throws {
    let foreign = try Foreign(path)
    try foreign.execute(sql)
    try foreign.queue.close()
  }
}
