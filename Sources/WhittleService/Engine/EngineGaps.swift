internal import OnlineLearning
internal import StreamLearning
internal import WhittleProtocol

/// How often subscribers hear of numbers that are missing: at most once a second of each source, and twenty times a second
/// of all. A pure state machine: it is told the time.
///
/// Memory is bounded whatever sources there are: gaps of a source for which there is no room are not told, and not counted
/// here. The stats count all.
struct GapEvents {
  private struct Source {
    var lastTime: Double
    /// Gaps since then.
    var unpublished: UInt64 = 0
  }

  private var sources: [[UInt8]: Source] = [:]
  private var secondBegan = -Double.infinity
  private var toldInSecond = 0

  static let perSecond = 20
  /// Sources that are remembered at most.
  static let room = 1000

  /// - Returns: for a gap that is to be told, how many of its source were not since the last that was; nil for one that is
  ///   not.
  /// - Complexity: O(1), amortized
  mutating func admit(_ source: [UInt8], now: Double) -> UInt64? {
    if now - secondBegan >= 1 { (secondBegan, toldInSecond) = (now, 0) }
    let known = sources[source]
    guard known.map({ now - $0.lastTime >= 1 }) ?? true, toldInSecond < GapEvents.perSecond else {
      if known == nil, sources.count >= GapEvents.room { return nil }
      sources[source, default: Source(lastTime: -.infinity)].unpublished += 1
      return nil
    }
    if known == nil, sources.count >= GapEvents.room {
      // Those that have nothing to tell, and may tell it at once, are as good as new.
      sources = sources.filter { now - $0.value.lastTime < 1 || $0.value.unpublished > 0 }
      if sources.count >= GapEvents.room { sources = [:] }
    }
    toldInSecond += 1
    sources[source] = Source(lastTime: now)
    return known?.unpublished ?? 0
  }
}

extension Engine {
  /// Tells subscribers of numbers that sources left out.
  func tell(_ gaps: [SequenceGap]) {
    if gaps.isEmpty { return }
    let now = monotonicSeconds()
    for gap in gaps {
      guard let unpublished = gapEvents.admit(gap.source, now: now) else { continue }
      let name = String(decoding: gap.source, as: UTF8.self)
      let told = Event.Gap(
        source: name.isEmpty ? nil : name, from: gap.missing.lowerBound, to: gap.missing.upperBound,
        unpublishedBefore: unpublished)
      let whose = name.isEmpty ? "the source without a name" : "source \"\(name.prefix(60))\""
      let numbers = told.missing == 1 ? "number \(told.from)" : "numbers \(told.from) to \(told.to)"
      publisher.publish(
        Event(
          .sequenceGap, step: model.steps, time: unixSeconds(),
          message: "\(whose) left out \(numbers): what is lost, or comes late, is not learned", gap: told))
    }
  }
}
