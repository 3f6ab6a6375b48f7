/// A checkpoint as the catalog has it.
public struct CatalogCheckpoint: Sendable, Equatable {
  /// The number in front of the file's name; the highest is the newest.
  public var id: Int64
  /// When it was made, in seconds since 1970.
  public var time: Double
  /// The model's clock.
  public var step: Int64
  /// Samples learned since the model was made.
  public var samples: Int64
  /// Messages that the journal had counted.
  public var messages: Int64
  /// Progressive validation over everything; nil before the first sample.
  public var overallLoss: Double?
  /// And over the recent past.
  public var recentLoss: Double?
  /// Features that the model knows.
  public var features: Int64
  /// How many of them have a coefficient that is not zero.
  public var activeSet: Int64
  public var l1Norm: Double
  public var l2Norm: Double
  public var intercept: Double
  /// Of the learner, as JSON, as the file has it.
  public var configuration: String
  /// The file's name in the state directory.
  public var file: String
  /// The file's size.
  public var bytes: Int64
  public var checksum: String
  /// How many of its coefficients the catalog has.
  public var coefficients: Int64

  /// Whether all of its coefficients are there: then whatever is not there is zero, and else it is unknown.
  public var isComplete: Bool { coefficients == activeSet }

  static let columns =
    "id, time, step, samples, messages, loss_overall, loss_recent, features, active_set, l1_norm, l2_norm, intercept, "
    + "configuration, file, bytes, checksum, coefficients"

  /// - Parameter row: has `columns`.
  init?(_ row: [CatalogValue]) {
    guard row.count == 17, let id = row[0].integer, let time = row[1].real, let step = row[2].integer,
      let samples = row[3].integer, let messages = row[4].integer, let features = row[7].integer,
      let activeSet = row[8].integer, let l1Norm = row[9].real, let l2Norm = row[10].real,
      let intercept = row[11].real, let configuration = row[12].text, let file = row[13].text,
      let bytes = row[14].integer, let checksum = row[15].text, let coefficients = row[16].integer
    else { return nil }
    (self.id, self.time, self.step, self.samples, self.messages) = (id, time, step, samples, messages)
    (overallLoss, recentLoss) = (row[5].real, row[6].real)
    (self.features, self.activeSet, self.l1Norm, self.l2Norm) = (features, activeSet, l1Norm, l2Norm)
    (self.intercept, self.configuration, self.file) = (intercept, configuration, file)
    (self.bytes, self.checksum, self.coefficients) = (bytes, checksum, coefficients)
  }
}

/// A coefficient that is not zero.
public struct CatalogCoefficient: Sendable, Equatable {
  public var name: String
  public var coefficient: Double

  /// - Parameter row: name and coefficient.
  init?(_ row: [CatalogValue]) {
    guard row.count == 2, let name = row[0].text, let coefficient = row[1].real else { return nil }
    (self.name, self.coefficient) = (name, coefficient)
  }
}

/// A feature at a checkpoint.
public struct CatalogPoint: Sendable, Equatable {
  public var checkpoint: Int64
  /// When it was made, in seconds since 1970.
  public var time: Double
  public var step: Int64
  /// 0 outside the active set; nil where the catalog has only heavier ones of this checkpoint.
  public var coefficient: Double?

  /// - Parameter row: in the order of the properties.
  init?(_ row: [CatalogValue]) {
    guard row.count == 4, let checkpoint = row[0].integer, let time = row[1].real, let step = row[2].integer
    else { return nil }
    (self.checkpoint, self.time, self.step, coefficient) = (checkpoint, time, step, row[3].real)
  }
}

/// A feature whose coefficient is another one at another checkpoint.
public struct CatalogChange: Sendable, Equatable {
  public var name: String
  /// 0 outside the active set; nil where the catalog has only heavier ones of this checkpoint.
  public var before: Double?
  /// Likewise.
  public var after: Double?

  /// - Parameter row: in the order of the properties.
  init?(_ row: [CatalogValue]) {
    guard row.count == 3, let name = row[0].text else { return nil }
    (self.name, before, after) = (name, row[1].real, row[2].real)
  }
}
