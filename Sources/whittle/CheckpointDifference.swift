internal import FoundationEssentials
internal import ModelStore
internal import OnlineLearning

/// What one checkpoint has that another has not.
struct CheckpointDifference: Encodable {
  struct Side: Encodable {
    let id: UInt64?
    let file: String
    let time: Double
    let step: UInt64
    let position: UInt64
    let features: Int
    let activeSet: Int
    let intercept: Double
    let loss: Double?

    enum CodingKeys: String, CodingKey {
      case id, file, time, step, position, features, intercept, loss
      case activeSet = "active_set"
    }

    init(_ named: NamedCheckpoint) {
      let model = named.checkpoint.model
      (id, file, time) = (named.id, named.path, named.checkpoint.time)
      (step, position) = (model.steps, named.checkpoint.position)
      features = model.space.featureCount
      activeSet = model.learner.coefficients().count { $0 != 0 }
      intercept = model.learner.intercept
      loss = model.validation.recent(model.configuration.lossFunction)?.loss
    }
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
  /// Messages that changed anything, likewise.
  let messages: Int64
  let seconds: Double
  let settings: [Setting]
  /// Those that entered the active set, that left it, and that are in both with another coefficient; those first that changed
  /// most.
  let entered: [Feature]
  let left: [Feature]
  let changed: [Feature]

  init(_ one: NamedCheckpoint, _ other: NamedCheckpoint) {
    (before, after) = (Side(one), Side(other))
    steps = Int64(bitPattern: after.step &- before.step)
    messages = Int64(bitPattern: after.position &- before.position)
    seconds = after.time - before.time
    let rows = [one, other].map { ConfigurationRows.rows($0.checkpoint.model.configuration, digits: 17) }
    settings = zip(rows[0], rows[1]).filter { $0 != $1 }.map { Setting(key: $0[0], before: $0[1], after: $1[1]) }
    // The order of the features settles ties, so that equal files give equal answers.
    let features = CheckpointDifference.features(one.checkpoint.model, other.checkpoint.model).enumerated()
      .sorted { (-abs($0.element.change), $0.offset) < (-abs($1.element.change), $1.offset) }.map(\.element)
    entered = features.filter { $0.before == 0 }
    left = features.filter { $0.after == 0 }
    changed = features.filter { $0.before != 0 && $0.after != 0 }
  }

  private typealias Coefficient = (key: [UInt8], name: String, value: Float)

  /// The features that differ, those of the second model first, in the order in which they came.
  private static func features(_ one: Model, _ other: Model) -> [Feature] {
    // Names of hashed features come and go, and their indices stay.
    let byIndex = one.space.kind == other.space.kind && one.space.kind != .dictionary
    let (old, new) = (active(one, byIndex: byIndex), active(other, byIndex: byIndex))
    let before = Dictionary(old.map { ($0.key, $0.value) }) { first, _ in first }
    let after = Set(new.map(\.key))
    let features =
      new.map { Feature(name: $0.name, before: before[$0.key] ?? 0, after: $0.value) }
      + old.filter { !after.contains($0.key) }.map { Feature(name: $0.name, before: $0.value, after: 0) }
    return features.filter { $0.before != $0.after }
  }

  /// The active set. Keys are bytes, since texts are equal whose bytes differ.
  private static func active(_ model: Model, byIndex: Bool) -> [Coefficient] {
    let values = model.learner.coefficients()
    return values.indices.filter { values[$0] != 0 }.map { index in
      let name = model.space.name(at: index)
      return (Array((byIndex ? String(index) : name).utf8), name, values[index])
    }
  }
}

extension CheckpointDifference {
  /// - Parameter top: at most so many features that entered, left and changed.
  func text(top: Int, _ style: Style = .plain) -> String {
    var sides = Table([.left, .right, .right, .right], header: ["", "BEFORE", "AFTER", "CHANGE"])
    func count(_ name: String, _ one: Int64, _ other: Int64) {
      sides.add([name, Format.count(one), Format.count(other), CheckpointDifference.signed(other &- one)])
    }
    func number(_ name: String, _ one: Double?, _ other: Double?) {
      let change = one.flatMap { one in other.map { Format.number($0 - one) } }
      sides.add([name, Format.number(one), Format.number(other), change ?? "-"])
    }
    func time(_ time: Double) -> String { Date(timeIntervalSince1970: time).ISO8601Format() }
    sides.add(["checkpoint", title(before), title(after)])
    let apart = Format.duration(seconds: abs(seconds))
    sides.add(["written", time(before.time), time(after.time), seconds < 0 ? "-\(apart)" : "+\(apart)"])
    count("step", Int64(clamping: before.step), Int64(clamping: after.step))
    count("messages", Int64(clamping: before.position), Int64(clamping: after.position))
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
    for (title, features) in [("ENTERED", entered), ("LEFT", left), ("CHANGED", changed)] where !features.isEmpty {
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

  private func title(_ side: Side) -> String { side.id.map(String.init) ?? side.file }

  private static func signed(_ number: Int64) -> String { (number < 0 ? "" : "+") + Format.count(number) }
}
