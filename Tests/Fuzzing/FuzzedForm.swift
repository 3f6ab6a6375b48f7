internal import OnlineLearning
internal import SampleFormats

/// What inputs are: payloads of one format, or whole messages.
enum FuzzedForm: String, CaseIterable {
  case json, vw, svmlight
  /// Frames, with three bytes between one and the next: a line feed, `~` and a line feed. So each frame can grow and
  /// shrink by itself, and none can hold those bytes. Arrays come so, and topics, envelopes and payloads.
  case arrays

  private static let separator = Array("\n~\n".utf8)

  /// A message that is right, as input.
  var valid: [UInt8] {
    switch self {
    case .json: Array(#"[{"y": 1, "x": {"a": 0.5, "color": "red"}, "weight": 2}, {"x": {"b": 1}}]"#.utf8)
    case .vw: Array("1 2 'tag|n:2 a:0.5 b\n-1 | c".utf8)
    case .svmlight: Array("1 1:0.5 7:2 # comment\n-1 3:1".utf8)
    case .arrays:
      Array(#"{"x": {"dtype": "<f4", "shape": [1, 2]}, "y": {"dtype": "<i4", "shape": [1]}, "seq": 3}"#.utf8)
        + FuzzedForm.separator + Array("abcdefgh".utf8) + FuzzedForm.separator + [1, 0, 0, 0]
    }
  }

  private var format: SampleDecoder.Format {
    switch self {
    case .json: .json
    case .vw: .vw
    case .svmlight: .svmlight
    case .arrays: .auto
    }
  }

  func decode(
    _ input: Span<UInt8>, _ decoder: SampleDecoder, into batch: inout SampleBatch, _ dictionary: inout FeatureSpace
  ) throws(SampleError) {
    guard self == .arrays else {
      try decoder.decode(input, format: format, for: .learn, into: &batch, dictionary: &dictionary)
      return
    }
    try input.withUnsafeBufferPointer { (bytes) throws(SampleError) in
      let frames = FuzzedForm.frames(UnsafeRawBufferPointer(bytes))
      try decoder.decode(frames.span, format: format, for: .learn, into: &batch, dictionary: &dictionary)
    }
  }

  private static func frames(_ input: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
    var frames: [UnsafeRawBufferPointer] = []
    var start = 0
    var end = 0
    while end + separator.count <= input.count {
      if input[end..<end + separator.count].elementsEqual(separator) {
        frames.append(UnsafeRawBufferPointer(rebasing: input[start..<end]))
        end += separator.count
        start = end
      } else {
        end += 1
      }
    }
    return frames + [UnsafeRawBufferPointer(rebasing: input[start...])]
  }
}
