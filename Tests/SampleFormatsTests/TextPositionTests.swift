import OnlineLearning
import SampleFormats
import Testing

/// Errors about lines of text say at which byte of the message the word stands that is wrong.
struct TextPositionTests {
  /// Decodes a text without its mark, a ^, which stands where the error is to be found.
  private func check(
    _ marked: String, _ reason: SampleError.Reason, _ format: SampleDecoder.Format, loss: Loss = .squared,
    limits: SampleLimits = SampleLimits(), at location: SourceLocation = #_sourceLocation
  ) throws {
    let mark = try #require(Array(marked.utf8).firstIndex(of: UInt8(ascii: "^")), sourceLocation: location)
    let bench = Workbench(loss: loss, limits: limits)
    bench.decoder.keepsIdentified = true
    let error = bench.error(marked.replacing("^", with: ""), format: format)
    #expect(error?.reason == reason, "\(marked)", sourceLocation: location)
    #expect(error?.position == mark, "\(marked): \(error?.message ?? "no error")", sourceLocation: location)
  }

  @Test(
    arguments: [
      ("^good | a:1", .brokenText), ("1 ^heavy | a", .brokenText), ("1 2 ^0.5 | a:1", .brokenText),
      ("1 'tag ^2 | a:1", .brokenText), ("1 |^:2 a", .featureName), ("1 | a |ns:^big a", .featureValue),
      ("1 |ns:^ a", .featureValue), ("1 | a:1 b:^x c:1", .featureValue), ("1 | a:1 :^x", .featureValue),
      ("1 | a:^", .featureValue), ("1 | a:1 b:^2e39", .featureValue), ("1 |ns:1e30 b:1 a:^1e30", .featureValue),
      ("1 |ns:1e39 ^a", .featureValue), ("1 |ns:1e39 :^1", .featureValue), ("\t ^good | a", .brokenText),
      ("1 | größe:1 b:^x", .featureValue), ("1 | a:1 b:^1:2", .featureValue), ("1 ^-2 | a:1", .importance),
      ("^-1e39 | a:1", .target), ("1 | a:1\n^1 b:2\n", .brokenText), ("^1 b:2\n1 | a:1", .brokenText),
    ] as [(String, SampleError.Reason)])
  func wordOfVowpalWabbitText(_ marked: String, _ reason: SampleError.Reason) throws {
    try check(marked, reason, .vw)
    // In other lines, and behind as much as is read at once.
    let features = (0..<20).map { " f\($0):0.25" }.joined()
    for before in ["1 | new:1\n", "1 | new:1\r\n\r\n\n", "1 2 'id |ns\(features)\n"] {
      try check("\(before)\(marked)", reason, .vw)
      try check("\(before)\(marked)\r\n1 | next:1\n", reason, .vw)
    }
  }

  @Test(
    arguments: [
      ("^nan 1:0.5", .brokenText), (" ^1:0.5 2:1", .brokenText), ("1 ^-1:0.5", .featureName),
      ("1 1:1 ^7", .featureName), ("1 1:1 ^:7", .featureName), ("1 1:1 7:^nan", .featureValue),
      ("1 1:1 7:^", .featureValue), ("1 7:^1e39 8:1", .featureValue), ("1 qid:3 007:^1e39", .featureValue),
      ("\t^1e39 1:1", .target), ("^1 7:1 8:2 7:3", .duplicateField),
    ] as [(String, SampleError.Reason)])
  func wordOfSVMLightText(_ marked: String, _ reason: SampleError.Reason) throws {
    try check(marked, reason, .svmlight)
    let features = (1...20).map { " \($0):0.25" }.joined()
    for before in ["# comment\n1 1:1\n", "1\(features) # 1\r\n"] {
      try check("\(before)\(marked)", reason, .svmlight)
      try check("\(before)\(marked) # comment\n", reason, .svmlight)
    }
  }

  @Test
  func targetThatTheLossHasNoMeaningFor() throws {
    try check("1 | a\n  ^2 | b", .target, .vw, loss: .logistic)
    try check("1 1:1\n  ^2 1:1", .target, .svmlight, loss: .logistic)
  }

  @Test
  func wordThatPassesALimit() throws {
    let names = SampleLimits(nameBytes: 8)
    try check("1 | a ^tooolonng:1", .limit, .vw, limits: names)
    try check("1 | a |space b ^toolong", .limit, .vw, limits: names)
    try check("1 'short | a\n1 2 '^tooolonng| b", .limit, .vw, limits: names)
    try check("1 1:1 ^123456789:1", .limit, .svmlight, limits: names)
    let features = SampleLimits(featuresPerSample: 2)
    try check("1 | a\n1 | a b:1 ^c:1", .limit, .vw, limits: features)
    try check("1 | a\n1 | a b ^:1", .limit, .vw, limits: features)
    try check("1 1:1\n1 1:1 2:1 ^3:1", .limit, .svmlight, limits: features)
  }

  @Test
  func lineWhereTheErrorIsAboutAllOfIt() throws {
    try check("1 | a\n\n^1 | b", .limit, .vw, limits: SampleLimits(samplesPerMessage: 1))
    try check("1 | a\n^1 | b:3e38 c b:3e38", .featureValue, .vw)
    try check("1 1:1\n^1 2:3e38 2:1", .duplicateField, .svmlight)
  }
}
