internal import CSimdJSON
internal import OnlineLearning

/// JSON records: one, an array of them, or several with line feeds between them. `JSONFields` says what their fields
/// are for.
extension SampleDecoder {
  func decodeJSON(
    _ payload: Span<UInt8>, _ purpose: Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    try payload.withUnsafeBufferPointer { (bytes) throws(SampleError) in
      if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
        throw SampleError(.brokenJSON, "the payload begins with a byte order mark, EF BB BF; leave it out", at: 0)
      }
      let form = try json.begin(bytes)
      var number = 0
      while let record = try json.next() {
        number += 1
        do throws(SampleError) {
          try decodeRecord(record, purpose, &batch, &dictionary)
        } catch {
          let start = Int(record[0].place)
          let located = error.at(start)
          throw form == .batch ? located.inSample(number) : located.inLine(of: start, bytes)
        }
      }
    }
  }

  private func decodeRecord(
    _ value: JSONReader.Value, _ purpose: Purpose, _ batch: inout SampleBatch,
    _ dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    guard value[0].kind == JSON_OBJECT else {
      throw SampleError(
        .shape, "a sample must be an object such as {\"y\": 1, \"x\": {}}, not \(value[0].kindName)")
    }
    let record =
      purpose == .predict ? try JSONRecord(value, &questionFields) : try JSONRecord(value, &messageFields)
    row.begin(
      addsNames: adds(
        target: record.target, importance: record.importance, isIdentified: record.id != 0, purpose),
      refusesRepetition: true)
    do throws(SampleError) {
      if record.hasFeatures { try features.add(value, of: record, &row, limits, &batch, &dictionary) }
    } catch {
      throw error.at(features.place)
    }
    let sample = batch.count + batch.unlearned
    let rows = batch.count
    try endRow(
      target: record.target, importance: record.importance, isIdentified: record.id != 0, purpose, &batch)
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
    guard text.count > limits.nameBytes else { return }
    throw SampleError(
      .limit, "the \(role) of the sample has \(text.count) bytes; limits.name_bytes is \(limits.nameBytes)",
      at: Int(text.place))
  }
}
