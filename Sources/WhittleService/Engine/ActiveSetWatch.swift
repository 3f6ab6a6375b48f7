internal import WhittleProtocol

/// Tells which features have entered the active set and which have left it, so that a coefficient that flickers around zero
/// is one event. A pure state machine: it is given the coefficients of successive snapshots, and the time.
///
/// It takes a look at a snapshot that is of another step than the last one it looked at, half a second later or more. A
/// feature has entered when its coefficient was not zero at `enteredAfter` looks in a row, and left when it was zero at
/// `leftAfter` looks in a row. After each time that a feature is told of, it has to be steady for twice as long to be told of
/// again:
///
///     enters after enteredAfter, leaves after leftAfter, enters again after 2 leftAfter, leaves after 4 leftAfter, …
///
/// up to 32 times; and it is forgiven one of these doublings whenever it was steady for as long as twice what it would
/// have to be.
///
/// Memory is in proportion to the features whose coefficients are not zero, or were not lately; an event lists the
/// heaviest twenty.
struct ActiveSetWatch {
  typealias Change = Event.ActiveSetChange

  /// After how many looks a feature has entered or left; 0: that is not told.
  struct Rule: Equatable, Sendable {
    var enteredAfter = 3
    var leftAfter = 16
  }

  /// What a look takes in.
  struct Look {
    let step: UInt64
    /// By index.
    let coefficients: [Float]
    /// While it is the same as at the look before, every index that had a name has it still.
    let renamings: UInt64
    /// The name at an index; nil where nothing has it any more.
    let name: (Int) -> String?
  }

  /// A feature that is in the active set, or was not steadily out of it lately.
  private struct Entry {
    let index: Int
    /// Tells the feature from another one at its index.
    let tag: Int
    /// The last coefficient that was not zero.
    var weight: Float
    var isMember = false
    /// Looks in a row that were against what was last told, and that were for it.
    var against: UInt32 = 0
    var steady: UInt32 = 0
    /// How often it was told of and not forgiven.
    var told: UInt8 = 0
  }

  private var rule: Rule
  /// Ascending by index.
  private var entries: [Entry] = []
  /// The names of members that were zero at the last look, by index: they may be forgotten before they have left.
  private var leaving: [Int: String] = [:]
  private var renamings: UInt64 = 0
  private var lastStep: UInt64 = 0
  private var lastTime = -Double.infinity

  /// Names that an event lists.
  static let listed = 20
  /// Seconds between two looks, at least.
  static let spacing = 0.5
  private static let mostTold: UInt8 = 6
  private static let mostLeaving = 10_000

  init(_ rule: Rule = Rule()) {
    self.rule = rule
  }

  /// How many features are remembered.
  var count: Int { entries.count }

  /// Takes a model for one whose active features everyone knows.
  ///
  /// - Complexity: O(features)
  mutating func begin(with look: Look) {
    entries = look.coefficients.indices.filter { look.coefficients[$0] != 0 }.map {
      var entry = Entry(index: $0, tag: look.name($0).hashValue, weight: look.coefficients[$0])
      entry.isMember = true
      entry.told = 1
      return entry
    }
    leaving = [:]
    renamings = look.renamings
    lastStep = look.step
  }

  /// Goes on under another rule.
  mutating func follow(_ rule: Rule) { self.rule = rule }

  /// Another model begins, which has no features.
  mutating func reset() { self = ActiveSetWatch(rule) }

  /// Whether to look at a snapshot.
  func isDue(step: UInt64, now: Double) -> Bool {
    step != lastStep && now - lastTime >= ActiveSetWatch.spacing && (rule.enteredAfter > 0 || rule.leftAfter > 0)
  }

