public import OnlineLearning

/// Messages as sockets deliver them: in frames.
///
/// A message is a payload; or a topic and a payload; or arrays: a topic if its sender likes, a header in JSON, and the
/// buffers that the header describes. Which of them it is follows from the number of its frames and from their first
/// bytes: one of more than two frames is arrays, and so is one of two whose first begins with `{`, as no topic does.
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
    into batch: inout SampleBatch, dictionary: inout FeatureDictionary
  ) throws(SampleError) {
    let known = dictionary.count
    batch.removeAll()
    do throws(SampleError) {
      guard let header = try headerFrame(frames, format) else {
        let payload = Span<UInt8>(_unsafeBytes: frames[frames.count - 1])
        return try decode(payload, format: format, for: purpose, into: &batch, dictionary: &dictionary)
      }
      var bytes = 0
      for frame in header..<frames.count { bytes += frames[frame].count }
      guard bytes <= limits.messageBytes else {
        throw SampleError(
          .limit, "the message has \(bytes) bytes; limits.message_bytes is \(limits.messageBytes)")
      }
      try arrays.decode(
        frames, header: header, isCertain: format == .arrays, json, purpose, &batch, &dictionary)
      guard batch.count + batch.unlearned > 0 else {
        throw SampleError(.empty, "the message holds no sample; it should hold at least one")
      }
    } catch {
      batch.removeAll()
      dictionary.truncate(to: known)
      throw error
    }
  }

  /// The frame that holds the header of arrays; nil where the message is a payload, or a topic and a payload.
  private func headerFrame(
    _ frames: Span<UnsafeRawBufferPointer>, _ format: Format
  ) throws(SampleError) -> Int? {
    let count = frames.count
    switch format {
    case .json, .vw: if count == 1 || count == 2 { return nil }
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
    firstVisibleByte(of: Span<UInt8>(_unsafeBytes: frame)) == UInt8(ascii: "{")
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
