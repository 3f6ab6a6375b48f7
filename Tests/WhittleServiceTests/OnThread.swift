import OperatingThreads

/// Runs what blocks on a thread of its own: the cooperative pool is as wide as the cores, and the daemon under test
/// needs it too.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    do throws(OperatingThread.Failure) {
      try OperatingThread(named: "test") { continuation.resume(with: Result(catching: body)) }.detach()
    } catch {
      continuation.resume(throwing: error)
    }
  }
}
