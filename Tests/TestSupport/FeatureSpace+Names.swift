public import OnlineLearning

extension FeatureSpace {
  /// The index of a name, which is added where it is not known.
  ///
  /// - Precondition: the space is a dictionary, in which every name has an index while fewer than 2³¹ do.
  @discardableResult
  public mutating func intern(_ name: String) -> UInt32 {
    let utf8 = Array(name.utf8)
    return intern(utf8.span)!
  }
}
