internal import WhittleProtocol

/// Settings about files: which, and who may use them.
extension Setting {
  /// The path of a file, or none.
  static func optionalFile(_ key: String, _ path: SettingPath<String?>, _ summary: String) -> Setting {
    optionalText(key, path, summary, expects: "the path of a file, or none") { !$0.isEmpty && !$0.contains("\0") }
  }

  /// The name of a group of users, or none.
  static func optionalGroup(_ key: String, _ path: SettingPath<String?>, _ summary: String) -> Setting {
    optionalText(key, path, summary, expects: "the name of a group, or none") { !$0.isEmpty && !$0.contains("\0") }
  }

  private static func optionalText(
    _ key: String, _ path: SettingPath<String?>, _ summary: String, expects expectation: String,
    check: @escaping @Sendable (String) -> Bool
  ) -> Setting {
    Setting(
      key: key, summary: summary, expectation: expectation, isList: false,
      assign: { texts, settings in
        guard texts.count == 1, check(texts[0]) else { return false }
        settings[keyPath: path] = texts[0] == "none" ? nil : texts[0]
        return true
      },
      read: { .string($0[keyPath: path] ?? "none") })
  }

  /// Who may use a file: three octal digits.
  static func fileMode(_ key: String, _ path: SettingPath<UInt32>, _ summary: String) -> Setting {
    Setting(
      key: key, summary: summary, expectation: "a mode such as 0660: three octal digits, with a 0 before them",
      isList: false,
      assign: { texts, settings in
        guard texts.count == 1, texts[0].utf8.count == 4, texts[0].hasPrefix("0"), let mode = UInt32(texts[0], radix: 8)
        else { return false }
        settings[keyPath: path] = mode
        return true
      },
      read: { settings in
        let digits = String(settings[keyPath: path], radix: 8)
        return .string(String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
      })
  }
}
