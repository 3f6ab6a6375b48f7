extension Journal {
  /// Gives the messages after a position, each once and in order, to be learned again.
  ///
  /// A record that cannot be read is a torn tail where nothing that can be read proves that it had been durable: then it and all
  /// after it are given up, and the report says so. Else it is damage. What is not needed may be damaged.
  ///
  /// - Parameters:
  ///   - position: of the checkpoint to go on after; 0 without one.
  ///   - pastDamage: whether to go on with the next message that can be read, and to report what is missing.
  ///   - segment: gets the header of each segment before the first message from it.
  ///   - record: gets the messages.
  /// - Throws: `journalDamaged`, `newerVersion` or the call that failed, as a `StoreError`; or what the closures throw.
  /// - Complexity: O(bytes of the segments that hold messages after the position); one segment is in memory at a time
  public static func replay(
    directory: String, on files: any FileSystem = LocalFileSystem(), after position: UInt64, pastDamage: Bool = false,
    segment: (JournalHeader) throws -> Void, record: (JournalRecord) throws -> Void
  ) throws -> JournalReport {
    var replay = JournalReplay(
      files: files, entries: try JournalDirectory(path: directory, files: files).entries(), after: position,
      pastDamage: pastDamage)
    try replay.run(segment, record)
    return replay.report
  }
}

private struct JournalReplay {
  let files: any FileSystem
  let entries: [JournalDirectory.Entry]
  let pastDamage: Bool
  /// The position after the last message that was given or is not needed.
  var expected: UInt64
  var report: JournalReport

  init(files: any FileSystem, entries: [JournalDirectory.Entry], after position: UInt64, pastDamage: Bool) {
    self.files = files
    self.entries = entries
    self.pastDamage = pastDamage
    // The last number counts no message.
    expected = min(position, .max - 1) + 1
    report = JournalReport(after: position)
  }

  /// The first position that is not a segment's.
  private func limit(_ index: Int) -> UInt64 {
    index + 1 < entries.count ? entries[index + 1].first : .max
  }

  mutating func run(
    _ begin: (JournalHeader) throws -> Void, _ give: (JournalRecord) throws -> Void
  ) throws {
    let start = entries.lastIndex { $0.first <= expected } ?? 0
    for index in entries.indices.dropFirst(start) {
      let segment = try JournalSegment(entries[index], on: files)
      guard let head = segment.head else {
        let end = limit(index)
        let missing = end == .max ? 1 : end - expected
        try pass(
          JournalReport.Gap(
            path: segment.path, offset: 0, position: expected, missing: missing, problem: segment.problem))
        if end != .max { expected = end }
        continue
      }
      if head.first > expected {
        if head.header.needsCheckpoint {
          return try drop(
            from: index,
            reason: """
              \(segment.path) was begun after the journal had failed, the messages \(expected) to \(head.first - 1) \
              before it are in no segment and in no checkpoint, and what comes after them cannot be learned without them
              """)
        }
        let problem =
          index == start
          ? "it is the oldest segment that is left, and begins with message \(head.first)"
          : "the segment before it ends with message \(expected - 1), it begins with message \(head.first)"
        try pass(
          JournalReport.Gap(
            path: segment.path, offset: 0, position: expected, missing: head.first - expected, problem: problem))
        expected = head.first
      }
      guard try walk(segment, head, index, begin, give) else { return }
    }
  }

  /// Gives what a segment holds.
  ///
  /// - Returns: whether to go on with the next one.
  private mutating func walk(
    _ segment: JournalSegment, _ head: SegmentHead, _ index: Int, _ begin: (JournalHeader) throws -> Void,
    _ give: (JournalRecord) throws -> Void
  ) throws -> Bool {
    let end = limit(index)
    var offset = head.byteCount
    var position = head.first
    var hasBegun = false
    while position < end, offset < segment.bytes.count {
      if let place = segment.place(at: offset), place.position == position {
        if position >= expected {
          if !hasBegun { try begin(head.header) }
          hasBegun = true
          try give(segment.record(place))
          report.last = position
          report.records += 1
          report.bytes += place.length
          expected = position + 1
        }
        offset += place.length
        position += 1
        continue
      }
      let whole = segment.records(from: offset).filter { $0.position > position }
      let next = whole.first { $0.position < end }
      // Nothing that is needed is missing.
      if let next, next.position <= expected {
        (offset, position) = (next.offset, next.position)
        continue
      }
      let wanted = max(position, expected)
      guard let proven = try proof(that: wanted, in: whole, after: index) else {
        try drop(
          from: index, offset: offset,
          reason: """
            message \(wanted) was never made durable, as far as all that can be read tells, so that neither it nor any after \
            it was acknowledged as durable
            """)
        return false
      }
      let found = next?.position ?? min(end, proven + 1)
      try pass(
        JournalReport.Gap(
          path: segment.path, offset: offset, position: wanted, missing: found - wanted,
          problem: """
            what is there is not a record as it was written, and messages up to \(proven) had been made durable
            """))
      expected = found
      guard let next else { return true }
      (offset, position) = (next.offset, next.position)
    }
    return true
  }

  /// Looks for what shows that a message had been durable.
  ///
  /// - Parameters:
  ///   - position: the message, in the segment of this index.
  ///   - whole: the records behind it in that segment.
  /// - Returns: the highest position that is said to have been durable, with all before it, where that is so; else nil.
  private func proof(that position: UInt64, in whole: [RecordPlace], after index: Int) throws -> UInt64? {
    var highest: UInt64 = 0
    for place in whole { highest = max(highest, place.synchronized) }
    for entry in entries.dropFirst(index + 1) {
      // Nobody knows what a header that cannot be read said: the careful answer.
      guard let head = try JournalSegment(entry, on: files).head else {
        highest = max(highest, position)
        continue
      }
      highest = max(highest, head.synchronized)
      // What was durable from here on was so on condition of a checkpoint, which there is not.
      if head.header.needsCheckpoint { break }
    }
    // The last number counts no message.
    return highest >= position ? min(highest, .max - 1) : nil
  }

  /// Goes on past damage, or not.
  private mutating func pass(_ gap: JournalReport.Gap) throws {
    guard pastDamage else { throw gap.error }
    report.gaps.append(gap)
  }

  /// Gives up all from a place on.
  private mutating func drop(from index: Int, offset: Int = 0, reason: String) throws {
    var dropped = JournalReport.Dropped(position: expected, reason: reason)
    for entry in entries.dropFirst(index) {
      let segment = try JournalSegment(entry, on: files)
      let start = entry == entries[index] ? offset : 0
      dropped.add(entry.path, bytes: segment.bytes.count - start, records: segment.records(from: start).count)
    }
    report.dropped = dropped
  }
}
