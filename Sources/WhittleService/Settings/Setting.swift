internal import OnlineLearning
internal import SampleFormats
internal import StreamLearning
internal import WhittleProtocol

/// One thing that can be set: its key, what it takes, and how it gets into `Settings` and out again.
///
/// In a file the key's dots are nesting; `penalty.l1` is the flag `--penalty-l1` and the variable
/// `WHITTLED_PENALTY_L1`.
public struct Setting: Sendable {
  public let key: String
  /// What it is for, in one sentence.
  public let summary: String
  /// What it takes, in words that fit after "expected".
  public let expectation: String
  /// Whether it takes a list.
  public let isList: Bool
  /// Takes the texts, one unless it is a list; false where they are not what is expected.
  let assign: @Sendable ([String], inout Settings) -> Bool
  let read: @Sendable (Settings) -> JSONValue
  /// Whether a running daemon takes over a new value when it reads its configuration again; else the next start does.
  public private(set) var changesAtOnce = false

  /// The value it has when nobody sets it, for help texts.
  public var defaultText: String { Setting.text(read(Settings())) }

  /// A value as people write it.
  static func text(_ value: JSONValue) -> String {
    switch value {
    case .null: "none"
    case .boolean(let flag): String(flag)
    case .number(let number): DecimalNumber.text(number)
    case .string(let text): text
    case .array(let elements):
      elements.isEmpty ? "none" : elements.map { $0 == .string("") ? "\"\"" : text($0) }.joined(separator: ",")
    case .object(let members): members.keys.sorted().joined(separator: ",")
    }
  }

  /// The same, of which a running daemon takes over new values.
  var atOnce: Setting {
    var setting = self
    setting.changesAtOnce = true
    return setting
  }

  /// Gives some settings the value that others have.
  func copy(from others: Settings, to settings: inout Settings) {
    let texts =
      switch read(others) {
      case .array(let elements): elements.map { $0 == .string("") ? "" : Setting.text($0) }
      case let value: [Setting.text(value)]
      }
    // What is written as people write it is what can be read.
    let isTaken = assign(texts, &settings)
    assert(isTaken, "\(key) does not take its own value \(texts)")
  }

  public var flag: String { key.replacing(".", with: "-").replacing("_", with: "-") }
  public var environmentVariable: String {
    "WHITTLED_" + key.replacing(".", with: "_").uppercased()
  }
}

/// A writable place in `Settings`; key paths to stored properties hold no state, so they may be shared.
typealias SettingPath<Value> = any WritableKeyPath<Settings, Value> & Sendable

extension Setting {
  /// A setting of one value.
  private init<Value>(
    _ key: String, _ path: SettingPath<Value>, _ summary: String, expects expectation: String,
    parse: @escaping @Sendable (String) -> Value?, render: @escaping @Sendable (Value) -> JSONValue
  ) {
    self.key = key
    self.summary = summary
    self.expectation = expectation
    isList = false
    assign = { texts, settings in
      guard texts.count == 1, let value = parse(texts[0]) else { return false }
      settings[keyPath: path] = value
      return true
    }
    read = { render($0[keyPath: path]) }
  }

  /// One of the learner's that may change while it learns.
  static func learner(_ hyperparameter: Hyperparameter, _ summary: String) -> Setting {
    Setting(
      key: hyperparameter.key, summary: summary, expectation: hyperparameter.expectation, isList: false,
      assign: { texts, settings in texts.count == 1 && hyperparameter.assign(texts[0], &settings.learner) },
      read: { JSONValue(hyperparameter.read($0.learner)) }
    ).atOnce
  }

  /// A number with a lower bound, which itself counts unless it is `above`, and an upper one far beyond any use, so
  /// that sums and products of settings stay finite.
  static func number(
    _ key: String, _ path: SettingPath<Double>, _ summary: String, atLeast least: Double = 0,
    above: Bool = false, atMost most: Double = 1e9
  ) -> Setting {
    let (bound, upper) = (DecimalNumber.text(least), most == 1e9 ? "1e9" : DecimalNumber.text(most))
    return Setting(
      key, path, summary, expects: "a number \(above ? "above" : "of at least") \(bound), at most \(upper)",
      parse: { DecimalNumber.read($0).flatMap { (above ? $0 > least : $0 >= least) && $0 <= most ? $0 : nil } },
      render: { .number($0) })
  }

