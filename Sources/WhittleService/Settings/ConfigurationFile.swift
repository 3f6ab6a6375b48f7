internal import Yams

/// Reads a YAML file into settings' keys and texts, each with the line it stands on.
struct ConfigurationFile {
  struct Entry {
    let setting: Setting
    let texts: [String]
    let line: Int?
    let place: String
  }

  private(set) var entries: [Entry] = []
  private(set) var mistakes: [ConfigurationMistake] = []
  private let path: String

  init(yaml: String, path: String) {
    self.path = path
    read(yaml)
  }

  private mutating func read(_ yaml: String) {
    // Carriage returns end lines too, or the line numbers below would not be the parser's.
    var lines = yaml.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    // Every round removes a repeated key, so that one does not hide the mistakes that follow it.
    while true {
      do {
        guard let root = try compose(yaml: lines.joined(separator: "\n")) else { return }
        walk(root, key: "")
        return
      } catch YamlError.duplicatedKeysInMapping(let names, let context) {
        guard rename(repeated: names, after: context.mark.line, in: &lines) else {
          report("a key stands twice: \(names.joined(separator: ", "))", line: context.mark.line)
          return
        }
      } catch let error as YamlError {
        report(error)
        return
      } catch {
        mistakes.append(ConfigurationMistake(place: path, line: nil, key: nil, problem: "\(error)"))
        return
      }
    }
  }

  /// What a repeated key is renamed to, so that the parser goes on.
  private static let repeatedPrefix = "repeated-key-"

  /// Reports the repetitions of keys and renames them.
  ///
  /// - Parameter line: the line in which the mapping begins, counted from 1.
  /// - Returns: whether any was found.
  private mutating func rename(repeated names: [String], after line: Int, in lines: inout [String]) -> Bool {
    var found = false
    for name in names {
      var first: (line: Int, indent: Int)?
      for index in lines.indices.dropFirst(max(0, line - 1)) {
        let text = lines[index]
        let indent = text.prefix { $0 == " " }.count
        let body = text.dropFirst(indent)
        if body.isEmpty || body.hasPrefix("#") { continue }
        if let first, indent < first.indent { break }
        guard body.hasPrefix(name + ":"), indent == first?.indent ?? indent else { continue }
        guard let first else {
          first = (index + 1, indent)
          continue
        }
        report("\(name) stands here again, after line \(first.line); give it once", line: index + 1)
        lines[index] =
          String(repeating: " ", count: indent) + Self.repeatedPrefix + String(index) + body.dropFirst(name.count)
        found = true
      }
    }
    return found
  }

  private mutating func walk(_ node: Node, key: String) {
    switch node {
    case .mapping(let mapping):
      for (name, value) in mapping {
        guard let name = name.string else {
          report("a key must be a text", line: name.mark?.line)
          continue
        }
        if name.hasPrefix(Self.repeatedPrefix) { continue }
        read(value, key: key.isEmpty ? name : "\(key).\(name)", line: mapping.line(of: name) ?? value.mark?.line)
      }
    default:
      if node.tag.description == "tag:yaml.org,2002:null" { return }
      report(
        "expected keys and values, such as \"penalty:\" with \"l1: 0.01\" indented below it", line: node.mark?.line)
    }
  }

  private mutating func read(_ value: Node, key: String, line: Int?) {
    guard let setting = SettingTable.byKey[key] else {
      if SettingTable.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
        return readSection(value, key: key, line: line)
      }
      mistakes.append(.unknown(key, among: SettingTable.keysAndSections, at: place(line), line: line))
      return
    }
    // The parser sees every repetition but that of a nested key and one written with dots.
    if entries.contains(where: { $0.setting.key == key }) {
      report("\(key) stands here again, nested once and once with dots; give it once", line: line)
      return
    }
    switch value {
    case .scalar(let scalar) where value.tag.description != "tag:yaml.org,2002:null":
      entries.append(Entry(setting: setting, texts: [scalar.string], line: line, place: place(line)))
    case .sequence(let elements) where setting.isList && elements.allSatisfy({ $0.scalar != nil }):
      entries.append(
        Entry(setting: setting, texts: elements.compactMap { $0.scalar?.string }, line: line, place: place(line)))
    default:
      let found =
        switch value {
        case .mapping: "keys and values"
        case .sequence: setting.isList ? "a list of more than texts" : "a list"
        default: "nothing"
        }
      mistakes.append(
        ConfigurationMistake(
          place: place(line), line: line, key: key, problem: "found \(found); expected \(setting.expectation)"))
    }
  }

  private mutating func readSection(_ value: Node, key: String, line: Int?) {
    if case .mapping = value { return walk(value, key: key) }
    // A section whose keys are all commented out says nothing.
    if value.tag.description == "tag:yaml.org,2002:null" { return }
    let known = SettingTable.all.filter { $0.key.hasPrefix(key + ".") }
      .map { String($0.key.dropFirst(key.count + 1)) }
    let found = value.scalar.map { "\"\($0.string)\"" } ?? "a list"
    mistakes.append(
      ConfigurationMistake(
        place: place(line), line: line, key: key,
        problem: "found \(found); expected keys below it: \(known.joined(separator: ", "))")
    )
  }

  private func place(_ line: Int?) -> String { line.map { "\(path):\($0)" } ?? path }

  private mutating func report(_ problem: String, line: Int?) {
    mistakes.append(ConfigurationMistake(place: place(line), line: line, key: nil, problem: problem))
  }

  private mutating func report(_ error: YamlError) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      report("this is not YAML: \(problem)", line: mark.line)
    case .reader(let problem, _, let value, _):
      report("this is not YAML: \(problem) (character code \(value))", line: nil)
    default: report("this is not YAML: \(error)", line: nil)
    }
  }
}

extension Node.Mapping {
  /// The line of a key.
  fileprivate func line(of key: String) -> Int? {
    keys.first { $0.string == key }?.mark?.line
  }
}
