internal import OnlineLearning

/// The text format of svmlight and LIBSVM, a sample a line:
///
///     target [qid:number] index:value … [# comment]
///
/// A feature is named by its index as it is usually written: "1", also where "01" stands. Indices may come in any order, each
/// once. Query ids are passed over, and so are blank lines and comments.
enum SVMLightText {
  /// Decodes a line into a row of the batch.
  static func decode(
    _ line: borrowing TextLine, _ purpose: SampleDecoder.Purpose, _ row: inout RowBuilder,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    let end = line.place(of: UInt8(ascii: "#"), in: 0..<line.count)
    let first = line.word(in: 0..<end)
    if first.isEmpty { return }
    guard let target = line.number(first) else {
      throw SampleError(
        .brokenText,
        "a line must begin with its target, a number, finite and decimal, as in \"1 3:0.5\", not with "
          + "\(line.quoted(first)); in Vowpal Wabbit text a | stands before the features",
        at: first.lowerBound)
    }
    row.begin(target: target, importance: 1, purpose, refusesRepetition: true)
    var place = first.upperBound
    while place < end {
      row.addFeatures(of: line, from: &place, to: end, .empty, scale: 1, isIndexed: true)
      let word = line.word(in: place..<end)
      place = word.upperBound
      if !word.isEmpty { try decodeFeature(line, word, &row) }
    }
    do throws(SampleError) {
      try row.end(&batch, &dictionary)
    } catch {
      throw error.reason == .target ? error.at(first.lowerBound) : error
    }
  }

  private static func decodeFeature(
    _ line: borrowing TextLine, _ word: Range<Int>, _ row: inout RowBuilder
  ) throws(SampleError) {
    let (name, value) = line.split(word)
    if line.withSpan(name, isQueryID) { return }
    guard let index = line.withSpan(name, indexStart), let value else {
      throw SampleError(
        .featureName,
        "\(line.quoted(word)) is no feature, which has a whole number and a value, as in \"3:0.5\"; in Vowpal "
          + "Wabbit text a | stands before the features",
        at: word.lowerBound)
    }
    guard let number = line.number(value) else {
      throw SampleError(
        .featureValue,
        "the value of feature \(line.quoted(name)) must be a number, finite and decimal, not \(line.quoted(value))",
        at: value.lowerBound)
    }
    do throws(SampleError) {
      try line.withSpan(name.lowerBound + index..<name.upperBound) { (name) throws(SampleError) in
        try row.add(name, value: number)
      }
    } catch {
      throw error.at(error.reason == .featureValue ? value.lowerBound : word.lowerBound)
    }
  }

  private static func isQueryID(_ name: Span<UInt8>) -> Bool {
    name.count == 3 && name[0] == UInt8(ascii: "q") && name[1] == UInt8(ascii: "i") && name[2] == UInt8(ascii: "d")
  }

  /// Where an index begins behind zeros that say nothing; nil where it is no whole number.
  private static func indexStart(_ name: Span<UInt8>) -> Int? {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    for position in name.indices where !digits.contains(name[position]) { return nil }
    for position in name.indices where name[position] != UInt8(ascii: "0") { return position }
    // Zeros only, or nothing.
    return name.isEmpty ? nil : name.count - 1
  }
}
