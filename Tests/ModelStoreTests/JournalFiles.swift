import DiskDoubles
import TestSupport

@testable import ModelStore

/// What the tests of the journal write and read it with.
struct JournalFiles {
  static let directory = "/state/journal"
  let disk: MemoryDisk

  init(on disk: MemoryDisk = MemoryDisk()) {
    self.disk = disk
  }

  func journal(segmentBytes: Int = 1 << 20) throws -> Journal {
    try Journal(directory: JournalFiles.directory, on: disk, segmentBytes: segmentBytes)
  }

  /// The segments' and other files' names, in order.
  var names: [String] { (try? disk.names(in: JournalFiles.directory)) ?? [] }

  static func path(_ name: String) -> String { "\(directory)/\(name)" }

  func bytes(_ name: String) -> [UInt8] { disk.contents(JournalFiles.path(name)) ?? [] }

  func put(_ bytes: [UInt8], _ name: String) { disk.put(bytes, at: JournalFiles.path(name)) }

  /// Where one file is changed, a copy of all of them.
  func copy(_ name: String, _ change: (inout [UInt8]) -> Void) -> JournalFiles {
    let copy = JournalFiles()
    for other in names {
      var bytes = bytes(other)
      if other == name { change(&bytes) }
      copy.put(bytes, other)
    }
    return copy
  }

  /// What a replay gives.
  struct Replayed: Equatable {
    var headers: [JournalHeader] = []
    var records: [JournalRecord] = []
    var report: JournalReport

    var positions: [UInt64] { records.map(\.position) }
  }

  func replay(after position: UInt64 = 0, pastDamage: Bool = false) throws -> Replayed {
    var headers: [JournalHeader] = []
    var records: [JournalRecord] = []
    let report = try Journal.replay(
      directory: JournalFiles.directory, on: disk, after: position, pastDamage: pastDamage,
      segment: { headers.append($0) }, record: { records.append($0) })
    return Replayed(headers: headers, records: records, report: report)
  }

  /// Some message, another one for every position.
  static func record(_ position: UInt64, seed: UInt64 = 0) -> JournalRecord {
    var generator = SeededGenerator(seed: position &* 1_000_003 &+ seed)
    return JournalRecord(
      position: position, time: generator.uniform(0..<2e9), kind: UInt8.random(in: .min ... .max, using: &generator),
      frames: (0..<generator.below(4)).map { _ in
        (0..<generator.below(30)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      })
  }

  static func records(_ positions: ClosedRange<UInt64>) -> [JournalRecord] { positions.map { record($0) } }
}

extension JournalRecord {
  /// The bytes of its record.
  var length: Int { RecordLayout.length(frames: frames.count, bytes: frames.joined().count) }
}

extension JournalBatch {
  /// - Parameter before: frames that are to be left out.
  mutating func append(_ record: JournalRecord, before: [[UInt8]] = []) {
    let frames = before + record.frames
    frames.flatMap { $0 }.withUnsafeBytes { bytes in
      var start = 0
      let places = frames.map { frame in
        defer { start += frame.count }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + frame.count])
      }
      append(
        position: record.position, time: record.time, kind: record.kind, frames: places.span, from: before.count)
    }
  }

  init(_ records: [JournalRecord]) {
    self.init()
    for record in records { append(record) }
  }
}

extension Journal {
  func append(_ records: [JournalRecord]) throws(StoreError) {
    var batch = JournalBatch(records)
    try append(&batch)
  }
}

/// The error that a call ends with; nil where it ends well.
func storeError(_ body: () throws -> Void) throws -> StoreError? {
  do {
    try body()
    return nil
  } catch let error as StoreError {
    return error
  }
}
