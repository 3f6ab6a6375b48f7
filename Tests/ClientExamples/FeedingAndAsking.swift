import WhittleClient
import WhittleProtocol

func feedAndAsk(_ whittle: WhittleConnection) async throws {
  try await whittle.send(Sample(x: ["sleep": 7.5, "homework": 2, "school": "north"], y: 3.2))
  try await whittle.send([
    Sample(x: ["sleep": 6, "homework": 1, "school": "south"], y: 2.9),
    Sample(x: ["sleep": 8, "homework": 3, "school": "north"], y: 4, weight: 2),
  ])
  // Sent is not yet learned.
  while try await whittle.stats().samples < 3 {}

  let answer = try await whittle.predict(x: ["sleep": 8, "homework": 1])
  print("a prediction: \(answer.prediction), after \(answer.step) samples")
  let heaviest = try await whittle.coefficients(top: 2)
  for (name, value) in zip(heaviest.names, heaviest.values) { print("\(name): \(value)") }
}

func explain(_ whittle: WhittleConnection) async throws {
  let sum = try await whittle.explain(x: ["sleep": 8, "homework": 1])
  print("\(sum.margin) is \(sum.intercept) and, of")
  for (name, contribution) in zip(sum.names, sum.contributions) { print("  \(name): \(contribution)") }
}

func teach(_ whittle: WhittleConnection) async throws {
  do {
    let learned = try await whittle.learn(Sample(x: ["sleep": 7.5, "homework": 2], y: 3.2))
    print("learned \(learned.samples) sample: \(learned.step) in all")
    _ = try await whittle.learn(payload: Array(#"{"y": "much", "x": {"sleep": 7.5}}"#.utf8))
  } catch .rejected(let failure) {
    print("not learned: \(failure.code)")
  }
}

func teachOnce(_ whittle: WhittleConnection, _ samples: [Sample]) async throws {
  var number = MessageNumber(source: "grades-2026", seq: 1, previous: 0)
  for sample in samples {
    let answer = try await whittle.learn(sample, number: number, timeout: .seconds(60))
    if answer.duplicates != nil { print("\(number.seq) was learned before") }
    number = MessageNumber(source: number.source, seq: number.seq + 1, previous: number.seq)
  }
}

func predictAll(_ whittle: WhittleConnection, _ hours: [Double]) async throws -> [Double] {
  try await withThrowingTaskGroup(of: (Int, Double).self) { group in
    for (place, sleep) in hours.enumerated() {
      group.addTask { (place, try await whittle.predict(x: ["sleep": .number(sleep)]).prediction) }
    }
    var predictions = [Double](repeating: 0, count: hours.count)
    for try await (place, prediction) in group { predictions[place] = prediction }
    return predictions
  }
}

func everyCoefficient(_ whittle: WhittleConnection) async throws -> [String: Float] {
  var answer = try await whittle.coefficients(CoefficientsQuestion(active: true, limit: 100_000, binary: true))
  var coefficients = Dictionary(uniqueKeysWithValues: zip(answer.names, answer.values))
  while let cursor = answer.cursor {
    answer = try await whittle.coefficients(CoefficientsQuestion(limit: 100_000, cursor: cursor))
    coefficients.merge(zip(answer.names, answer.values)) { first, _ in first }
  }
  return coefficients
}

func follow(_ whittle: WhittleConnection, until step: UInt64) async throws {
  for try await stats in whittle.publications.stats {
    print("\(stats.step) samples, \(stats.activeSet) coefficients that are not zero")
    if stats.step >= step { break }
  }
}

func reportRejections(_ whittle: WhittleConnection) async throws {
  for try await news in whittle.publications.events where news.event.kind == .messageRejected {
    print("rejected: \(news.event.message)")
    break
  }
}

func askPatiently(_ whittle: WhittleConnection) async -> Stats? {
  do {
    return try await whittle.stats(timeout: .milliseconds(200))
  } catch .unreachable, .noAnswer {
    print("the daemon is away")
  } catch .refused(let failure) {
    print("the daemon refuses: \(failure.message)")
  } catch {
    print("\(error)")
  }
  return nil
}
