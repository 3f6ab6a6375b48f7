public import OnlineLearning

/// Messages as sockets deliver them: in frames.
///
/// A message is a payload, after a topic and an envelope (see `MessageEnvelope`) if its sender likes; or arrays: a topic if
/// its sender likes, a header in JSON, and the buffers that the header describes. Which of them it is follows from the
/// number of its frames and from their first bytes: a frame that begins with `{`, as no topic does, is an envelope where it
/// is the last but one and holds nothing else, and a header otherwise.
extension SampleDecoder {
  /// Replaces what `batch` holds with the samples of a message, in their order.
  ///
  /// - Parameters:
  ///   - frames: all frames of the message, their bytes lent for the length of this call.
  ///   - format: `auto` tells arrays from the others as described above.
  /// - Throws: on the first thing that is wrong; then the batch is empty and the dictionary as it was before.
  /// - Complexity: O(bytes)
  public func decode(
    _ frames: Span<UnsafeRawBufferPointer>, format: Format = .auto, for purpose: Purpose,
    into batch: inout SampleBatch, dictionary: inout FeatureSpace
  ) throws(SampleError) {
    let known = dictionary.count
    var source: String?
    var number: SampleLabels.MessageLabel?
    do throws(SampleError) {
      let label = try envelope(frames, format, &source)
      number = label?.number
      guard label == nil, let header = try headerFrame(frames, format) else {
        let payload = Span<UInt8>(_unsafeBytes: frames[frames.count - 1])
        try decode(payload, format: format, for: purpose, into: &batch, dictionary: &dictionary)
        batch.labels.message = number
        return
      }
      batch.removeAll()
      var bytes = 0
      for frame in header..<frames.count { bytes += frames[frame].count }
      guard bytes <= limits.messageBytes else {
        throw SampleError(
          .limit, "the message has \(bytes) bytes; limits.message_bytes is \(limits.messageBytes)")
      }
      do throws(SampleError) {
        try arrays.decode(
          frames, header: header, isCertain: format == .arrays, &json, purpose, &batch, &dictionary)
      } catch {
        number = arrays.label.flatMap { $0.source.count <= limits.nameBytes ? $0 : nil }
        throw error
      }
      try checkLength(arrays.label)
      number = arrays.label
      batch.labels.message = number
      guard batch.count + batch.unlearned > 0 else {
        throw SampleError(.empty, "the message holds no sample; it should hold at least one")
      }
    } catch {
      batch.removeAll()
      dictionary.truncate(to: known)
      throw (source.map { error.from($0.utf8, upTo: limits.nameBytes) } ?? error).about(number)
    }
  }

  /// What the frame before the payload says of the message.
  private struct Envelope {
    let number: SampleLabels.MessageLabel?
  }

  /// What the frame before the payload says; nil where that is no envelope.
  ///
  /// - Parameter source: becomes that of an envelope, even one that something is wrong with.
  private func envelope(
    _ frames: Span<UnsafeRawBufferPointer>, _ format: Format, _ source: inout String?
  ) throws(SampleError) -> Envelope? {
    guard format != .arrays, frames.count == 2 || frames.count == 3, beginsObject(frames[frames.count - 2]),
      frames[frames.count - 2].count <= limits.nameBytes + 256, !arrays.isKnownHeader(frames[frames.count - 2])
    else { return nil }
    let tree: JSONTree
    do throws(SampleError) {
      tree = try json.tree(frames[frames.count - 2].assumingMemoryBound(to: UInt8.self))
    } catch {
      // A topic that only begins like one, or a header whose own error tells more.
      return nil
    }
    source = MessageEnvelope.source(tree)
    guard try MessageEnvelope.isOne(tree) else {
      source = nil
      return nil
    }
    let label = try MessageEnvelope.label(tree)
    try checkLength(label)
    return Envelope(number: label)
  }

  private func checkLength(_ label: SampleLabels.MessageLabel?) throws(SampleError) {
    guard let label, label.source.count > limits.nameBytes else { return }
    throw SampleError(
      .limit, "the source of the message has \(label.source.count) bytes; limits.name_bytes is \(limits.nameBytes)"
    ).from(label.source, upTo: limits.nameBytes)
  }

  /// The frame that holds the header of arrays; nil where the message is a payload, or a topic and a payload.
  private func headerFrame(
    _ frames: Span<UnsafeRawBufferPointer>, _ format: Format
  ) throws(SampleError) -> Int? {
    let count = frames.count
    switch format {
    case .json, .vw, .svmlight: if count == 1 || count == 2 { return nil }
    case .auto:
      if count == 1 || count == 2 && !beginsObject(frames[0]) { return nil }
      for frame in 0..<min(count, 2) where beginsObject(frames[frame]) { return frame }
    case .arrays:
      if count == 1 { throw SampleDecoder.noBuffers }
      for frame in 0..<min(count, 2) where beginsObject(frames[frame]) { return frame }
      throw SampleError(
        .brokenArrays,
        "neither of the first two frames is a header; it is a JSON object, first or after a topic, and buffers follow")
    }
    throw SampleDecoder.wrongFrames(count)
  }

  private func beginsObject(_ frame: UnsafeRawBufferPointer) -> Bool {
    SampleDecoder.beginsObject(Span<UInt8>(_unsafeBytes: frame))
  }

  /// Whether a frame can be an envelope, or the header of arrays.
  public static func beginsObject(_ frame: Span<UInt8>) -> Bool {
    for position in frame.indices where !isBlank(frame[position]) { return frame[position] == UInt8(ascii: "{") }
    return false
  }

  /// The error about a message with so many frames that is none of arrays.
  public static func wrongFrames(_ count: Int) -> SampleError {
    SampleError(
      .frames,
      "the message has \(count) frames; it should have a payload, or a topic and a payload, or arrays: a topic if you "
        + "like, a header in JSON with dtype and shape, and its buffers")
  }

  /// The error about a message that has one frame where it should have arrays.
  static var noBuffers: SampleError {
    SampleError(.frames, "the message has 1 frame; arrays need a header in JSON and a frame for each buffer")
  }
}
