/// Pieces of a dictionary's names, for files.
extension ModelSnapshot {
  /// How many bytes all names of a dictionary have.
  ///
  /// - Complexity: O(names)
  public var nameByteCount: Int { content.space.dictionary.nameByteCount }

  /// Writes where the names of some features end among the bytes of all, each as an Int64.
  ///
  /// - Parameters:
  ///   - end: where the name before them ends.
  ///   - bytes: as many as the numbers take, aligned for them.
  /// - Returns: where the last one ends.
  /// - Precondition: features are names of a dictionary, and the range lies below `count`.
  /// - Complexity: O(features in the range)
  public func copyNameEnds(_ range: Range<Int>, after end: Int, into bytes: UnsafeMutableRawBufferPointer) -> Int {
    precondition(bytes.count == range.count * MemoryLayout<Int64>.stride)
    let ends = bytes.bindMemory(to: Int64.self)
    var end = end
    for (place, name) in content.space.dictionary.names[range].enumerated() {
      end += name.count
      ends[place] = Int64(end)
    }
    return end
  }

  /// Writes when some features were last seen, in steps, each as an Int64.
  ///
  /// - Parameter bytes: as many as the numbers take, aligned for them.
  /// - Precondition: the range lies below `lastSeenSteps.count`.
  /// - Complexity: O(features in the range)
  public func copyLastSeen(_ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) {
    precondition(bytes.count == range.count * MemoryLayout<Int64>.stride)
    let steps = bytes.bindMemory(to: Int64.self)
    for (place, step) in content.space.lastSeen[range].enumerated() { steps[place] = Int64(bitPattern: UInt64(step)) }
  }

  /// Appends the names of some features, end to end.
  ///
  /// - Precondition: features are names of a dictionary, and the range lies below `count`.
  /// - Complexity: O(bytes of the names)
  public func appendNames(_ range: Range<Int>, to bytes: inout [UInt8]) {
    content.space.dictionary.appendNames(range, to: &bytes)
  }
}
