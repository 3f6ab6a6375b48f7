internal import OnlineLearning

/// The names of a row's features, until they are looked up: as numbers, as long as all of them are, since those are found
/// sooner.
struct RowNames: ~Copyable {
  /// Empty as long as all names are numbers.
  private var spelled = Scratch<FeatureName>()
  /// Empty where they are not.
  private(set) var decimals = Scratch<DecimalName>()

  var count: Int { spelled.count + decimals.count }
  /// Whether all names that there are are numbers.
  var areDecimal: Bool { spelled.count == 0 }

  mutating func removeAll() {
    spelled.removeAll()
    decimals.removeAll()
  }

  @inline(__always)
  mutating func append(_ name: FeatureName) {
    spell()
    spelled.append(name)
  }

  /// Adds names that `body` writes.
  ///
  /// - Parameters: as for `Scratch.append`.
  mutating func append(upTo limit: Int, _ body: (UnsafeMutablePointer<FeatureName>) -> Int) {
    spell()
    spelled.append(upTo: limit, body)
  }

  /// Adds names that are numbers.
  ///
  /// - Parameters: as for `Scratch.append`.
  /// - Precondition: all names are.
  mutating func appendDecimals(upTo limit: Int, _ body: (UnsafeMutablePointer<DecimalName>) -> Int) {
    precondition(areDecimal)
    decimals.append(upTo: limit, body)
  }

  /// Adds names that are numbers, from one on.
  ///
  /// - Parameters:
  ///   - limit: how many there may be.
  ///   - isNext: whether there is one more, asked for the first and after each that was added.
  /// - Precondition: all names are numbers.
  @inline(__always)
  mutating func appendDecimals(from first: Int, upTo limit: Int, while isNext: (_ added: Int) -> Bool) {
    appendDecimals(upTo: limit) { names in
      var (added, name) = (0, DecimalName(first))
      while added < limit, let number = name, isNext(added) {
        names[added] = number
        name = number.next
        added &+= 1
      }
      return added
    }
  }

  /// Makes names of numbers, as all that follows needs them.
  @inline(__always)
  mutating func spell() {
    if decimals.count > 0 { spellDecimals() }
  }

  private mutating func spellDecimals() {
    for position in 0..<decimals.count { spelled.append(decimals[position].name) }
    decimals.removeAll()
  }

  /// - Precondition: the names are spelled.
  subscript(position: Int) -> FeatureName { spelled[position] }

  /// - Precondition: the names are spelled.
  func withSpan<Result>(_ body: (Span<FeatureName>) -> Result) -> Result { spelled.withSpan(body) }
}
