/// The heaviest of many coefficients, as far as there is room: a heap whose root is the lightest of them.
public struct HeaviestCoefficients: Sendable {
  public struct Element: Sendable, Equatable {
    public let index: Int
    public let value: Float

    /// The order of the features settles ties, so that equal models keep the same.
    func isLighter(than other: Element) -> Bool {
      let (own, others) = (abs(value), abs(other.value))
      return own == others ? index > other.index : own < others
    }
  }

  private let room: Int
  private var heap: [Element] = []

  /// - Parameter room: how many are kept.
  public init(_ room: Int) { self.room = room }

  /// Takes another one, and lets go of the lightest where there is no room for both.
  ///
  /// - Precondition: the value is a number.
  /// - Complexity: O(log kept), and O(1) for one that is too light
  public mutating func add(_ value: Float, at index: Int) {
    let element = Element(index: index, value: value)
    if heap.count < room {
      heap.append(element)
      rise()
    } else if let lightest = heap.first, lightest.isLighter(than: element) {
      heap[0] = element
      sink()
    }
  }

  /// The heaviest first.
  ///
  /// - Complexity: O(kept · log kept)
  public var sorted: [Element] { heap.sorted { $1.isLighter(than: $0) } }

  private mutating func rise() {
    var place = heap.count - 1
    while place > 0, heap[place].isLighter(than: heap[(place - 1) / 2]) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink() {
    var place = 0
    while true {
      var lightest = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if heap[child].isLighter(than: heap[lightest]) { lightest = child }
      }
      if lightest == place { return }
      heap.swapAt(place, lightest)
      place = lightest
    }
  }
}
