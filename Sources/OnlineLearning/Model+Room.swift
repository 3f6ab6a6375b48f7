/// Room in a dictionary that is full: features whose weight is zero and that were not seen for longest give theirs to new
/// ones, so that with L1 the memory follows the active set.
extension Model {
  /// What became of features when the dictionary was full.
  public struct Room: Sendable, Equatable {
    /// How many were forgotten.
    public var forgotten = 0
    /// How many new names found no room. Their values are taken out of the batch; those of names that decoding could not
    /// even take down count one by one.
    public var refused = 0

    public init() {}
  }

  /// Finds room for the new names of a message, and notes that its features were seen.
  ///
  /// Searching takes a look at every weight. So a search lets go of a sixteenth more than is needed, where there are so many;
  /// and after one that found too few, the next is at least as many steps away as a sixteenth of the features.
  ///
  /// - Parameters:
  ///   - batch: the message's rows, decoded with this model's names. What finds no room is taken out of it.
  ///   - limit: how many features there may be.
  ///   - delayed: samples whose features must stay, since their targets may come.
  /// - Complexity: O(1) while there is plenty of room, O(features of the batch) once half of it is taken; a search is
  ///   O(features).
  public mutating func makeRoom(
    for batch: inout SampleBatch, limit: Int, keeping delayed: DelayedSamples
  ) -> Room {
    var room = Room()
    guard space.kind == .dictionary, space.count > limit / 2 else { return room }
    let allowed = max(limit, learner.count)
    if space.count > allowed {
      let needed = space.count - allowed - space.dictionary.vacancyCount
      if needed > 0, isTimeToSearch {
        let forgotten = forgettable(needed + limit / 16, besides: batch, delayed, below: allowed)
        space.searchedAt = forgotten.count < needed ? steps : nil
        // Whoever searches looks at every feature anyway.
        snapshotInProgress?.copyAll(of: learner, space)
        learner.forget(forgotten)
        space.dictionary.vacate(forgotten)
        room.forgotten = forgotten.count
      }
      let new = space.count - allowed
      // Those that are new and found room beyond the others are part of the learner before any vacancy is filled, so that
      // a factor of the penalty is asked for by the right name.
      growLearner(to: allowed)
      save(space.dictionary.vacanciesToFill(from: allowed))
      let places = space.dictionary.fillVacancies(from: allowed)
      for place in places { learner.rename(place, space.name(at: place)) }
      room.refused = new - places.count
      batch.moveFeatures(from: allowed, to: places, bound: allowed)
      batch.unknownFeatures += room.refused
    }
    room.refused += batch.refusedFeatures
    noteSeen(batch)
    return room
  }

  /// Forgets the names that came with a message and that no row has: those of rows that were taken out of the batch again.
  ///
  /// - Parameter batch: the message's rows, none of them learned yet.
  /// - Complexity: O(1) where the message brought no names, O(features of the batch + bytes of the new names) otherwise
  public mutating func forgetUnusedNames(for batch: inout SampleBatch) {
    let start = learner.count
    guard space.kind == .dictionary, space.count > start else { return }
    // What is left gets the indices that it would have had alone.
    var places = [Int](repeating: space.count, count: space.count - start)
    var names: [[UInt8]] = []
    for feature in batch.featureList where Int(feature) >= start && places[Int(feature) - start] == space.count {
      places[Int(feature) - start] = start + names.count
      names.append(Array(space.name(at: Int(feature)).utf8))
    }
    space.truncate(to: start)
    for name in names { space.dictionary.intern(name.span) }
    batch.moveFeatures(from: start, to: places, bound: space.count)
  }

  private var isTimeToSearch: Bool {
    guard let last = space.searchedAt else { return true }
    return steps - last >= UInt64(space.count / 16)
  }

  private mutating func noteSeen(_ batch: borrowing SampleBatch) {
    if space.lastSeen.count < space.count {
      // As the dictionary's arrays grow: asking for no more than is needed would copy all of it for each new feature.
      if space.lastSeen.capacity < space.count { space.lastSeen.reserveCapacity(space.dictionary.layout.room) }
      space.lastSeen.append(contentsOf: repeatElement(0, count: space.count - space.lastSeen.count))
    }
    save(batch.featureList)
    let now = steps + 1
    for feature in batch.featureList { space.lastSeen[Int(feature)] = now }
  }

  /// Features that can be forgotten: of weight zero, those first that were not seen for longest; in the order of their
  /// indices.
  private func forgettable(
    _ count: Int, besides batch: borrowing SampleBatch, _ delayed: DelayedSamples, below end: Int
  ) -> [Int] {
    var isNeeded = [Bool](repeating: false, count: space.count)
    for feature in batch.featureList { isNeeded[Int(feature)] = true }
    delayed.forEachFeature { isNeeded[Int($0)] = true }
    let seen = space.lastSeen
    var found: [Int] = []
    for feature in 0..<min(end, learner.count)
    where !isNeeded[feature] && learner.weight(feature) == 0 && !space.dictionary.isVacant(feature) {
      // Where weights are averaged, what is predicted with is not zero yet.
      if learner.coefficient(feature) == 0 { found.append(feature) }
    }
    if found.count <= count { return found }
    func isEarlier(_ a: Int, _ b: Int) -> Bool {
      let (first, second) = (a < seen.count ? seen[a] : 0, b < seen.count ? seen[b] : 0)
      return (first, a) < (second, b)
    }
    found.moveSmallest(count, by: isEarlier)
    return found.prefix(count).sorted()
  }
}

extension [Int] {
  /// Moves the smallest elements to the front, in any order (Hoare's selection).
  ///
  /// - Complexity: O(elements) on average
  fileprivate mutating func moveSmallest(_ count: Int, by isSmaller: (Int, Int) -> Bool) {
    var (low, high) = (0, self.count - 1)
    while low < high {
      let pivot = self[(low + high) / 2]
      var (left, right) = (low, high)
      while left <= right {
        while isSmaller(self[left], pivot) { left += 1 }
        while isSmaller(pivot, self[right]) { right -= 1 }
        if left <= right {
          swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if count <= right {
        high = right
      } else if count >= left {
        low = left
      } else {
        return
      }
    }
  }
}
