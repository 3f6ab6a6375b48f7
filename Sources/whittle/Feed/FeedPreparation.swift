/// What is done with the files before the first sample is sent.
enum FeedPreparation {
  /// Looks at every file, so that a wrong name is found before anything is sent.
  ///
  /// - Returns: the bytes of all passes; nil when one of them is a pipe.
  /// - Throws: `cannotOpen`, also for a pipe that would have to be read twice.
  static func totalBytes(of plan: FeedPlan) throws(ToolError) -> Int? {
    var total: Int? = 0
    for source in plan.sources {
      let size = try InputFile.size(of: source.path)
      if size == nil && (plan.passes > 1 || plan.standardizesFeatures || plan.standardizesTarget) {
        throw .cannotOpen(
          file: source.path, reason: "--repeat and --standardize read a file twice, and a pipe cannot be")
      }
      if let size, let sum = total { total = sum + size } else { total = nil }
    }
    guard let total else { return nil }
    let (product, overflow) = total.multipliedReportingOverflow(by: plan.passes)
    return overflow ? nil : product
  }

  /// The first pass over the files; nil when nothing is to be standardized.
  static func standardization(of plan: FeedPlan) throws(ToolError) -> Standardization? {
    guard plan.standardizesFeatures || plan.standardizesTarget else { return nil }
    var moments: [String: Moments] = [:]
    var target = Moments()
    for source in plan.sources {
      let file = try InputFile(source.path)
      let read: ByteSource = { () throws(ToolError) in try file.read() }
      var samples = try CSVSamples(file: file.name, roles: plan.roles, read)
      try samples.measure(into: &moments, target: &target)
    }
    return try Standardization(
      moments: moments, target: plan.standardizesTarget ? target : nil,
      standardizesFeatures: plan.standardizesFeatures)
  }

  /// What a user should know about a standardization: a line each.
  static func notices(about standardization: Standardization) -> [String] {
    var notices = standardization.constant.sorted().map {
      "column \"\(Format.name($0))\" is the same in every row and is left out"
    }
    if let target = standardization.target {
      notices.append(
        "the target is standardized: a prediction p stands for p * \(target.standardDeviation) + \(target.mean)"
      )
    }
    return notices
  }
}
