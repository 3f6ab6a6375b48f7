internal import WhittleProtocol

/// Makes publications of messages, whatever form the daemon gives them: it knows repetitions, counts what was missed, and
/// puts coefficients together of what changed.
struct PublicationReader {
  /// What a message comes to.
  enum Outcome: Equatable {
    case publication(Publication)
    /// Nothing that is new.
    case nothing
    /// Coefficients that cannot be put together with what is known: all of them are needed. They come again to whoever
    /// subscribes anew.
    case needsAll
  }

  private var marks: [Topic: PublicationMark] = [:]
  private var coefficients = CoefficientsInParts()

  /// - Parameters:
  ///   - frames: the message, topic first.
  ///   - endpoint: what it came from.
  /// - Throws: `malformed`, after which the next message can be read.
  /// - Complexity: O(bytes of the message), and O(coefficients) where it tells what changed
  mutating func read(
    _ topic: Topic, _ frames: [[UInt8]], of endpoint: String
  ) throws(ClientError) -> Outcome {
    guard frames.count > 1 else {
      throw .malformed(endpoint: endpoint, reason: "a publication of one frame, where topic and JSON belong")
    }
    let buffers = Array(frames.dropFirst(2))
    switch topic {
    case .stats:
      let message = try WireJSON.decode(Received<Stats>.self, from: frames[1], of: endpoint)
      return new(.stats(message.body), topic, message.mark)
    case .event:
      let message = try WireJSON.decode(Received<Event>.self, from: frames[1], of: endpoint)
      return new(.event(message.body), topic, message.mark)
    case .coefficients:
      let message = try WireJSON.decode(Received<PublishedCoefficients>.self, from: frames[1], of: endpoint)
      let (names, values) = try whole(endpoint) { () throws(BinaryArrays.Mistake) in try message.body.pairs(buffers) }
      let whole = Coefficients(message.body, names: names, values: values)
      if let delta = message.body.deltaSequence, let epoch = message.mark?.epoch {
        let isKnown = coefficients.place == CoefficientsInParts.Place(epoch: epoch, sequence: delta)
        if isKnown {
          _ = missed(topic, message.mark)
          return .nothing
        }
        coefficients.begin(whole, at: CoefficientsInParts.Place(epoch: epoch, sequence: delta))
      }
      return new(.coefficients(whole), topic, message.mark)
    case .coefficientsDelta:
      let message = try WireJSON.decode(Received<CoefficientsDelta>.self, from: frames[1], of: endpoint)
      let (names, values) = try whole(endpoint) { () throws(BinaryArrays.Mistake) in try message.body.pairs(buffers) }
      guard let mark = message.mark else {
        throw .malformed(endpoint: endpoint, reason: "changes of coefficients without a sequence number")
      }
      switch coefficients.apply(message.body, mark, names, values) {
      case .whole(let whole): return new(.coefficients(whole), topic, mark)
      case .known: return .nothing
      case .gap(let isTold): return isTold ? .nothing : .needsAll
      }
    }
  }

  private mutating func new(_ content: Publication.Content, _ topic: Topic, _ mark: PublicationMark?) -> Outcome {
    guard let missed = missed(topic, mark) else { return .nothing }
    return .publication(Publication(content, topic: topic, mark: mark, missedBefore: missed))
  }

  /// How many publications are missing before this one; nil where it came before.
  private mutating func missed(_ topic: Topic, _ mark: PublicationMark?) -> UInt64? {
    guard let mark else { return 0 }
    defer { marks[topic] = mark }
    guard let last = marks[topic], last.epoch == mark.epoch else { return 0 }
    return mark.sequence > last.sequence ? mark.sequence - last.sequence - 1 : nil
  }

  private func whole<Pairs>(
    _ endpoint: String, _ body: () throws(BinaryArrays.Mistake) -> Pairs
  ) throws(ClientError) -> Pairs {
    do throws(BinaryArrays.Mistake) {
      return try body()
    } catch {
      throw .malformed(endpoint: endpoint, reason: error.description)
    }
  }
}

/// A message as it comes: daemons of older versions gave it no mark.
private struct Received<Body: Decodable>: Decodable {
  let mark: PublicationMark?
  let body: Body

  init(from decoder: any Decoder) throws {
    mark = try? PublicationMark(from: decoder)
    body = try Body(from: decoder)
  }
}

extension Coefficients {
  init(_ publication: PublishedCoefficients, names: [String], values: [Float]) {
    self.init(
      step: publication.step, intercept: publication.intercept, names: names, values: values,
      features: publication.features, activeSet: publication.activeSet)
  }
}
