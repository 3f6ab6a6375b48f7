internal import CProcessor

/// Where the rows of one batch lie, while the batch lends it.
struct RowStorage {
  let features: UnsafeBufferPointer<UInt32>
  /// Whether every row has all of these.
  let areCommon: Bool
  let values: UnsafeBufferPointer<Float>

  /// In a line of the processor's caches: of features as of values.
  private static let numbersPerLine = 16
  /// 2 KiB of each.
  private static let longestFetch = 512

  /// Where the features are of the row whose values are at `range`.
  @inline(__always)
  func place(of range: Range<Int>) -> Range<Int> { areCommon ? 0..<range.count : range }

  /// The features of the row so many rows further on, where rows are about as long as this one; of this one where that is
  /// beyond the last.
  @inline(__always)
  func features(after range: Range<Int>, rows: Int) -> UnsafeBufferPointer<UInt32> {
    let place = place(of: range)
    let start = place.lowerBound &+ rows &* place.count
    let next = start &+ place.count <= features.count ? start : place.lowerBound
    return UnsafeBufferPointer(rebasing: features[next..<next &+ place.count])
  }

  /// Asks memory for the features and values of a later row, some of them where rows are long: processors foresee that they
  /// follow each other, but only to the end of a page.
  ///
  /// - Parameter range: where this row's values are.
  @inline(__always)
  func fetchAhead(of range: Range<Int>) {
    let start = range.upperBound &+ 3 &* range.count
    guard !areCommon, start &+ range.count <= features.count, let features = features.baseAddress,
      let values = values.baseAddress
    else { return }
    var position = start
    let end = start &+ min(range.count, RowStorage.longestFetch)
    while position < end {
      prefetch_near(features + position)
      prefetch_near(values + position)
      position &+= RowStorage.numbersPerLine
    }
  }
}

extension UnsafePointer {
  /// Asks memory for what is there, which may lie in two lines of the cache.
  @inline(__always)
  func fetchWhole() {
    let start = UnsafeRawPointer(self)
    prefetch(start)
    prefetch(start + (MemoryLayout<Pointee>.size &- 1))
  }
}
