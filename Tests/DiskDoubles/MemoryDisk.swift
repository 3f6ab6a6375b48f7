internal import Glibc
public import ModelStore
internal import Synchronization
internal import TestSupport

/// A disk in memory that can lose its power.
///
/// What was synchronized survives `crash`; of what was not, a part, decided by a seed:
/// - of a file's writes each 512-byte sector on its own, the others being what they were before, or zeros; the file's size is the one it
///   had, the one it was given, or one between;
/// - of a directory's changes (names created, given, removed) each on its own.
///
/// A directory itself is durable as soon as it is made.
public final class MemoryDisk: FileSystem {
  private let state: Mutex<State>

  public init() {
    state = Mutex(State())
  }

  private init(_ state: consuming sending State) {
    self.state = Mutex(state)
  }

  /// What is left after the power failed now, on a disk of its own. This one goes on.
  public func crash(seed: UInt64) -> MemoryDisk {
    MemoryDisk(state.withLock { $0.survivors(seed) })
  }

  /// Has the next `synchronize` of a file lose what it should have made durable, or a part of it, as after a failed one: it can still
  /// be read until the power fails.
  public func loseUnsynchronized(_ file: OpenFile, seed: UInt64) {
    state.withLock { $0.lose(file.number, seed) }
  }

  /// How many files are open.
  public var openFiles: Int { state.withLock { $0.open.count } }

  /// A file's bytes as they can be read now; nil where there is none.
  public func contents(_ path: String) -> [UInt8]? {
    state.withLock { state in state.number(of: path).flatMap { state.nodes[$0]?.bytes } }
  }

  /// Puts a file there, durably.
  public func put(_ bytes: [UInt8], at path: String) {
    state.withLock { state in
      let (directory, name) = split(path)
      let number = state.nodes.count
      state.nodes[number] = Node(bytes: bytes, durable: bytes)
      state.directories[directory, default: Directory()].names[name] = number
      state.directories[directory, default: Directory()].durable[name] = number
    }
  }

  public func open(_ path: String, for use: FileUse) throws(StoreError) -> OpenFile {
    try call("open", path) { (state) throws(Code) in
      let (directory, name) = split(path)
      guard state.directories[directory] != nil else { throw Code(ENOENT) }
      var number = state.number(of: path)
      switch use {
      case .reading: if number == nil { throw Code(state.directories[path] == nil ? ENOENT : EISDIR) }
      case .writing:
        if let number {
          state.nodes[number]?.change(.truncate(0))
        } else {
          let new = state.nodes.count
          state.nodes[new] = Node()
          state.directories[directory]?.change(.add(name, new))
          number = new
        }
      }
      state.lastFile += 1
      state.open[state.lastFile] = number
      return OpenFile(number: state.lastFile, path: path)
    }
  }

  public func close(_ file: OpenFile) throws(StoreError) {
    try call("close", file.path) { (state) throws(Code) in
      if state.open.removeValue(forKey: file.number) == nil { throw Code(EBADF) }
    }
  }

  public func write(_ bytes: UnsafeRawBufferPointer, to file: OpenFile, at offset: Int) throws(StoreError) -> Int {
    let bytes = Array(bytes)
    return try call("write", file.path) { (state) throws(Code) in
      guard let number = state.open[file.number] else { throw Code(EBADF) }
      state.nodes[number]?.change(.write(offset, bytes))
      return bytes.count
    }
  }

  public func read(
    into bytes: UnsafeMutableRawBufferPointer, from file: OpenFile, at offset: Int
  ) throws(StoreError) -> Int {
    let found = try call("read", file.path) { (state) throws(Code) in
      guard let number = state.open[file.number], let node = state.nodes[number] else { throw Code(EBADF) }
      return node.bytes
    }
    let count = max(min(bytes.count, found.count - offset), 0)
    found.withUnsafeBytes { bytes.copyMemory(from: .init(rebasing: $0.dropFirst(offset).prefix(count))) }
    return count
  }

