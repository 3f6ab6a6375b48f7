internal import WhittleProtocol

/// All coefficients, put together of all that were published once and of what has changed since.
struct CoefficientsInParts {
  /// Which delta led to the coefficients that are here.
  struct Place: Equatable {
    var epoch: String
    var sequence: UInt64
  }

  enum Outcome: Equatable {
    case whole(Coefficients)
    /// It is in what is here already.
    case known
    /// What it goes on from is not here.
    ///
    /// - Parameter isTold: whether that was said shortly before.
    case gap(isTold: Bool)
  }

  /// Nil while there are none.
  private(set) var place: Place?
  private var coefficients = Coefficients(step: 0, intercept: 0, names: [], values: [], features: 0, activeSet: 0)
  /// Where each name is; empty until it is needed.
  private var places: [String: Int] = [:]
  /// How many deltas could not be applied since there was something to apply them to.
  private var unapplied = 0

  /// All coefficients may get lost too, so they are asked for again after so many deltas.
  private static let patience = 16

  /// - Complexity: O(1)
  mutating func begin(_ all: Coefficients, at place: Place) {
    coefficients = all
    places = [:]
    self.place = place
    unapplied = 0
  }

  /// - Parameters:
  ///   - names: the delta's.
  ///   - values: as many.
  /// - Complexity: O(changes), and O(coefficients) for the first ones after all
  mutating func apply(
    _ delta: CoefficientsDelta, _ mark: PublicationMark, _ names: [String], _ values: [Float]
  ) -> Outcome {
    if let place, place.epoch == mark.epoch, mark.sequence <= place.sequence { return .known }
    guard place == Place(epoch: mark.epoch, sequence: delta.baseSequence) else {
      defer { unapplied += 1 }
      return .gap(isTold: unapplied % CoefficientsInParts.patience != 0)
    }
    if places.isEmpty {
      places = Dictionary(zip(coefficients.names, coefficients.names.indices)) { _, last in last }
    }
    for (name, value) in zip(names, values) { set(name, value) }
    coefficients.step = delta.step
    coefficients.intercept = delta.intercept
    coefficients.features = delta.features
    coefficients.activeSet = delta.activeSet
    place = Place(epoch: mark.epoch, sequence: mark.sequence)
    return .whole(coefficients)
  }

  private mutating func set(_ name: String, _ value: Float) {
    switch (places[name], value) {
    case (let place?, 0):
      // The last one takes its place.
      places[name] = nil
      if let last = coefficients.names.popLast(), let lastValue = coefficients.values.popLast(), last != name {
        coefficients.names[place] = last
        coefficients.values[place] = lastValue
        places[last] = place
      }
    case (let place?, _): coefficients.values[place] = value
    case (nil, 0): break
    case (nil, _):
      places[name] = coefficients.names.count
      coefficients.names.append(name)
      coefficients.values.append(value)
    }
  }
}
