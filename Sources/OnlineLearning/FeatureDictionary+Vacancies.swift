/// Names are forgotten in bulk, and their indices given to the newest names one by one: so nothing that keeps the indices of
/// other names has to change.
extension FeatureDictionary {
  /// The indices that `fillVacancies(from: start)` is going to fill.
  func vacanciesToFill(from start: Int) -> some Sequence<UInt32> {
    vacancies.suffix(Swift.min(count - start, vacancies.count)).lazy.map { UInt32($0) }
  }

  /// The number of names.
  public var namedCount: Int { names.count - vacancies.count }
  /// How many indices have no name.
  public var vacancyCount: Int { vacancies.count }

  /// Whether an index has no name.
  ///
  /// - Precondition: `index` is below `count`.
  public func isVacant(_ index: Int) -> Bool { names[index] == .vacant }

  /// Forgets names; their indices are vacant from now on.
  ///
  /// - Parameter indices: below `count`, of names.
  /// - Complexity: O(names + bytes of the long ones)
  mutating func vacate(_ indices: [Int]) {
    if indices.isEmpty { return }
    renamings &+= UInt64(indices.count)
    for index in indices { names[index] = .vacant }
    vacancies = vacantIndices
    var kept: [UInt8] = []
    for index in names.indices where !names[index].isWhole {
      let start = kept.count
      names[index].withBytes(among: longNames.span) { $0.withUnsafeBufferPointer { kept += $0 } }
      names[index] = FeatureName(keptAt: start, count: kept.count - start)
    }
    longNames = kept
    makeSlots(layout)
    numberNames()
    changeStamp(by: UInt64(indices.count))
  }

  /// Moves the names from `start` on to vacant indices, lowest first, until either are used up; names that find none are
  /// forgotten.
  ///
  /// - Returns: where the first ones went, in their order.
  /// - Precondition: the names from `start` on were added one after the other, and are the newest.
  /// - Complexity: O(moved names)
  mutating func fillVacancies(from start: Int) -> [Int] {
    let moved = min(count - start, vacancies.count)
    truncate(to: start + moved)
    var places: [Int] = []
    for index in start..<start + moved {
      let vacancy = vacancies.removeLast()
      slots[slot(of: index)] = layout.slot(hash(at: index), vacancy)
      names[vacancy] = names[index]
      renumber(vacancy)
      places.append(vacancy)
    }
    names.removeLast(moved)
    renamings &+= UInt64(moved)
    changeStamp(by: UInt64(start))
    return places
  }
}