  public func size(of file: OpenFile) throws(StoreError) -> Int {
    try call("fstat", file.path) { (state) throws(Code) in
      guard let number = state.open[file.number], let node = state.nodes[number] else { throw Code(EBADF) }
      return node.bytes.count
    }
  }

  public func synchronize(_ file: OpenFile) throws(StoreError) {
    try call("fsync", file.path) { (state) throws(Code) in
      guard let number = state.open[file.number] else { throw Code(EBADF) }
      state.nodes[number]?.synchronize()
    }
  }

  public func forget(_ file: OpenFile, at offset: Int, count: Int) {
    state.withLock { state in
      guard let number = state.open[file.number] else { return }
      state.nodes[number]?.forget(offset..<offset + count)
    }
  }

  /// The places of a file that were given up in memory, in order; nil where one of them was not durable then.
  public func forgotten(_ path: String) -> [Range<Int>]? {
    state.withLock { state in state.number(of: path).flatMap { state.nodes[$0]?.forgotten } }
  }

  public func synchronizeDirectory(_ path: String) throws(StoreError) {
    try call("fsync", path) { (state) throws(Code) in
      guard state.directories[path] != nil else { throw Code(ENOENT) }
      state.directories[path]?.synchronize()
    }
  }

  public func rename(_ path: String, to newPath: String) throws(StoreError) {
    try call("rename", path) { (state) throws(Code) in
      let (directory, name) = split(path)
      let (newDirectory, newName) = split(newPath)
      guard let number = state.number(of: path), state.directories[newDirectory] != nil else { throw Code(ENOENT) }
      guard state.directories[newPath] == nil else { throw Code(EISDIR) }
      guard directory == newDirectory else { throw Code(EXDEV) }
      state.directories[directory]?.change(.rename(name, newName, number))
    }
  }

  public func remove(_ path: String) throws(StoreError) {
    try call("unlink", path) { (state) throws(Code) in
      guard state.number(of: path) != nil else { throw Code(ENOENT) }
      let (directory, name) = split(path)
      state.directories[directory]?.change(.remove(name))
    }
  }

  public func names(in directory: String) throws(StoreError) -> [String] {
    try call("opendir", directory) { (state) throws(Code) in
      guard let found = state.directories[directory] else { throw Code(ENOENT) }
      return found.names.keys.sorted()
    }
  }

  public func makeDirectory(_ path: String) throws(StoreError) {
    try call("mkdir", path) { (state) throws(Code) in
      guard state.number(of: path) == nil else { throw Code(ENOTDIR) }
      if state.directories[path] == nil { state.directories[path] = Directory() }
    }
  }

  private struct Code: Error {
    let number: Int32
    init(_ number: Int32) { self.number = number }
  }

  private func call<Result: Sendable>(
    _ name: String, _ path: String, _ body: (inout State) throws(Code) -> Result
  ) throws(StoreError) -> Result {
    do throws(Code) {
      return try state.withLock { (state) throws(Code) in try body(&state) }
    } catch {
      throw .system(call: name, path: path, code: error.number)
    }
  }
}

/// The directory of a path, and the name in it.
private func split(_ path: String) -> (directory: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return (".", path) }
  return (String(path[..<slash]), String(path[path.index(after: slash)...]))
}

private struct State: Sendable {
  var nodes: [Int: Node] = [:]
  var directories: [String: Directory] = [:]
  var open: [Int32: Int] = [:]
  var lastFile: Int32 = 2

  func number(of path: String) -> Int? {
    let (directory, name) = split(path)
    return directories[directory]?.names[name]
  }

  mutating func lose(_ file: Int32, _ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    if let number = open[file] { nodes[number]?.lose(&generator) }
  }

  func survivors(_ seed: UInt64) -> State {
    var generator = SeededGenerator(seed: seed)
    var state = State()
    for (number, node) in nodes.sorted(by: { $0.key < $1.key }) {
      let bytes = node.survivors(&generator)
      state.nodes[number] = Node(bytes: bytes, durable: bytes)
    }
    for (path, directory) in directories.sorted(by: { $0.key < $1.key }) {
      let names = directory.survivors(&generator)
      state.directories[path] = Directory(names: names, durable: names)
    }
    return state
  }
}

