public import Glibc
public import ModelStore
internal import Synchronization

/// A disk whose calls fail, are done by half, or take until the test lets them go on. What does not fail, another disk does.
public final class FaultyDisk: FileSystem {
  /// A call of the protocol.
  public enum Operation: Sendable, Hashable, CaseIterable {
    case open, close, write, read, size, synchronize, synchronizeDirectory
    case rename, remove, names, makeDirectory
  }

  /// What goes wrong, and when.
  public struct Fault: Sendable {
    public enum Manner: Sendable, Equatable, CaseIterable {
      /// Nothing is done.
      case fail
      /// Of a write the first half is done. Other calls: nothing.
      case tear
      /// All is done, and the error comes all the same.
      case failAfterwards
    }

    let operations: Set<Operation>
    let first: Int
    let isOnce: Bool
    let manner: Manner
    let code: Int32

    /// The call of this number, counted from 1 among those named, fails.
    public static func at(
      _ number: Int, of operations: Set<Operation> = Set(Operation.allCases), _ manner: Manner = .fail,
      code: Int32 = Glibc.EIO
    ) -> Fault {
      Fault(operations: operations, first: number, isOnce: true, manner: manner, code: code)
    }

    /// All calls from this number on, counted from 1 among those named, fail until the disk is healed.
    public static func from(
      _ number: Int = 1, of operations: Set<Operation> = Set(Operation.allCases), _ manner: Manner = .fail,
      code: Int32 = Glibc.EIO
    ) -> Fault {
      Fault(operations: operations, first: number, isOnce: false, manner: manner, code: code)
    }
  }

  private struct State {
    var fault: Fault?
    var count = 0
    var failures = 0
    var blocked: Set<Operation> = []
    var waiting = 0
  }

  private let disk: any FileSystem
  private let state = Mutex(State())
  private let turns = Turns()

  public init(over disk: any FileSystem) {
    self.disk = disk
  }

  /// Has calls fail from now on, counted anew; in place of what was planned before.
  public func plan(_ fault: Fault) {
    state.withLock {
      $0.fault = fault
      $0.count = 0
      $0.failures = 0
    }
  }

  /// No call fails any more.
  public func heal() { state.withLock { $0.fault = nil } }

  /// How many calls have failed since the plan was made.
  public var failures: Int { state.withLock { $0.failures } }

  /// Calls of these kinds do not go on until `release`: a disk that is slow.
  public func block(_ operations: Set<Operation>) { turns.withLock { state.withLock { $0.blocked = operations } } }

  /// Lets all calls go on.
  public func release() {
    turns.withLock { state.withLock { $0.blocked = [] } }
    turns.signal()
  }

  /// How many calls are held up.
  public var blockedCount: Int { state.withLock { $0.waiting } }

  /// Waits until so many calls are held up.
  public func waitForBlocked(_ count: Int = 1) {
    turns.wait { self.state.withLock { $0.waiting >= count } }
  }

  /// What is to become of a call: nil where it is to be done.
  private func verdict(_ operation: Operation) -> Fault? {
    if state.withLock({ $0.blocked.contains(operation) }) {
      state.withLock { $0.waiting += 1 }
      turns.signal()
      turns.wait { self.state.withLock { !$0.blocked.contains(operation) } }
      state.withLock { $0.waiting -= 1 }
    }
    return state.withLock { state in
      guard let fault = state.fault, fault.operations.contains(operation) else { return nil }
      state.count += 1
      let isDue = fault.isOnce ? state.count == fault.first : state.count >= fault.first
      guard isDue else { return nil }
      state.failures += 1
      return fault
    }
  }

  private func call<Result>(
    _ operation: Operation, _ name: String, _ path: String, _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    guard let fault = verdict(operation) else { return try body() }
    if fault.manner == .failAfterwards { _ = try body() }
    throw .system(call: name, path: path, code: fault.code)
  }

  public func open(_ path: String, for use: FileUse) throws(StoreError) -> OpenFile {
    guard let fault = verdict(.open) else { return try disk.open(path, for: use) }
    if fault.manner == .failAfterwards { try? disk.close(try disk.open(path, for: use)) }
    throw .system(call: "open", path: path, code: fault.code)
  }

  public func close(_ file: OpenFile) throws(StoreError) {
    // A file is closed, whatever close says.
    try disk.close(file)
    if let fault = verdict(.close) { throw .system(call: "close", path: file.path, code: fault.code) }
  }

  public func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(StoreError) -> Int {
    guard let fault = verdict(.write) else { return try disk.write(bytes, to: file, at: offset) }
    let part = fault.manner == .fail ? 0 : fault.manner == .tear ? bytes.count / 2 : bytes.count
    if part > 0 { _ = try disk.write(.init(rebasing: bytes[..<part]), to: file, at: offset) }
    throw .system(call: "write", path: file.path, code: fault.code)
  }

  public func read(
    into bytes: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int
  ) throws(StoreError) -> Int {
    try call(.read, "read", file.path) { () throws(StoreError) in
      try disk.read(into: bytes, from: file, at: offset)
    }
  }

  public func size(of file: OpenFile) throws(StoreError) -> Int {
    try call(.size, "fstat", file.path) { () throws(StoreError) in try disk.size(of: file) }
  }

  public func synchronize(_ file: OpenFile) throws(StoreError) {
    guard let fault = verdict(.synchronize) else { return try disk.synchronize(file) }
    if fault.manner == .failAfterwards {
      try disk.synchronize(file)
    } else {
      // The system drops what it could not write: a later call that succeeds says nothing about it.
      (disk as? MemoryDisk)?.loseUnsynchronized(file, seed: UInt64(failures))
    }
    throw .system(call: "fsync", path: file.path, code: fault.code)
  }

  public func forget(_ file: OpenFile, at offset: Int, count: Int) { disk.forget(file, at: offset, count: count) }

  public func synchronizeDirectory(_ path: String) throws(StoreError) {
    try call(.synchronizeDirectory, "fsync", path) { () throws(StoreError) in try disk.synchronizeDirectory(path) }
  }

  public func rename(_ path: String, to newPath: String) throws(StoreError) {
    try call(.rename, "rename", path) { () throws(StoreError) in try disk.rename(path, to: newPath) }
  }

  public func remove(_ path: String) throws(StoreError) {
    try call(.remove, "unlink", path) { () throws(StoreError) in try disk.remove(path) }
  }

  public func names(in directory: String) throws(StoreError) -> [String] {
    try call(.names, "opendir", directory) { () throws(StoreError) in try disk.names(in: directory) }
  }

  public func makeDirectory(_ path: String) throws(StoreError) {
    try call(.makeDirectory, "mkdir", path) { () throws(StoreError) in try disk.makeDirectory(path) }
  }
}

/// Waits for what other threads change.
private final class Turns: @unchecked Sendable {
  // Both live as long as this does, at one place, and are made for use from several threads.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func withLock(_ body: () -> Void) {
    pthread_mutex_lock(mutex)
    body()
    pthread_mutex_unlock(mutex)
  }

  func signal() {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  func wait(until isReached: () -> Bool) {
    pthread_mutex_lock(mutex)
    while !isReached() { pthread_cond_wait(condition, mutex) }
    pthread_mutex_unlock(mutex)
  }
}
