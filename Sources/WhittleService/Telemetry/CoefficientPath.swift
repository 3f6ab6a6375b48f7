/// How the coefficients of some features went over time: of the heaviest, and of those that were longest among them.
///
/// Half of the places are for the features that are heaviest now, the others for those that were so at most moments, so that it
/// is seen how they shrank. A pure state: it is told the time.
struct CoefficientPath {
  struct Feature: Equatable {
    let index: Int
    let name: String
  }

  /// A value belongs to the feature in the same place of `followed`; it is not a number where nothing is known.
  private struct Moment {
    let time: Double
    let step: UInt64
    var values: [Float]
  }

  private struct Followed {
    let feature: Feature
    /// At how many moments it was among the heaviest.
    var moments = 0
  }

  private var followed: [Followed] = []
  private var series: ThinnedSeries<Moment>
  /// How many features are followed at most.
  let places: Int

  /// - Parameters:
  ///   - places: how many features are followed at most; at least 2.
  ///   - moments: how many moments are kept.
  ///   - interval: seconds between two of them, at first.
  init(places: Int = 50, moments: Int = 500, interval: Double = 1) {
    self.places = max(2, places)
    series = ThinnedSeries(capacity: moments, interval: interval)
  }

  /// Takes the coefficients of a moment.
  ///
  /// - Parameters:
  ///   - heaviest: the heaviest features, the heaviest first.
  ///   - now: seconds, on a clock that does not go back.
  ///   - time: for people.
  ///   - value: the coefficient of a feature; nil where the model does not know it any more.
  /// - Complexity: O(places²), and O(moments) where it begins to follow a feature
  mutating func append(
    _ heaviest: [Feature], step: UInt64, now: Double, time: Double, value: (Feature) -> Float?
  ) {
    let top = heaviest.prefix(places / 2)
    for feature in top {
      let place = followed.firstIndex { $0.feature == feature } ?? follow(feature, besides: top)
      followed[place].moments += 1
    }
    // The next ones, as long as nobody else needs the room.
    for feature in heaviest.dropFirst(top.count) where followed.count < places {
      if !followed.contains(where: { $0.feature == feature }) { _ = follow(feature, besides: top) }
    }
    let values = followed.map { value($0.feature) ?? .nan }
    series.append(Moment(time: time, step: step, values: values), at: now)
  }

  /// - Returns: the feature's place: a free one, or that of the one that was heavy for the shortest time and is not now.
  private mutating func follow(_ feature: Feature, besides top: ArraySlice<Feature>) -> Int {
    let light = followed.indices.filter { !top.contains(followed[$0].feature) }
    guard followed.count == places, let place = light.min(by: { followed[$0].moments < followed[$1].moments }) else {
      followed.append(Followed(feature: feature))
      series.update { $0.values.append(.nan) }
      return followed.count - 1
    }
    followed[place] = Followed(feature: feature)
    series.update { $0.values[place] = .nan }
    return place
  }

  /// All of it, the heaviest feature of the newest moment first.
  ///
  /// - Complexity: O(places · moments)
  var report: PathReport {
    let moments = series.points.map(\.value)
    let newest = moments.last?.values ?? []
    func weight(_ place: Int) -> Float { newest[place].isNaN ? -1 : abs(newest[place]) }
    let order = followed.indices.sorted { one, other in
      (weight(one), followed[one].moments) > (weight(other), followed[other].moments)
    }
    return PathReport(
      time: moments.map(\.time), step: moments.map(\.step), names: order.map { followed[$0].feature.name },
      coefficients: order.map { place in moments.map { $0.values[place].isNaN ? nil : $0.values[place] } })
  }
}
