internal import Glibc

/// The path of a file that a setting names: `%d/NAME` is a credential that systemd was told to load, as in its own units.
public func credentialPath(_ path: String) -> String {
  guard path.hasPrefix("%d/"), let directory = getenv("CREDENTIALS_DIRECTORY") else { return path }
  return String(cString: directory) + path.dropFirst(2)
}