/// A file's content: as it is read, and as it is on the disk, with what has to be done to the second to get the first.
private struct Node: Sendable {
  enum Change: Sendable {
    case write(Int, [UInt8])
    case truncate(Int)
  }

  var bytes: [UInt8] = []
  var durable: [UInt8] = []
  /// As `MemoryDisk.forgotten` has it.
  private(set) var forgotten: [Range<Int>]? = []
  private var pending: [Change] = []

  init(bytes: [UInt8] = [], durable: [UInt8] = []) {
    self.bytes = bytes
    self.durable = durable
  }

  private static let sector = 512

  mutating func change(_ change: Change) {
    Node.apply(change, to: &bytes)
    pending.append(change)
  }

  mutating func synchronize() {
    for change in pending { Node.apply(change, to: &durable) }
    pending = []
  }

  mutating func forget(_ range: Range<Int>) {
    let isDurable = pending.isEmpty && range.upperBound <= durable.count
    if isDurable { forgotten?.append(range) } else { forgotten = nil }
  }

  mutating func lose(_ generator: inout SeededGenerator) {
    durable = survivors(&generator)
    pending = []
  }

  private static func apply(_ change: Change, to bytes: inout [UInt8]) {
    switch change {
    case .truncate(let size): resize(&bytes, size)
    case .write(let offset, let new):
      if bytes.count < offset + new.count { resize(&bytes, offset + new.count) }
      // As memory: one by one takes long in a debug build.
      bytes.withUnsafeMutableBytes { bytes in
        new.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: $0) }
      }
    }
  }

  private static func resize(_ bytes: inout [UInt8], _ size: Int) {
    if size < bytes.count { bytes.removeLast(bytes.count - size) }
    bytes += [UInt8](repeating: 0, count: size - bytes.count)
  }

  func survivors(_ generator: inout SeededGenerator) -> [UInt8] {
    if pending.isEmpty { return durable }
    var survivors = durable
    // How much of all survives differs from crash to crash, also nothing and all.
    let chance = generator.pick([0, 0.2, 0.5, 0.8, 1])
    for change in pending {
      switch change {
      case .truncate: if generator.unit() < chance { Node.apply(change, to: &survivors) }
      case .write(let offset, let new):
        var start = 0
        while start < new.count {
          let end = min(new.count, (offset + start) / Node.sector * Node.sector + Node.sector - offset)
          if generator.unit() < chance { Node.apply(.write(offset + start, Array(new[start..<end])), to: &survivors) }
          start = end
        }
      }
    }
    let sizes = [durable.count, bytes.count].sorted()
    if let low = sizes.first, let high = sizes.last, low < high {
      Node.resize(&survivors, generator.pick([low, high, low + generator.below(high - low)]))
    }
    return survivors
  }
}

private struct Directory: Sendable {
  enum Change: Sendable {
    case add(String, Int)
    case rename(String, String, Int)
    case remove(String)
  }

  var names: [String: Int] = [:]
  var durable: [String: Int] = [:]
  private var pending: [Change] = []

  init(names: [String: Int] = [:], durable: [String: Int] = [:]) {
    self.names = names
    self.durable = durable
  }

  mutating func change(_ change: Change) {
    Directory.apply(change, to: &names)
    pending.append(change)
  }

  mutating func synchronize() {
    durable = names
    pending = []
  }

  private static func apply(_ change: Change, to names: inout [String: Int]) {
    switch change {
    case .add(let name, let number): names[name] = number
    case .remove(let name): names[name] = nil
    case .rename(let old, let new, let number):
      // The name may have been given to another file, or be gone already.
      if names[old] == number { names[old] = nil }
      names[new] = number
    }
  }

  func survivors(_ generator: inout SeededGenerator) -> [String: Int] {
    var survivors = durable
    let chance = generator.pick([0, 0.2, 0.5, 0.8, 1])
    for change in pending where generator.unit() < chance { Directory.apply(change, to: &survivors) }
    return survivors
  }
}
