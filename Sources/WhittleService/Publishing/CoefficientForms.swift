internal import OnlineLearning
internal import WhittleProtocol

/// Words coefficients in the form that the settings ask for.
struct CoefficientForms {
  /// A message, and the buffers behind its JSON.
  enum Message {
    case coefficients(PublishedCoefficients, [[UInt8]])
    case delta(CoefficientsDelta, [[UInt8]])
  }

  private let settings: Settings.Publishing
  /// What was published last, where deltas are.
  private var last: ActiveCoefficients?
  private var deltasSinceFull = 0

  /// With `arrays: auto`, so many coefficients are arrays.
  static let arraysFrom = 10_000

  init(_ settings: Settings.Publishing) {
    self.settings = settings
  }

  /// What is to be published of a model, in this order.
  ///
  /// - Parameters:
  ///   - values: of all of the snapshot's features.
  ///   - deltas: how many deltas were published.
  /// - Complexity: as `ActiveCoefficients.init`
  mutating func messages(_ snapshot: ModelSnapshot, _ values: [Float], deltas: UInt64) -> [Message] {
    let new = ActiveCoefficients(snapshot, values, top: settings.form == .top ? settings.top : nil)
    guard settings.form == .delta else { return [whole(new)] }
    defer { last = new }
    guard let last else { return [whole(new, deltas: deltas)] }
    let changes = delta(from: last, to: new, base: deltas)
    deltasSinceFull += 1
    guard deltasSinceFull >= settings.fullEvery else { return [changes] }
    deltasSinceFull = 0
    return [changes, whole(new, deltas: deltas + 1)]
  }

  /// All that the deltas have led to; nil where none are published.
  func full(deltas: UInt64) -> Message? { last.map { whole($0, deltas: deltas) } }

  private func whole(_ coefficients: ActiveCoefficients, deltas: UInt64? = nil) -> Message {
    let (worded, buffers) = worded(coefficients.names, coefficients.values)
    return .coefficients(
      PublishedCoefficients(
        form: settings.form == .top ? .top : .full, step: coefficients.step, intercept: coefficients.intercept,
        features: coefficients.features, activeSet: coefficients.activeSet, deltaSequence: deltas, worded), buffers)
  }

  private func delta(from old: ActiveCoefficients, to new: ActiveCoefficients, base: UInt64) -> Message {
    let changes = CoefficientChanges(from: old, to: new)
    let (worded, buffers) = worded(changes.names, changes.values)
    return .delta(
      CoefficientsDelta(
        baseSequence: base, baseStep: old.step, step: new.step, intercept: new.intercept, features: new.features,
        activeSet: new.activeSet, worded), buffers)
  }

  private func worded(_ names: FlatNames, _ values: [Float]) -> (PublishedValues, [[UInt8]]) {
    let hasArrays =
      switch settings.arrays {
      case .never: false
      case .auto: values.count >= CoefficientForms.arraysFrom
      case .always: true
      }
    guard hasArrays else { return (PublishedValues(names: names.strings, values: values), []) }
    var arrays = BinaryArrays()
    arrays.append("values", values)
    arrays.append("names", bytes: names.bytes)
    arrays.append("name_ends", names.ends)
    return (PublishedValues(arrays: arrays.descriptions), arrays.buffers)
  }
}
