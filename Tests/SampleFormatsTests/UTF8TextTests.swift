import OnlineLearning
import SampleFormats
import TestSupport
import Testing

/// Long texts of which some byte is no UTF-8: they are checked a part at a time, while their lines are read.
struct UTF8TextTests {
  /// Lines of all lengths up to more than is checked at once, with characters of one to four bytes.
  private func text(_ random: inout SeededGenerator, format: SampleDecoder.Format) -> [UInt8] {
    var text = ""
    for _ in 0..<20 + random.below(60) {
      text += format == .vw ? "1 |" : "1"
      let features = random.below(30) == 0 ? 2000 : random.below(60)
      for feature in 0..<features {
        text += format == .vw ? " \(random.pick(["a", "é", "漢", "🙂"]))\(feature):0.5" : " \(feature + 1):0.5"
      }
      text += format == .vw ? "\n" : " # \(random.pick(["a", "é", "漢", "🙂"]))\n"
    }
    return Array(text.utf8)
  }

  @Test(arguments: [UInt64](71...86), [SampleDecoder.Format.vw, .svmlight])
  func brokenByteIsFoundWhereverItStands(_ seed: UInt64, _ format: SampleDecoder.Format) throws {
    var random = SeededGenerator(seed: seed)
    let bench = Workbench()
    var broken = text(&random, format: format)
    try bench.decode(broken, format: format)
    let names = bench.names
    let place = random.below(broken.count)
    broken[place] = random.pick([0xFF, 0xC0, 0x80, 0xED, 0xF0])
    // What else is wrong, be it before, does not count.
    if random.below(2) == 0 { broken = Array("1 x y\n1 | new:1\n".utf8) + broken }
    let isText = String(validating: broken, as: UTF8.self) != nil
    do throws(SampleError) {
      try bench.decode(broken, format: format)
      #expect(isText, "seed=\(seed) place=\(place)")
    } catch {
      #expect((error.reason == .notUTF8) == !isText, "seed=\(seed) place=\(place): \(error.message)")
      #expect(bench.batch.count == 0 && bench.names == names, "seed=\(seed) place=\(place)")
    }
  }

  @Test func markOfByteOrderIsNamedInUTF8Only() throws {
    let bench = Workbench()
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    for (end, reason) in [([], .brokenText), ([0xFF], .notUTF8)] as [([UInt8], SampleError.Reason)] {
      let error = #expect(throws: SampleError.self) {
        try bench.decode(mark + Array("1 | a:1".utf8) + end, format: .vw)
      }
      #expect(error?.reason == reason)
    }
  }
}
