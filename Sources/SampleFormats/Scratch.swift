/// Elements in memory that is kept when they go: once it has grown to what messages need, nothing is allocated.
///
/// As an array, but one that nobody else can hold, so that nothing has to ask.
struct Scratch<Element: BitwiseCopyable>: ~Copyable {
  private(set) var count = 0
  private var capacity = 64
  private var base = UnsafeMutablePointer<Element>.allocate(capacity: 64)

  /// Where the elements are, until they change.
  var start: UnsafePointer<Element> { UnsafePointer(base) }

  deinit {
    base.deallocate()
  }

  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow(to: capacity + 1) }
    (base + count).initialize(to: element)
    count &+= 1
  }

  mutating func append(contentsOf elements: Span<Element>) {
    if elements.count > capacity - count { grow(to: count + elements.count) }
    elements.withUnsafeBufferPointer { elements in
      if let start = elements.baseAddress { (base + count).initialize(from: start, count: elements.count) }
    }
    count += elements.count
  }

  /// Adds elements that it has already.
  mutating func append(from start: Int, count added: Int) {
    precondition(start >= 0 && added >= 0 && start + added <= count)
    if added > capacity - count { grow(to: count + added) }
    (base + count).initialize(from: base + start, count: added)
    count += added
  }

  @inline(__always)
  mutating func removeAll() {
    count = 0
  }

  /// Leaves the first `count` elements.
  mutating func truncate(to count: Int) {
    precondition(0 <= count && count <= self.count)
    self.count = count
  }

  /// Adds elements that `body` writes.
  ///
  /// - Parameters:
  ///   - limit: how many there may be.
  ///   - body: takes memory for so many, and returns how many it has written.
  mutating func append(upTo limit: Int, _ body: (UnsafeMutablePointer<Element>) -> Int) {
    let added = body(room(for: limit))
    precondition(0 <= added && added <= limit)
    count += added
  }

  /// Memory for so many elements, until it is asked for more, besides those that there are.
  mutating func room(for count: Int) -> UnsafeMutablePointer<Element> {
    if count > capacity - self.count { grow(to: self.count + count) }
    return base + self.count
  }

  subscript(position: Int) -> Element {
    precondition(0 <= position && position < count)
    return base[position]
  }

  @inline(__always)
  func withSpan<Result, Failure: Error>(_ body: (Span<Element>) throws(Failure) -> Result) throws(Failure) -> Result {
    // The first `count` elements are there, and nobody can change them while they are lent.
    try body(Span(_unsafeStart: base, count: count))
  }

  @inline(__always)
  mutating func withMutableSpan<Result, Failure: Error>(
    _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // As for `withSpan`.
    var span = MutableSpan(_unsafeStart: base, count: count)
    return try body(&span)
  }

  private mutating func grow(to count: Int) {
    let larger = max(count, capacity * 2)
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: larger)
    memory.moveInitialize(from: base, count: self.count)
    base.deallocate()
    (base, capacity) = (memory, larger)
  }
}

extension Scratch {
  /// Replaces all elements.
  ///
  /// - Parameter write: writes all that is lent.
  /// - Returns: what `write` returns.
  @discardableResult
  mutating func refill<Result>(count: Int, _ write: (UnsafeMutableBufferPointer<Element>) -> Result) -> Result {
    removeAll()
    var result: Result?
    append(upTo: count) { memory in
      result = write(UnsafeMutableBufferPointer(start: memory, count: count))
      return count
    }
    // `append` calls it once.
    return result.unsafelyUnwrapped
  }
}

extension Scratch where Element: FixedWidthInteger {
  /// Replaces all elements by `count` of any value, to be overwritten.
  mutating func refill(count: Int) {
    removeAll()
    append(upTo: count) { _ in count }
  }

  /// Replaces all elements by `count` zeros.
  mutating func refill(withZeros count: Int) {
    removeAll()
    append(upTo: count) { memory in
      memory.initialize(repeating: 0, count: count)
      return count
    }
  }
}
