internal import Glibc

/// Where a daemon's settings come from, so that they can be read again.
public struct ConfigurationSource: Sendable {
  /// Why there are no settings.
  public enum Failure: Error, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case invalid(InvalidConfiguration)

    public var description: String {
      switch self {
      case .unreadable(let path, let reason): "cannot read the configuration file \(path): \(reason)"
      case .invalid(let mistakes): "\(mistakes)"
      }
    }

    /// The status that a process ends with which cannot start for it, by sysexits.h.
    public var exitCode: Int32 {
      switch self {
      case .unreadable: 66
      case .invalid: 78
      }
    }
  }

  private let path: String?
  private let environment: [String: String]
  private let flags: [String: [String]]

  /// - Parameters:
  ///   - path: of the configuration file, if there is one.
  ///   - environment: all variables; those that begin with `WHITTLED_` are read.
  ///   - flags: the texts given for each setting's key.
  public init(path: String?, environment: [String: String], flags: [String: [String]]) {
    self.path = path
    self.environment = environment
    self.flags = flags
  }

  /// Reads the file as it is now, and puts the settings together.
  ///
  /// - Throws: every mistake there is, or why the file cannot be read.
  public func load() throws(Failure) -> LoadedSettings {
    var file: (text: String, path: String)?
    if let path { file = (try text(path), path) }
    do throws(InvalidConfiguration) {
      return try LoadedSettings(file: file, environment: environment, flags: flags)
    } catch {
      throw .invalid(error)
    }
  }

  private func text(_ path: String) throws(Failure) -> String {
    func failure(_ code: Int32) -> Failure { .unreadable(path: path, reason: String(cString: strerror(code))) }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(errno) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    // To its end, whatever it is: a pipe has no size.
    while true {
      let count = read(file, &part, part.count)
      if count == 0 { break }
      if count > 0 { bytes += part[..<count] } else if errno != EINTR { throw failure(errno) }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .unreadable(path: path, reason: "it is not UTF-8")
    }
    return text
  }
}
