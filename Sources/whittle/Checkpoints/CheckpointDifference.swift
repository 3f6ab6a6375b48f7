internal import FoundationEssentials
internal import OnlineLearning

/// What one model has that another has not.
struct CheckpointDifference: Encodable {
  struct Side: Encodable {
    /// Nil for a file that was named by its path, and for the daemon's model.
    let id: UInt64?
    /// Nil for the daemon's model.
    let file: String?
    let time: Double
    let step: UInt64
    /// How many messages the journal had counted; nil where there is none.
    let position: UInt64?
    let features: Int
    let activeSet: Int
    let intercept: Double
    let loss: Double?

    enum CodingKeys: String, CodingKey {
      case id, file, time, step, position, features, intercept, loss
      case activeSet = "active_set"
    }

    /// What people call it.
    var title: String { id.map(String.init) ?? file ?? ComparedName.now }
  }

  struct Setting: Encodable {
    let key: String
    let before: String
    let after: String
  }

  /// A feature whose coefficient is another one; 0 where it was or is not in the active set.
  struct Feature: Encodable {
    let name: String
    let before: Float
    let after: Float

    /// Of Float32, so that it is exact but for the largest.
    var change: Double { Double(after) - Double(before) }
  }

  let before: Side
  let after: Side
  /// Samples learned in between; less than none where the second is the older one.
  let steps: Int64
  /// Messages that changed anything, likewise; nil where one does not count them.
  let messages: Int64?
  let seconds: Double
  let settings: [Setting]
  /// Those that entered the active set, that left it, that are in both with the other sign, and that are in both with
  /// another coefficient, of the other sign or not; those first that changed most.
  let entered: [Feature]
  let left: [Feature]
  let changedSign: [Feature]
  let changed: [Feature]

  enum CodingKeys: String, CodingKey {
    case before, after, steps, messages, seconds, settings, entered, left, changed
    case changedSign = "changed_sign"
  }

  init(_ one: ComparedModel, _ other: ComparedModel) {
    (before, after) = (one.side, other.side)
    steps = Int64(bitPattern: after.step &- before.step)
    messages = one.side.position.flatMap { one in other.side.position.map { Int64(bitPattern: $0 &- one) } }
    seconds = after.time - before.time
    settings = zip(one.settings ?? [], other.settings ?? []).filter { $0 != $1 }
      .map { Setting(key: $0[0], before: $0[1], after: $1[1]) }
    // The order of the features settles ties, so that equal files give equal answers.
    let features = CheckpointDifference.features(one, other).enumerated()
      .sorted { (-abs($0.element.change), $0.offset) < (-abs($1.element.change), $1.offset) }.map(\.element)
    entered = features.filter { $0.before == 0 }
    left = features.filter { $0.after == 0 }
    changed = features.filter { $0.before != 0 && $0.after != 0 }
    changedSign = changed.filter { ($0.before < 0) != ($0.after < 0) }
  }

  /// The features that differ, those of the second model first, in the order in which they came.
  private static func features(_ one: ComparedModel, _ other: ComparedModel) -> [Feature] {
    // Names of hashed features come and go, and their indices stay.
    let byIndex = one.space == other.space && one.space != nil && one.space != .dictionary
    let (old, new) = (one.coefficients(byIndex: byIndex), other.coefficients(byIndex: byIndex))
    let before = Dictionary(old.map { ($0.key, $0.value) }) { first, _ in first }
    let after = Set(new.map(\.key))
    let features =
      new.map { Feature(name: $0.name, before: before[$0.key] ?? 0, after: $0.value) }
      + old.filter { !after.contains($0.key) }.map { Feature(name: $0.name, before: $0.value, after: 0) }
    return features.filter { $0.before != $0.after }
  }
}

extension CheckpointDifference {
  /// - Parameter top: at most so many features that entered, left, changed sign and changed.
  func text(top: Int, _ style: Style = .plain) -> String {
    var sides = Table([.left, .right, .right, .right], header: ["", "BEFORE", "AFTER", "CHANGE"])
    func count(_ name: String, _ one: Int64?, _ other: Int64?) {
      let change = one.flatMap { one in other.map { CheckpointDifference.signed($0 &- one) } }
      sides.add([name, one.map { Format.count($0) } ?? "-", other.map { Format.count($0) } ?? "-", change ?? "-"])
    }
    func number(_ name: String, _ one: Double?, _ other: Double?) {
      let change = one.flatMap { one in other.map { Format.number($0 - one) } }
      sides.add([name, Format.number(one), Format.number(other), change ?? "-"])
    }
    func time(_ time: Double) -> String { Date(timeIntervalSince1970: time).ISO8601Format() }
    sides.add(["checkpoint", before.title, after.title])
    let apart = Format.duration(seconds: abs(seconds))
    sides.add(["written", time(before.time), time(after.time), seconds < 0 ? "-\(apart)" : "+\(apart)"])
    count("step", Int64(clamping: before.step), Int64(clamping: after.step))
    count("messages", before.position.map { Int64(clamping: $0) }, after.position.map { Int64(clamping: $0) })
    count("features", Int64(before.features), Int64(after.features))
    count("active set", Int64(before.activeSet), Int64(after.activeSet))
    number("intercept", before.intercept, after.intercept)
    number("loss, recent", before.loss, after.loss)
    var parts = [sides.text(style)]
    if !settings.isEmpty {
      var table = Table([.left, .left, .left], header: ["SETTING", "BEFORE", "AFTER"])
      for setting in settings { table.add([setting.key, setting.before, setting.after]) }
      parts.append(table.text(style))
    }
    let lists = [("ENTERED", entered), ("LEFT", left), ("CHANGED SIGN", changedSign), ("CHANGED", changed)]
    for (title, features) in lists where !features.isEmpty {
      var table = Table(
        [.left, .right, .right, .right],
        header: ["\(title) (\(Format.count(features.count)))", "BEFORE", "AFTER", "CHANGE"])
      for feature in features.prefix(top) {
        table.add([
          feature.name, Format.number(Double(feature.before)), Format.number(Double(feature.after)),
          Format.number(feature.change),
        ])
      }
      parts.append(table.text(style))
    }
    return parts.joined(separator: "\n")
  }

  private static func signed(_ number: Int64) -> String { (number < 0 ? "" : "+") + Format.count(number) }
}
