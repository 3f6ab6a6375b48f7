internal import Glibc

/// What the operating system knows of this process, as Prometheus' own clients tell it. Nil where it does not say.
struct ProcessFigures {
  let cpuSeconds: Double?
  let residentBytes: Double?
  let virtualBytes: Double?
  let openDescriptors: Double?
  let maximumDescriptors: Double?

  /// - Complexity: O(open descriptors)
  init() {
    cpuSeconds = ProcessFigures.seconds(CLOCK_PROCESS_CPUTIME_ID)
    let page = Double(sysconf(Int32(_SC_PAGESIZE)))
    let pages = ProcessFigures.text("/proc/self/statm").split(separator: " ").map { Double($0) }
    virtualBytes = pages.first.flatMap { $0 }.map { $0 * page }
    residentBytes = pages.dropFirst().first.flatMap { $0 }.map { $0 * page }
    openDescriptors = ProcessFigures.entries("/proc/self/fd").map { Double($0) }
    var limit = rlimit()
    let known = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    maximumDescriptors = known ? Double(limit.rlim_cur) : nil
  }

  private static func seconds(_ clock: clockid_t) -> Double? {
    var time = timespec()
    return clock_gettime(clock, &time) == 0 ? Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9 : nil
  }

  /// A short file's.
  private static func text(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  /// How many there are in a directory; the directory itself is open while they are counted.
  private static func entries(_ path: String) -> Int? {
    guard let directory = opendir(path) else { return nil }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
      // "." and ".." do not count.
      if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
    }
    return count - 1
  }
}