  /// A whole number within bounds.
  static func integer(
    _ key: String, _ path: SettingPath<Int>, _ summary: String, _ range: ClosedRange<Int>
  ) -> Setting {
    Setting(
      key, path, summary, expects: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      parse: { Int($0).flatMap { range.contains($0) ? $0 : nil } }, render: { .number(Double($0)) })
  }

  static func boolean(_ key: String, _ path: SettingPath<Bool>, _ summary: String) -> Setting {
    Setting(
      key, path, summary, expects: "true or false",
      parse: { $0 == "true" ? true : $0 == "false" ? false : nil }, render: { .boolean($0) })
  }

  /// One of a few words.
  static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ path: SettingPath<Choice>, _ summary: String
  ) -> Setting where Choice.RawValue == String {
    Setting(
      key, path, summary, expects: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "),
      parse: { Choice(rawValue: $0) }, render: { .string($0.rawValue) })
  }

  static func directory(_ key: String, _ path: SettingPath<String>, _ summary: String) -> Setting {
    Setting(
      key, path, summary, expects: "the path of a directory",
      parse: { $0.isEmpty || $0.contains("\0") ? nil : $0 }, render: { .string($0) })
  }

  /// Where public keys are listed.
  static func keyList(
    _ key: String, _ path: SettingPath<Settings.Security.KeyList>, _ summary: String
  ) -> Setting {
    Setting(
      key, path, summary, expects: "the path of a file of keys, or of a directory of such files, any or none",
      parse: { text in
        switch text {
        case "none": Settings.Security.KeyList.none
        case "any": .any
        default: text.isEmpty || text.contains("\0") ? nil : .file(text)
        }
      },
      render: { list in
        switch list {
        case .none: .string("none")
        case .any: .string("any")
        case .file(let path): .string(path)
        }
      })
  }

  /// The name of a JSON field.
  static func fieldName(_ key: String, _ path: SettingPath<String>, _ summary: String) -> Setting {
    Setting(
      key, path, summary, expects: "the name of a field", parse: { $0.isEmpty ? nil : $0 }, render: { .string($0) })
  }

  /// The name of a JSON field, or a word that stands for the usual one or for none.
  static func optionalFieldName(
    _ key: String, _ path: SettingPath<JSONFields.Name>, _ summary: String, orNone: Bool = true
  ) -> Setting {
    Setting(
      key, path, summary, expects: orNone ? "the name of a field, auto or none" : "the name of a field, or auto",
      parse: { text in
        switch text {
        case "": nil
        case "auto": .auto
        case "none": orNone ? JSONFields.Name.none : nil
        default: .field(text)
        }
      },
      render: { name in
        switch name {
        case .auto: .string("auto")
        case .none: .string("none")
        case .field(let field): .string(field)
        }
      })
  }

  /// A list of features' shares of the penalty.
  static func penaltyFactors(_ key: String, _ path: SettingPath<[PenaltyFactor]>, _ summary: String) -> Setting {
    Setting(
      key: key, summary: summary,
      expectation:
        "texts such as age=0 or sensor_*=0.5, each a feature's name, or a prefix and *, and a factor "
        + "from 0 to \(DecimalNumber.text(PenaltyFactor.largest))",
      isList: true,
      assign: { texts, settings in
        let factors = texts.compactMap(penaltyFactor)
        guard factors.count == texts.count else { return false }
        settings[keyPath: path] = factors
        return true
      },
      read: { .array($0[keyPath: path].map { .string("\($0.pattern)=\(DecimalNumber.text($0.factor))") }) })
  }

  /// Names may have a `=` themselves, as `color=red` does: the last one is what counts.
  private static func penaltyFactor(_ text: String) -> PenaltyFactor? {
    guard let sign = text.lastIndex(of: "="),
      let factor = DecimalNumber.read(String(text[text.index(after: sign)...]))
    else { return nil }
    return PenaltyFactor(String(text[..<sign]), factor)
  }

  static func interactions(_ key: String, _ path: SettingPath<[Interaction]>, _ summary: String) -> Setting {
    Setting(
      key: key, summary: summary, expectation: "pairs of namespaces such as user*item, each once", isList: true,
      assign: { texts, settings in
        let interactions = texts.compactMap { Interaction($0) }
        // The same product twice would be a feature that stands twice.
        let pairs = Set(interactions.map { [$0.first, $0.second].sorted() })
        guard interactions.count == texts.count, pairs.count == texts.count else { return false }
        settings[keyPath: path] = interactions
        return true
      },
      read: { .array($0[keyPath: path].map { .string($0.text) }) })
  }

  /// A list of texts, each of which must pass the check.
  static func list(
    _ key: String, _ path: SettingPath<[String]>, _ summary: String, expects expectation: String,
    check: @escaping @Sendable (String) -> Bool
  ) -> Setting {
    Setting(
      key: key, summary: summary, expectation: expectation, isList: true,
      assign: { texts, settings in
        guard texts.allSatisfy(check) else { return false }
        settings[keyPath: path] = texts
        return true
      },
      read: { .array($0[keyPath: path].map { .string($0) }) })
  }

  static func endpoints(
    _ key: String, _ path: SettingPath<[String]>, _ summary: String, binds: Bool
  ) -> Setting {
    list(
      key, path, summary,
      expects: binds
        ? "endpoints such as tcp://127.0.0.1:5700, tcp://127.0.0.1:* or ipc:///run/whittled/in.sock"
        : "endpoints such as tcp://sensors.example:5600 or ipc:///run/sensors.sock",
      check: { isEndpoint($0, binds: binds) })
  }

  /// Where to listen for HTTP.
  static func addresses(_ key: String, _ path: SettingPath<[String]>, _ summary: String) -> Setting {
    list(
      key, path, summary,
      expects: "addresses such as 127.0.0.1:5705, [::1]:5705 or 0.0.0.0:5705, with port 0 for any free one, or "
        + "unix:/run/whittled/http.sock",
      check: { ListenAddress($0) != nil })
  }

  static func isEndpoint(_ text: String, binds: Bool) -> Bool {
    if text.hasPrefix("ipc://") {
      let path = text.dropFirst("ipc://".count)
      // The length of a Unix socket's address.
      return !path.isEmpty && path.utf8.count <= 107 && !path.contains("\0") && (binds || path != "*")
    }
    guard text.hasPrefix("tcp://"), let colon = text.lastIndex(of: ":") else { return false }
    let host = text[text.index(text.startIndex, offsetBy: 6)..<max(colon, text.index(text.startIndex, offsetBy: 6))]
    let port = text[text.index(after: colon)...]
    guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" }) else { return false }
    // Any port, any address: there is nothing to connect to.
    if port == "*" || host == "*", !binds { return false }
    if port == "*" { return true }
    guard let number = UInt16(port), port.allSatisfy(\.isNumber) else { return false }
    return binds || number > 0
  }
}

/// Whether others than this machine's own processes can reach an endpoint that is bound.
func isReachable(_ endpoint: String) -> Bool {
  guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return false }
  let host = endpoint[..<colon].dropFirst("tcp://".count)
  return !(host == "localhost" || host == "lo" || host == "[::1]" || isLoopback(host))
}

/// Whether it is an address of 127.0.0.0/8, and not a name that begins as one.
private func isLoopback(_ host: Substring) -> Bool {
  let parts = host.split(separator: ".", omittingEmptySubsequences: false)
  return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
}

extension JSONValue {
  init(_ value: Hyperparameter.Value) {
    switch value {
    case .number(let number): self = .number(number)
    case .word(let word): self = .string(word)
    }
  }
}
