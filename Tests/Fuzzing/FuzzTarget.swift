internal import Glibc

/// What libFuzzer calls: `deploy/fuzz` links this library with it, once for every form of inputs. The form is the end of
/// the program's name, as in `fuzz-json`.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> CInt {
  let program = String(cString: arguments.pointee[0])
  let name = program.split(separator: "-").last.map(String.init) ?? ""
  guard let form = FuzzedForm(rawValue: name), let stream = FuzzedStream(form) else {
    print("\(program) must be named after a form of inputs: \(FuzzedForm.allCases.map(\.rawValue))")
    exit(2)
  }
  FuzzTarget.stream = stream
  return 0
}

/// One input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  FuzzTarget.stream?.take(Span(_unsafeElements: UnsafeBufferPointer(start: start, count: count)))
  return 0
}

private enum FuzzTarget {
  // libFuzzer calls from one thread.
  nonisolated(unsafe) static var stream: FuzzedStream?
}
