/// Ids by deadline: a binary heap, the earliest deadline at its top.
struct DeadlineQueue {
  struct Entry: Equatable {
    let deadline: Int
    let id: UInt64
  }

  /// The children of place n are at 2n + 1 and 2n + 2, and none is earlier than its parent.
  private var heap: [Entry] = []

  var count: Int { heap.count }

  /// The earliest. - Complexity: O(1).
  var first: Entry? { heap.first }

  /// - Complexity: O(log n).
  mutating func insert(_ id: UInt64, deadline: Int) {
    heap.append(Entry(deadline: deadline, id: id))
    var place = heap.count - 1
    while place > 0, heap[place].deadline < heap[(place - 1) / 2].deadline {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// Takes the earliest out. - Complexity: O(log n).
  mutating func removeFirst() -> Entry? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      sink(0)
    }
    return first
  }

  /// - Complexity: O(n).
  mutating func removeAll(where isGone: (UInt64) -> Bool) {
    heap.removeAll { isGone($0.id) }
    for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(place) }
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var earliest = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < heap.count && heap[child].deadline < heap[earliest].deadline {
        earliest = child
      }
      if earliest == place { return }
      heap.swapAt(place, earliest)
      place = earliest
    }
  }
}
