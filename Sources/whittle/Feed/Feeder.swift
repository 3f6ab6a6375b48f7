internal import WhittleClient

/// What to feed and how.
struct FeedPlan {
  struct Source: Equatable {
    let path: String
    let format: SampleFormat
  }

  var sources: [Source]
  var passes = 1
  var batch = 1
  var schedule = RateSchedule(rate: nil)
  var roles = ColumnRoles()
  var standardizesFeatures = false
  var standardizesTarget = false
  var isQuiet = false
  /// Whether message k is to be the same one every time.
  var isNumbered = false
}

/// Reads samples from files and sends them.
struct Feeder {
  private let plan: FeedPlan
  private(set) var outlet: any FeedOutlet
  private var standardization: Standardization?
  private var batch: MessageBatch
  /// Where the samples of the batch stand.
  private var place: InputPlace?
  private var bar: ProgressBar
  private let start = ContinuousClock.now
  private(set) var progress = FeedProgress()
  /// Bytes of the files that were read to their ends.
  private var finishedBytes = 0

  /// Since the feeder was made.
  var seconds: Double { start.duration(to: .now) / .seconds(1) }

  init(_ plan: FeedPlan, standardization: Standardization?, totalBytes: Int?, to outlet: any FeedOutlet) {
    self.plan = plan
    self.outlet = outlet
    self.standardization = standardization
    batch = MessageBatch(limit: plan.batch)
    bar = ProgressBar(quiet: plan.isQuiet)
    progress.totalBytes = totalBytes
  }

  /// Sends every sample of every pass. What was complete before an error has been sent.
  ///
  /// - Throws: `ToolError` for the files, `ClientError` for the connection.
  mutating func run() throws {
    defer {
      progress.seconds = seconds
      bar.clear()
    }
    while true {
      do {
        try sendAll()
        // What is lost later than this cannot be sent again.
        if plan.isNumbered { try outlet.finish() }
        return
      } catch let error as ClientError {
        guard outlet.goBack(after: error) else { throw error }
        batch = MessageBatch(limit: plan.batch)
        place = nil
        finishedBytes = 0
      }
    }
  }

  private mutating func sendAll() throws {
    do {
      for _ in 0..<plan.passes {
        for source in plan.sources { try feed(source) }
      }
    } catch let error as ToolError {
      // Numbered, it would stand for the whole one that comes when the file is mended.
      if !plan.isNumbered { try flush() }
      throw error
    }
    try flush()
  }

  /// Waits until the daemon has all messages, or has answered them.
  ///
  /// - Throws: as the outlet does.
  mutating func finish() throws { try outlet.finish() }

  private mutating func feed(_ source: FeedPlan.Source) throws {
    let file = try InputFile(source.path)
    let read: ByteSource = { () throws(ToolError) in try file.read() }
    var sample: [UInt8] = []
    if source.format == .csv {
      var samples = try CSVSamples(file: file.name, roles: plan.roles, standardization: standardization, read)
      while try samples.next(&sample) { try add(sample, .json, of: file, line: samples.line) }
    } else {
      var lines = LineReader(read)
      while try lines.next(&sample) {
        let text = Cell.trimmed(sample[...])
        if source.format.passesOver(text) { continue }
        if source.format == .jsonl && text.first == UInt8(ascii: "[") && plan.batch > 1 {
          throw ToolError.badData(
            file: file.name, line: lines.number,
            reason: "this line is a batch already; leave out --batch, or give one sample a line")
        }
        try add(sample, source.format.payload, of: file, line: lines.number)
      }
    }
    finishedBytes += file.bytesRead
  }

  private mutating func add(
    _ sample: [UInt8], _ kind: PayloadKind, of file: InputFile, line: Int
  ) throws(ClientError) {
    if !batch.isEmpty && batch.kind != kind { try flush() }
    if batch.isEmpty {
      let wait = plan.schedule.wait(after: progress.samples, elapsed: start.duration(to: .now))
      if wait > .zero { pause(wait) }
    }
    batch.append(sample, kind)
    if place == nil { place = InputPlace(file.name, line: line) } else { place?.extend(to: file.name, line: line) }
    guard batch.isFull else { return }
    try flush()
    progress.bytes = finishedBytes + file.bytesRead
    progress.seconds = seconds
    bar.update(progress)
  }

  private mutating func flush() throws(ClientError) {
    guard !batch.isEmpty, let place else { return }
    let samples = batch.count
    self.place = nil
    guard try outlet.send(batch.take(), from: place) else { return }
    progress.samples += samples
    progress.messages += 1
  }
}
