import Testing

@testable import whittle

@Suite struct CSVReaderTests {
  struct Case: Sendable {
    let csv: String
    let records: [[String]]
  }

  @Test(arguments: [
    Case(csv: "", records: []),
    Case(csv: "\n\r\n\n", records: []),
    Case(csv: "a,b\n1,2\n", records: [["a", "b"], ["1", "2"]]),
    Case(csv: "a,b\n1,2", records: [["a", "b"], ["1", "2"]]),
    Case(csv: "a,b\r\n1,2\r\n", records: [["a", "b"], ["1", "2"]]),
    Case(csv: "a,b\r1,2\r", records: [["a", "b"], ["1", "2"]]),
    Case(csv: "\u{FEFF}a,b\n", records: [["a", "b"]]),
    Case(csv: ",\n", records: [["", ""]]),
    Case(csv: "a,\n,b", records: [["a", ""], ["", "b"]]),
    Case(csv: "\"\"\n", records: [[""]]),
    Case(csv: "\"\"", records: [[""]]),
    Case(csv: "\"a,b\",\"c\nd\",\"e\r\nf\"\n", records: [["a,b", "c\nd", "e\r\nf"]]),
    Case(csv: "\"say \"\"hi\"\"\",\"\"\"\"\n", records: [["say \"hi\"", "\""]]),
    Case(csv: "5\" pipe,a\"\"b\n", records: [["5\" pipe", "a\"\"b"]]),
    Case(csv: "ä,日本,🎈\n", records: [["ä", "日本", "🎈"]]),
    Case(csv: "a\n\nb\n", records: [["a"], ["b"]]),
  ])
  func reads(_ example: Case) throws {
    for size in [1, 2, 3, 7, 1000] {
      #expect(try records(example.csv, pieces: size) == example.records, "in pieces of \(size)")
    }
  }

  @Test func aMarkAloneIsEmpty() throws {
    #expect(try records("\u{FEFF}", pieces: 1).isEmpty)
  }

  @Test(arguments: [
    ("a\n\"b", 2, "the quote that begins here is never closed"),
    ("a\nb\n\"c\nd\ne", 3, "the quote that begins here is never closed"),
    ("a,b\n1,\"x\"y\n", 2, "field 2 goes on after its closing quote; a quote within is doubled"),
    ("\"a\"\"\n", 1, "the quote that begins here is never closed"),
  ])
  func refuses(csv: String, line: Int, reason: String) {
    for size in [1, 1000] {
      #expect(throws: ToolError.badData(file: "t.csv", line: line, reason: reason)) {
        try records(csv, pieces: size)
      }
    }
  }

  @Test func countsLines() throws {
    var reader = CSVReader(file: "t.csv", source("a\r\n\n\"b\nc\"\n\rd\n", pieces: 1))
    var record = CSVRecord()
    var lines: [Int] = []
    while try reader.next(&record) { lines.append(record.line) }
    #expect(lines == [1, 3, 6])
  }

  private func records(_ csv: String, pieces: Int) throws -> [[String]] {
    var reader = CSVReader(file: "t.csv", source(csv, pieces: pieces))
    var record = CSVRecord()
    var all: [[String]] = []
    while try reader.next(&record) {
      all.append((0..<record.count).map { String(decoding: record[$0], as: UTF8.self) })
    }
    return all
  }
}

@Suite struct LineReaderTests {
  @Test(arguments: [
    ("", []), ("a", ["a"]), ("a\nb\n", ["a", "b"]), ("a\r\n\r\nb", ["a", "", "b"]), ("\u{FEFF}a\n", ["a"]),
    ("\n", [""]), ("a\r", ["a"]),
  ])
  func reads(text: String, lines: [String]) throws {
    for size in [1, 2, 1000] {
      var reader = LineReader(source(text, pieces: size))
      var line: [UInt8] = []
      var all: [String] = []
      while try reader.next(&line) {
        all.append(String(decoding: line, as: UTF8.self))
        #expect(reader.number == all.count)
      }
      #expect(all == lines, "in pieces of \(size)")
    }
  }
}
