internal import CAllocationCounter
internal import OnlineLearning
internal import SampleFormats

/// Counts how often memory is allocated while messages are decoded that have been decoded before, and prints those for
/// which it is at all.
///
/// A program, and no test of the package, since code that is not optimized allocates for what is no allocation.
@main
struct AllocationCount {
  static func main() throws {
    let start = allocations_of_this_thread()
    var counted = 0
    for message in CountedMessage.all {
      for purpose in [SampleDecoder.Purpose.learn, .answer, .predict] {
        for keepsIdentified in [false, true] {
          let allocations = try message.allocations(purpose, keepsIdentified: keepsIdentified)
          if allocations > 0 { print("\(message.name), \(purpose): \(allocations) allocations in 100 messages") }
          counted += 1
        }
      }
    }
    // What is counted at all: decoders and messages have been made.
    print("\(counted) times 100 messages; \(allocations_of_this_thread() - start) allocations besides")
  }
}

extension CountedMessage {
  /// How often memory is allocated while the message is decoded a hundred times.
  fileprivate func allocations(_ purpose: SampleDecoder.Purpose, keepsIdentified: Bool) throws -> UInt64 {
    // Questions have the usual fields.
    let fields = purpose == .predict ? JSONFields() : fields
    guard let decoder = SampleDecoder(loss: .squared, fields: fields, interactions: interactions) else { return 0 }
    decoder.keepsIdentified = keepsIdentified
    let bytes = Array((purpose == .predict ? question : text).utf8)
    var batch = SampleBatch()
    var space = FeatureSpace(space)
    func decode(_ purpose: SampleDecoder.Purpose) throws {
      try decoder.decode(bytes.span, format: format, for: purpose, into: &batch, dictionary: &space)
    }
    try decode(.learn)
    for _ in 0..<2 { try decode(purpose) }
    let before = allocations_of_this_thread()
    for _ in 0..<100 { try decode(purpose) }
    return allocations_of_this_thread() - before
  }
}