  /// Takes a look.
  ///
  /// - Returns: which features have entered and left; nil where none has.
  /// - Complexity: O(features)
  mutating func take(_ look: Look, now: Double) -> (entered: Change?, left: Change?) {
    let mayDiffer = look.renamings != renamings
    (renamings, lastStep, lastTime) = (look.renamings, look.step, now)
    var (entered, left) = (Heaviest(), Heaviest())
    var kept: [Entry] = []
    kept.reserveCapacity(entries.count)
    var place = 0
    for index in look.coefficients.indices {
      let value = look.coefficients[index]
      var known: Entry?
      if place < entries.count, entries[place].index == index {
        known = entries[place]
        place += 1
      }
      if known == nil && value == 0 { continue }
      if let before = known, mayDiffer, before.tag != look.name(index).hashValue {
        forget(before, &left)
        known = nil
        if value == 0 { continue }
      }
      var entry = known ?? Entry(index: index, tag: look.name(index).hashValue, weight: value)
      if value != 0 { entry.weight = value }
      if advance(&entry, isActive: value != 0) {
        if entry.isMember {
          entered.add(entry.weight) { look.name(index) }
        } else {
          let name = leaving.removeValue(forKey: index)
          left.add(entry.weight) { name ?? look.name(index) }
        }
      }
      rememberName(of: entry, look)
      if entry.isMember || entry.against > 0 || entry.told > 0 { kept.append(entry) }
    }
    // A model of fewer features than before.
    for entry in entries[place...] { forget(entry, &left) }
    entries = kept
    return (rule.enteredAfter > 0 ? entered.change : nil, rule.leftAfter > 0 ? left.change : nil)
  }

  /// Takes in whether an entry's coefficient is not zero.
  ///
  /// - Returns: whether it has entered or left by that.
  private func advance(_ entry: inout Entry, isActive: Bool) -> Bool {
    guard isActive != entry.isMember else {
      entry.against = 0
      entry.steady += 1
      // Members that are as steady as can be are one doubling away from new ones, and leave after `leftAfter`.
      if entry.told > (entry.isMember ? 1 : 0), entry.steady >= UInt32(2 * needed(entry)) {
        entry.told -= 1
        entry.steady = 0
      }
      return false
    }
    entry.steady = 0
    entry.against += 1
    guard entry.against >= needed(entry) else { return false }
    entry.isMember.toggle()
    entry.against = 0
    entry.told = min(entry.told + 1, ActiveSetWatch.mostTold)
    return true
  }

  /// How many looks have to be against what was last told of an entry.
  private func needed(_ entry: Entry) -> Int {
    entry.told == 0 ? max(1, rule.enteredAfter) : max(1, rule.leftAfter) << Int(entry.told - 1)
  }

  /// The feature is gone, and so out of the active set for certain.
  private mutating func forget(_ entry: Entry, _ left: inout Heaviest) {
    let name = leaving.removeValue(forKey: entry.index)
    if entry.isMember { left.add(entry.weight) { name } }
  }

  private mutating func rememberName(of entry: Entry, _ look: Look) {
    if entry.isMember && entry.against == 1 {
      if leaving.count < ActiveSetWatch.mostLeaving { leaving[entry.index] = look.name(entry.index) }
    } else if entry.against == 0 && !leaving.isEmpty {
      leaving[entry.index] = nil
    }
  }
}

/// The heaviest of features that come one by one, and how many they are.
private struct Heaviest {
  private var count = 0
  /// The heaviest first.
  private var kept: [(name: String, value: Float)] = []

  /// - Parameter name: nil where there is none any more; asked for where the feature is among the heaviest.
  mutating func add(_ value: Float, name: () -> String?) {
    count += 1
    let place = kept.firstIndex { abs($0.value) < abs(value) } ?? kept.count
    guard place < ActiveSetWatch.listed, let name = name() else { return }
    kept.insert((name, value), at: place)
    if kept.count > ActiveSetWatch.listed { kept.removeLast() }
  }

  var change: Event.ActiveSetChange? {
    count == 0 ? nil : Event.ActiveSetChange(count: count, names: kept.map(\.name), values: kept.map(\.value))
  }
}
