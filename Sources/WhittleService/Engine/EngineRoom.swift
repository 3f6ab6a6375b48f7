internal import Logging
internal import OnlineLearning
internal import SampleFormats
internal import WhittleProtocol

/// How often subscribers hear of a full dictionary: at most once a second for each kind of event.
struct RoomEvents {
  var forgotten = Pending()
  var refused = Pending()

  /// What subscribers have not been told yet.
  struct Pending {
    private var features: UInt64 = 0
    private var limit = RateLimit(perSecond: 1)

    /// - Returns: what to tell now; nil where there is nothing, or it has to wait.
    mutating func add(_ count: Int, now: Double) -> UInt64? {
      if count == 0 { return nil }
      features += UInt64(count)
      guard limit.admit(now: now) != nil else { return nil }
      defer { features = 0 }
      return features
    }
  }
}

extension Engine {
  /// Counts and tells what became of features because the dictionary was full.
  func tell(_ room: Model.Room) {
    let limit = settings.limits.features
    if room.forgotten == 0, room.refused == 0 { return }
    counters.forgottenFeatures += UInt64(room.forgotten)
    counters.refusedFeatures += UInt64(room.refused)
    let now = monotonicSeconds()
    if let features = roomEvents.forgotten.add(room.forgotten, now: now) {
      tell(
        .featuresForgotten, features,
        "the model knew limits.features, \(limit); \(features) whose weight is zero and that were not seen for longest "
          + "made room for new ones")
    }
    if let features = roomEvents.refused.add(room.refused, now: now) {
      tell(
        .featuresRefused, features,
        "the model knows limits.features, \(limit), and too few of them have a weight of zero: new ones were left out of "
          + "their samples \(features) times; raise limits.features or penalty.l1")
    }
  }

  private func tell(_ kind: Event.Kind, _ features: UInt64, _ text: String) {
    let limit = settings.limits.features
    logger.notice("the dictionary is full: \(text)", metadata: ["step": "\(model.steps)"])
    publisher.publish(
      Event(
        kind, step: model.steps, time: unixSeconds(), message: text,
        room: Event.Room(features: features, limit: limit)))
  }
}
