@testable import WhittleService

/// Runs what blocks on a thread of its own: the cooperative pool is as wide as the cores, and the daemon under test
/// needs it too.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    do throws(DaemonError) {
      try OperatingThread.start(named: "test") { continuation.resume(with: Result(catching: body)) }
    } catch {
      continuation.resume(throwing: error)
    }
  }
}
