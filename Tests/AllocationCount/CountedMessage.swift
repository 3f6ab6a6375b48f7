internal import OnlineLearning
internal import SampleFormats

/// A message to be decoded again and again.
struct CountedMessage {
  let name: String
  let format: SampleDecoder.Format
  var fields = JSONFields()
  var space = FeatureSpace.Kind.dictionary
  var interactions: [Interaction] = []
  let text: String
  /// The same as a question.
  var question: String

  init(_ name: String, _ format: SampleDecoder.Format, _ text: String) {
    (self.name, self.format, self.text) = (name, format, text)
    question = text
  }

  static var all: [CountedMessage] { records + spaces }

  private static func lines(_ count: Int, _ line: (Int) -> String) -> String {
    (0..<count).map { line($0) + "\n" }.joined()
  }

  /// Records of JSON, alone, in batches and a line each.
  private static var records: [CountedMessage] {
    let records: [(name: String, record: (Int) -> String)] = [
      ("plain features", { #"{"y": \#($0), "x": {"a": 0.5, "b\#($0)": 2, "c": true}, "weight": 2}"# }),
      (
        "nested features",
        {
          #"{"y": 1, "x": {"user": {"age": \#($0), "home": {"rooms": [1, 2, {"size": 3.25}], "empty": {}}}, "no": null}}"#
        }
      ),
      (
        "one-hot strings",
        { #"{"y": 1, "x": {"color": "red\#($0)", "a long name of a field": "a long \"value\" of it, größer"}}"# }
      ),
      ("positions", { #"{"y": 1, "x": [1, \#($0), 0, -2.5e-3]}"# }),
      (
        "labels",
        { #"{"y": 1, "x": {"a": 1}, "id": "sample \#($0)", "source": "a pump of a long name", "seq": \#($0)}"# }
      ),
      ("numbers for ids", { #"{"y": 1, "x": {"a": 1}, "id": \#($0), "seq": \#($0)}"# }),
      ("samples that wait", { #"{"x": {"a": 1}, "id": "sample \#($0)"}"# }),
      ("late targets", { #"{"y": 1, "id": "sample \#($0)"}"# }),
      ("samples without targets", { #"{"x": {"a": \#($0), "unknown": 3}}"# }),
      ("long numbers", { #"{"y": 1, "x": {"a": 0.\#(String(repeating: "123", count: 20))\#($0)}}"# }),
      ("long names", { #"{"y": 1, "x": {"a name of more than fifteen bytes \#($0)": 1, "\u00fc\n": 2}}"# }),
      ("flat records", { #"{"y": 1, "sleep": \#($0), "deep": {"er": [1, true]}, "color": "blue", "none": null}"# }),
    ]
    return records.flatMap { name, record in
      let many = (0..<50).map(record)
      let texts = [("one", record(0)), ("batch", "[\(many.joined(separator: ", "))]"), ("lines", lines(50, record))]
      return texts.map { form, text in
        var message = CountedMessage("\(name), \(form)", .json, text)
        if name == "flat records" {
          message.fields.layout = .flat
          message.question = #"{"x": {"sleep": 1, "deep": {"er": [1, true]}, "color": "blue"}}"#
        }
        if name == "late targets" { message.question = #"{"x": {}}"# }
        return message
      }
    }
  }

  /// Every feature space, with products of features and without. With 3 bits nearly all names share an index.
  private static var spaces: [CountedMessage] {
    let texts = [
      CountedMessage("positions", .json, lines(20) { #"{"y": 1, "x": [\#($0), 1, 2, 3, 4, 5, 6, 7]}"# }),
      CountedMessage("svmlight", .svmlight, lines(20) { "1 \($0):0.5 \($0 + 20):0.25 77:1 78:2 79:3" }),
      CountedMessage("text", .vw, lines(20) { "1 | \($0):0.5 \($0 + 20) 77:1 78:2 79:3 77:2" }),
      CountedMessage(
        "namespaces", .vw, lines(20) { "1 |user age:2 name\($0) |item price:\($0) a-name-of-more-than-fifteen-bytes" }),
      CountedMessage(
        "objects", .json,
        lines(20) { #"{"y": 1, "x": {"user": {"age": \#($0), "sex": "f"}, "item": {"price": 2, "b": 3}}}"# }),
    ]
    let kinds: [FeatureSpace.Kind] = [.dictionary, .hashed(bits: 18), .hashed(bits: 3), .indexed(width: 100)]
    return kinds.flatMap { kind in
      [[], [Interaction("user", "item"), Interaction("user", "user")]].flatMap { interactions in
        // Only numbers are names of indices.
        texts.prefix(kind == .indexed(width: 100) ? 3 : 5).map { text in
          var message = CountedMessage(
            "\(text.name), \(kind), \(interactions.count) interactions", text.format, text.text)
          (message.space, message.interactions) = (kind, interactions)
          return message
        }
      }
    }
  }
}
