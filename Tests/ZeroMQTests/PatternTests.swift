import Testing
import ZeroMQ

/// The socket patterns the daemon lives on, over every transport.
@Suite(.timeLimit(.minutes(1))) struct PatternTests {
  @Test(arguments: Transport.allCases)
  func pushAndPull(_ transport: Transport) throws {
    let context = try Context()
    try transport.withEndpoint { endpoint in
      let pull = try Socket.forTest(.pull, in: context)
      let bound = try pull.bind(endpoint)
      if transport == .tcp {
        #expect(bound.hasPrefix("tcp://127.0.0.1:") && !bound.hasSuffix("*"))
      } else {
        #expect(bound == endpoint)
      }
      let push = try Socket.forTest(.push, in: context)
      try push.connect(bound)
      for number in 0..<100 { try push.send(bytes("\(number)")) }
      for number in 0..<100 {
        let received = try pull.receive()
        #expect(received == [bytes("\(number)")])
      }
    }
  }

  /// The extended publisher hears of subscriptions, so nothing has to be guessed about when they are in place.
  @Test(arguments: Transport.allCases)
  func publishAndSubscribe(_ transport: Transport) throws {
    let context = try Context()
    try transport.withEndpoint { endpoint in
      let publisher = try Socket.forTest(.extendedPublish, in: context)
      let bound = try publisher.bind(endpoint)
      let subscriber = try Socket.forTest(.subscribe, in: context)
      try subscriber.set(.subscribe(bytes("stats")))
      try subscriber.connect(bound)
      let subscription = try publisher.receive()
      #expect(subscription == [[1] + bytes("stats")])
      try publisher.send([bytes("coefficients"), bytes("not for you")])
      try publisher.send([bytes("stats"), bytes("{}")])
      try publisher.send([bytes("statsAndMore"), bytes("[]")])
      let received = [try subscriber.receive(), try subscriber.receive()]
      #expect(received == [[bytes("stats"), bytes("{}")], [bytes("statsAndMore"), bytes("[]")]])
      let more = try subscriber.receive(waiting: .never)
      #expect(more == nil)
    }
  }

  /// A plain publisher drops what it sends before it knows of the subscriber, so it repeats itself until heard.
  @Test func plainPublisherIsHeardInTheEnd() throws {
    let context = try Context()
    let subscriber = try Socket.forTest(.subscribe, in: context)
    try subscriber.set(.subscribe([]))
    let endpoint = try subscriber.bind("tcp://127.0.0.1:*")
    let publisher = try Socket.forTest(.publish, in: context)
    try publisher.connect(endpoint)
    let poller = Poller([subscriber])
    repeat { try publisher.send([bytes("topic"), bytes("again")]) } while try !poller.wait(milliseconds: 1)
    let received = try subscriber.receive(waiting: .never)
    #expect(received == [bytes("topic"), bytes("again")])
  }

  @Test(arguments: Transport.allCases)
  func routerAndDealer(_ transport: Transport) throws {
    let context = try Context()
    try transport.withEndpoint { endpoint in
      let router = try Socket.forTest(.router, in: context, [.routerMandatory(true)])
      let bound = try router.bind(endpoint)
      let dealers = try (0..<3).map { _ in try Socket.forTest(.dealer, in: context) }
      for (number, dealer) in dealers.enumerated() {
        try dealer.connect(bound)
        try dealer.send([bytes("question \(number)"), bytes("more")])
      }
      for _ in dealers {
        var message = try #require(try router.receive())
        #expect(message.count == 3)
        #expect(message[2] == bytes("more"))
        message[1] += bytes("?")
        try router.send(message)
      }
      // Each one gets the answer to its own question.
      for (number, dealer) in dealers.enumerated() {
        let answer = try dealer.receive()
        #expect(answer == [bytes("question \(number)?"), bytes("more")])
      }
    }
  }

  @Test func requestAndReply() throws {
    let context = try Context()
    let reply = try Socket.forTest(.reply, in: context)
    let request = try Socket.forTest(.request, in: context)
    try request.connect(try reply.bind("tcp://127.0.0.1:*"))
    try request.send(bytes("ping"))
    let question = try reply.receive()
    #expect(question == [bytes("ping")])
    try reply.send(bytes("pong"))
    let answer = try request.receive()
    #expect(answer == [bytes("pong")])
  }

  @Test func whatHasArrivedSurvivesUnbinding() throws {
    let context = try Context()
    let pull = try Socket.forTest(.pull, in: context)
    let push = try Socket.forTest(.push, in: context)
    let endpoint = try pull.bind("tcp://127.0.0.1:*")
    try push.connect(endpoint)
    try push.send(bytes("in time"))
    let arrived = try Poller([pull]).wait(milliseconds: 10_000)
    #expect(arrived)
    try pull.unbind(endpoint)
    let received = try pull.receive(waiting: .never)
    #expect(received == [bytes("in time")])
  }
}
