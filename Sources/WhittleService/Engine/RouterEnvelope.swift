internal import ZeroMQ

/// How a message at a ROUTER socket is divided, one of samples or a question: into what its answer is sent back with, and the
/// payload.
///
///     identity | correlation … | (empty) | payload …
///     identity | payload …
///
/// The first empty frame is the delimiter, unless it is the last frame. A REQ socket sends it by itself; a DEALER may,
/// and may put frames before it by which it tells answers apart.
struct RouterEnvelope {
  /// The first empty frame; nil where there is none.
  private let delimiter: Int?
  /// The frames of the payload, also those that the message did not keep.
  let payload: Range<Int>
  /// How many bytes the correlation has too many to be sent back; the answer then goes without it.
  let excess: Int

  /// What is wrong with the envelope, in words; nil where nothing is.
  var mistake: String? {
    excess == 0
      ? nil
      : "the frames before the empty one have \(excess) bytes more than the \(RouterEnvelope.largestCorrelation) that are "
        + "sent back"
  }

  /// Bytes of correlation frames. Answers wait in the daemon's memory for clients that read slowly.
  static let largestCorrelation = 1024

  /// - Parameter message: as a ROUTER socket receives it: at least an identity and a frame.
  init(of message: Message) {
    // The last frame is payload, whatever it holds; and behind the delimiter there is a frame that the message kept.
    let candidates = 1..<max(1, min(message.count, message.capacity) - 1)
    guard let delimiter = candidates.first(where: { message.withFrame($0) { $0.isEmpty } }) else {
      delimiter = nil
      payload = 1..<max(1, message.count)
      excess = 0
      return
    }
    let size = (1..<delimiter).reduce(0) { bytes, frame in bytes + message.withFrame(frame) { $0.count } }
    excess = max(0, size - RouterEnvelope.largestCorrelation)
    self.delimiter = delimiter
    payload = delimiter + 1..<message.count
  }

  /// What goes before the answer: where nothing is wrong, all frames before the payload.
  ///
  /// - Parameter message: the one whose envelope this is.
  func answer(to message: Message) -> Envelope {
    let kept = excess == 0 ? Array(0..<payload.lowerBound) : [0] + (delimiter.map { [$0] } ?? [])
    return Envelope(frames: kept.map { message.copy($0) })
  }
}
