/// Room for what the passes over a row keep for each other.
struct PassRoom: Sendable {
  private var numbers: [Double] = []

  private static let numbersPerLine = 8

  /// Lends room for so many numbers, whatever they are, from the beginning of a line of the processor's caches: what is
  /// written at once lies in one line.
  @inline(__always)
  mutating func lend<Outcome>(_ count: Int, _ body: (UnsafeMutableBufferPointer<Double>) -> Outcome) -> Outcome {
    if numbers.count < count + PassRoom.numbersPerLine {
      numbers = Array(repeating: 0, count: count + PassRoom.numbersPerLine)
    }
    return numbers.withUnsafeMutableBufferPointer { numbers in
      let place = Int(bitPattern: numbers.baseAddress) / MemoryLayout<Double>.stride
      let start = -place & (PassRoom.numbersPerLine - 1)
      return body(UnsafeMutableBufferPointer(rebasing: numbers[start..<start + count]))
    }
  }
}
