internal import CSimdJSON
internal import OnlineLearning

/// Reads JSON records: one, an array of them, or several with line feeds between them. `JSONFields` says what their
/// fields are for.
struct JSONSamples: ~Copyable {
  /// The fields of records in messages, and in questions to the daemon.
  private var messageFields: FieldTable
  private var questionFields = FieldTable.question
  var features = JSONFeatures()
  private let nameBytes: Int

  init(limits: SampleLimits, fields: JSONFields) {
    messageFields = FieldTable(fields)
    nameBytes = limits.nameBytes
  }

  /// Adds the samples of a message to a batch.
  ///
  /// - Throws: on the first thing that is wrong.
  /// - Complexity: O(bytes)
  mutating func decode(
    _ payload: Span<UInt8>, _ reader: inout JSONReader, _ purpose: SampleDecoder.Purpose, _ row: inout RowBuilder,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    try payload.withUnsafeBufferPointer { (bytes) throws(SampleError) in
      if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
        throw SampleError(.brokenJSON, "the payload begins with a byte order mark, EF BB BF; leave it out", at: 0)
      }
      let form = try reader.begin(bytes)
      var number = 0
      while let value = try reader.next() {
        number += 1
        do throws(SampleError) {
          try decode(value, purpose, &row, &batch, &dictionary)
        } catch {
          let start = Int(value[0].place)
          let located = error.at(start)
          throw form == .batch ? located.inSample(number) : located.inLine(of: start, bytes)
        }
      }
    }
  }

  private mutating func decode(
    _ value: JSONReader.Value, _ purpose: SampleDecoder.Purpose, _ row: inout RowBuilder,
    _ batch: inout SampleBatch, _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    guard value[0].kind == JSON_OBJECT else {
      throw SampleError(
        .shape, "a sample must be an object such as {\"y\": 1, \"x\": {}}, not \(value[0].kindName)")
    }
    var record = JSONRecord()
    do throws(SampleError) {
      try decode(value, into: &record, purpose, &row, &batch, &dictionary)
    } catch {
      throw record.source == 0 ? error : error.from(value[record.source].string, upTo: nameBytes)
    }
  }

  private mutating func decode(
    _ value: JSONReader.Value, into record: inout JSONRecord, _ purpose: SampleDecoder.Purpose,
    _ row: inout RowBuilder, _ batch: inout SampleBatch, _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    if purpose == .predict {
      try record.read(value, &questionFields)
    } else {
      try record.read(value, &messageFields)
    }
    row.begin(
      target: record.target, importance: record.importance, isIdentified: record.id != 0, purpose,
      refusesRepetition: true)
    do throws(SampleError) {
      // The row itself finds repeated features that the model knows. What has no feature of its name, or an unknown
      // one, is found by its path. Numbers in an array are each at another position.
      if record.hasFeatures {
        let areDistinct = row.addsNames || value[record.features].kind == JSON_ARRAY
        try features.add(value, at: record.features, checkingPaths: !(record.isPlain && areDistinct), &row)
      }
    } catch {
      throw error.at(features.place)
    }
    let sample = batch.count + batch.unlearned
    let rows = batch.count
    try row.end(&batch, &dictionary)
    if record.isLabeled {
      try addLabel(of: record, value, sample: sample, row: batch.count > rows ? rows : nil, &batch.labels)
    }
  }

  private func addLabel(
    of record: JSONRecord, _ value: JSONReader.Value, sample: Int, row: Int?, _ labels: inout SampleLabels
  ) throws(SampleError) {
    labels.append(sample: sample, row: row, seq: record.seq, isTargetOnly: !record.hasFeatures)
    if record.id != 0 {
      if let number = value.integer(at: record.id) {
        labels.setID(number)
      } else {
        try checkLength(of: value[record.id], "id")
        labels.setID(value[record.id].string.span)
      }
    }
    if record.source != 0 {
      try checkLength(of: value[record.source], "source")
      labels.setSource(value[record.source].string.span)
    }
  }

  private func checkLength(of text: json_item, _ role: StaticString) throws(SampleError) {
    guard text.count > nameBytes else { return }
    throw SampleError(
      .limit, "the \(role) of the sample has \(text.count) bytes; limits.name_bytes is \(nameBytes)",
      at: Int(text.place))
  }
}
