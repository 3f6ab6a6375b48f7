import WhittleClient
import WhittleProtocol

/// Runs the examples of WhittleClient's article, one after the other, with the daemon whose endpoints are the arguments: query,
/// push, router, publish.
@main struct ClientExamples {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 5 else { return print("usage: client-examples QUERY PUSH ROUTER PUBLISH") }
    var endpoints = WhittleConnection.Endpoints()
    (endpoints.query, endpoints.push) = (arguments[1], arguments[2])
    (endpoints.router, endpoints.publish) = (arguments[3], arguments[4])
    let whittle = try WhittleConnection(endpoints)

    try await feedAndAsk(whittle)
    try await explain(whittle)
    try await teach(whittle)
    let samples = (1...3).map { Sample(x: ["sleep": .number(Double($0))], y: Double($0)) }
    for _ in 1...2 { try await teachOnce(whittle, samples) }
    print("predictions: \(try await predictAll(whittle, [6, 7, 8]).count)")

    print("coefficients: \(try await everyCoefficient(whittle).keys.sorted())")

    async let followed: Void = follow(whittle, until: 8)
    async let reported: Void = reportRejections(whittle)
    // Whether the two have subscribed is not known: there is news until both have some.
    let news = Task {
      while !Task.isCancelled {
        try await whittle.send(Sample(x: ["sleep": 7], y: 3))
        try await whittle.send(payload: Array("nonsense".utf8))
        _ = try await whittle.stats()
      }
    }
    _ = try await (followed, reported)
    news.cancel()

    if await askPatiently(whittle) != nil { print("the daemon is there") }
    await whittle.close()
    endpoints.query = "ipc:///nowhere/query"
    let other = try WhittleConnection(endpoints)
    _ = await askPatiently(other)
    await other.close()
  }
}
