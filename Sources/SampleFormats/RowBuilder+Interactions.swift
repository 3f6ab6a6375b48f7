internal import OnlineLearning

/// Products of features, which a row gets before its names are looked up.
extension RowBuilder {
  /// Adds the products of features.
  mutating func interact() throws(SampleError) {
    names.spell()
    interactions.begin()
    for position in 0..<names.count {
      bytes.withSpan { bytes in
        names[position].withBytes(among: bytes) { interactions.add($0, at: position) }
      }
    }
    let (known, limit) = (values.count, limits.featuresPerSample)
    products.removeAll()
    let values = values.start
    let fit = interactions.forEachPair { first, second in
      // What is 1 says nothing new when it is squared.
      if first == second, values[first] == 1 { return true }
      products.append(Product(first: Int32(first), second: Int32(second)))
      return known + products.count <= limit
    }
    guard fit else { throw tooMany() }
    for position in 0..<products.count {
      let product = products[position]
      try add(product)
    }
  }

  /// Adds a feature that is the product of two.
  private mutating func add(_ product: Product) throws(SampleError) {
    let place = bytes.count
    appendBytes(of: names[Int(product.first)])
    bytes.append(UInt8(ascii: "*"))
    appendBytes(of: names[Int(product.second)])
    try addName(from: place, value: Double(values[Int(product.first)]) * Double(values[Int(product.second)]))
  }

  private mutating func appendBytes(of name: FeatureName) {
    if name.isWhole {
      name.withBytes(among: Span()) { bytes.append(contentsOf: $0) }
    } else {
      bytes.append(from: Int(name.low), count: name.count)
    }
  }
}
