/// Which characters a picture on a terminal is made of.
enum Glyphs {
  case unicode
  /// For terminals whose locale is not UTF-8.
  case ascii

  /// What the locale of this process can show.
  static var ofLocale: Glyphs { Glyphs(locale: environment) }

  /// - Parameter variable: the value of an environment variable that is set and not empty.
  init(locale variable: (String) -> String?) {
    // The first that is set decides, as in setlocale(3).
    let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? "C"
    let codeset = locale.lowercased().prefix { $0 != "@" }.split(separator: ".").last
    self = codeset == "utf-8" || codeset == "utf8" ? .unicode : .ascii
  }
}
