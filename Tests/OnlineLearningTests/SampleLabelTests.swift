import OnlineLearning
import Testing

/// Labels that go with their rows.
struct SampleLabelTests {
  /// Messages of nothing but duplicates leave nothing behind.
  @Test func labelsOfRemovedRowsAreGone() throws {
    var batch = SampleBatch()
    let (id, source) = (Array("id".utf8), Array("pump".utf8))
    for message in 0..<3 {
      batch.removeAll()
      #expect(!batch.labels.hasIDs)
      batch.append(feature: 0, value: 1)
      batch.endRow(target: 1, importance: 1)
      batch.labels.append(sample: 0, row: 0, seq: UInt64(message))
      batch.labels.setID(id.span)
      batch.labels.setSource(source.span)
      let label = batch.labels[0]
      // Where it stands among all bytes: from the beginning on, each time.
      #expect(batch.labels.id(of: label)?.startIndex == 0)
      #expect(batch.labels.source(of: label).map { Array($0) } == source)
      batch.removeRows([0])
      #expect(batch.labels.count == 0 && !batch.labels.hasIDs)
    }
  }
}
