import Testing
import WhittleProtocol

/// Numbers and names as buffers.
@Suite struct BinaryAnswerTests {
  @Test func layout() throws {
    var arrays = BinaryArrays()
    arrays.append("values", [Float(1), -2])
    arrays.append("margins", [0.5])
    arrays.append("name_ends", [3, 3, 5])
    arrays.append("names", bytes: Array("é1ab".utf8))
    #expect(
      arrays.buffers == [
        [0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0], [0, 0, 0, 0, 0, 0, 0xE0, 0x3F],
        [3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0], Array("é1ab".utf8),
      ])
    #expect(
      try json(arrays.descriptions[0]) == #"{"dtype":"<f4","name":"values","shape":[2]}"#)
    #expect(try arrays.floats("values") == [1, -2] && arrays.doubles("margins") == [0.5])
    #expect(
      try arrays.integers("name_ends") == [3, 3, 5] && arrays.texts("names", ends: "name_ends") == ["é1", "", "ab"])
  }

  @Test func predictions() throws {
    let told = Predictions(step: 3, predictions: [0.25, 1], margins: [-1, 9], unknownFeatures: [0, 1 << 40])
    let (answer, buffers) = told.binary
    #expect(try Predictions(answer, buffers) == told)
    #expect(try json(QueryReply.success(answer)).contains(#""name":"unknown_features","shape":[2]"#))
  }

  @Test(arguments: [
    (ArrayDescription(name: "values", dtype: "<f4", shape: [2]), 7),
    (ArrayDescription(name: "values", dtype: "<f2", shape: [2]), 4),
    (ArrayDescription(name: "values", dtype: "<f4", shape: [1, 2]), 8),
    (ArrayDescription(name: "values", dtype: "<f4", shape: []), 4),
    (ArrayDescription(name: "values", dtype: "<f4", shape: [-1]), 0),
    (ArrayDescription(name: "values", dtype: "<f8", shape: [Int.max]), 8),
  ])
  func buffersThatAreNotAsDescribed(_ array: ArrayDescription, bytes: Int) {
    #expect(throws: BinaryArrays.Mistake.self) { try BinaryArrays([array], [[UInt8](repeating: 0, count: bytes)]) }
    #expect(throws: BinaryArrays.Mistake.self) { try BinaryArrays([array], []) }
  }

  @Test(arguments: [[5, 3], [-1], [6], [Int.max]])
  func endsThatDoNotAscend(_ ends: [Int]) throws {
    var arrays = BinaryArrays()
    arrays.append("names", bytes: Array("abcde".utf8))
    arrays.append("name_ends", ends)
    #expect(throws: BinaryArrays.Mistake.self) { try arrays.texts("names", ends: "name_ends") }
    #expect(throws: BinaryArrays.Mistake.self) { try arrays.floats("names") }
  }
}
