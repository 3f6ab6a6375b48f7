internal import WhittleProtocol

/// Answers that are asked for in parts. They are kept for a while, as of the step of their first part.
///
/// A pure state machine: it is told the time. A cursor names an answer and how much of it has been told; so a part that got
/// lost can be asked for again.
struct CoefficientPages {
  private struct Kept {
    let listing: CoefficientListing
    let limit: Int
    var lastAsked: Double
  }

  private var kept: [UInt64: Kept] = [:]

  /// Seconds for which an answer is kept after it was last asked for.
  static let lifetime = 60.0
  /// How many are kept at most.
  static let capacity = 16
  /// How many bytes they may have together; one may have more, alone.
  static let largestByteCount = 256 << 20

  /// The first part of an answer, the rest of which is kept.
  ///
  /// - Parameter limit: how many coefficients a part has; nil for all.
  mutating func begin(_ listing: CoefficientListing, limit: Int?, now: Double) -> Answer {
    expire(now: now)
    guard let limit, limit < listing.count else { return listing.answer(0..<listing.count, cursor: nil) }
    var key = UInt64.random(in: .min ... .max)
    while kept[key] != nil { key &+= 1 }
    kept[key] = Kept(listing: listing, limit: limit, lastAsked: now)
    makeRoom(besides: key)
    return listing.answer(0..<limit, cursor: cursor(key, limit))
  }

  /// The part that a cursor names.
  ///
  /// - Parameter limit: how many coefficients it has; nil for as many as before.
  /// - Throws: `unknownCursor` where the rest of the answer is not kept.
  mutating func goOn(_ cursor: String, limit: Int?, now: Double) throws(QueryFailure) -> Answer {
    expire(now: now)
    let parts = cursor.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let key = UInt64(parts[0], radix: 16), let start = Int(parts[1]), let answer = kept[key],
      0..<answer.listing.count ~= start
    else {
      throw QueryFailure(
        .unknownCursor,
        "there is no cursor \"\(cursor.prefix(60))\", or not any more: the rest of an answer is kept for "
          + "\(Int(CoefficientPages.lifetime)) seconds after its last part, and for the \(CoefficientPages.capacity) newest "
          + "answers at most; ask anew without \"cursor\"")
    }
    kept[key]?.lastAsked = now
    let end = start + min(limit ?? answer.limit, answer.listing.count - start)
    return answer.listing.answer(start..<end, cursor: end < answer.listing.count ? self.cursor(key, end) : nil)
  }

  /// Seconds until something that is kept need not be any more; nil where nothing is.
  func secondsLeft(now: Double) -> Double? {
    kept.values.map(\.lastAsked).min().map { max(0, $0 + CoefficientPages.lifetime - now) }
  }

  /// Lets go of what nobody has asked for any more.
  mutating func expire(now: Double) {
    kept = kept.filter { now - $0.value.lastAsked < CoefficientPages.lifetime }
  }

  private mutating func makeRoom(besides key: UInt64) {
    while kept.count > 1,
      kept.count > CoefficientPages.capacity
        || kept.values.reduce(0, { $0 + $1.listing.byteCount }) > CoefficientPages.largestByteCount,
      let oldest = kept.filter({ $0.key != key }).min(by: { $0.value.lastAsked < $1.value.lastAsked })?.key
    {
      kept[oldest] = nil
    }
  }

  private func cursor(_ key: UInt64, _ start: Int) -> String { "\(String(key, radix: 16))-\(start)" }
}
