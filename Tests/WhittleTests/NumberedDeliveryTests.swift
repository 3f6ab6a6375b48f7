import TestSupport
import Testing

@testable import WhittleClient

/// What is sent, sent again and let go, whatever happens on the way.
struct NumberedDeliveryTests {
  /// A daemon and the network before it, which lose what they can.
  private struct World {
    struct Daemon {
      /// The numbers that it has learned, in the order in which it did.
      var learned: [UInt64] = []
      var passedOver: UInt64 = 0
    }

    struct Link {
      var toDaemon: [NumberedDelivery.Transmission] = []
      var toSender: [(answer: NumberedDelivery.Answer, number: UInt64, epoch: UInt64)] = []
    }

    let bad: Set<UInt64>
    /// Whether answers wait until what they are about is safe.
    let isDurable: Bool
    var daemon = Daemon()
    /// What is there after a crash.
    var disk = Daemon()
    /// Answers that wait for the disk, and over which link they go.
    var held: [(link: Int, answer: NumberedDelivery.Answer, number: UInt64, epoch: UInt64)] = []
    /// The last one is the sender's; what is on its way over older ones may still arrive.
    var links: [Link] = []
    /// Those before it were another sender's.
    var firstLink = 0
    var isUp = false

    var last: UInt64 { daemon.learned.last ?? 0 }

    mutating func arrive(over link: Int) {
      guard !links[link].toDaemon.isEmpty else { return }
      let message = links[link].toDaemon.removeFirst()
      let answer: NumberedDelivery.Answer
      if message.number > last, message.previous > max(last, daemon.passedOver) {
        answer = .outOfTurn(last: last)
      } else if bad.contains(message.number) {
        answer = .rejected(last: last)
        if message.number > last { daemon.passedOver = max(daemon.passedOver, message.number) }
      } else if message.number <= last {
        answer = .accepted(last: last, isDuplicate: true)
      } else {
        daemon.learned.append(message.number)
        answer = .accepted(last: message.number, isDuplicate: false)
      }
      held.append((link, answer, message.number, message.epoch))
      if !isDurable { release() }
    }

    mutating func release() {
      for (link, answer, number, epoch) in held { links[link].toSender.append((answer, number, epoch)) }
      held.removeAll()
    }

    mutating func sync() {
      disk.learned = daemon.learned
      release()
    }

    /// What is on its way is cut off somewhere, or all of it arrives later.
    mutating func cut(_ random: inout SeededGenerator) {
      isUp = false
      guard let link = links.indices.last else { return }
      if random.pick([true, false]) {
        links[link].toDaemon.removeLast(random.below(links[link].toDaemon.count + 1))
        links[link].toSender.removeLast(random.below(links[link].toSender.count + 1))
      }
    }

    mutating func crash(_ random: inout SeededGenerator) {
      // Some of what was not synced may be there nevertheless.
      let kept = disk.learned.count + random.below(daemon.learned.count - disk.learned.count + 1)
      daemon = Daemon(learned: Array(daemon.learned.prefix(kept)))
      disk.learned = daemon.learned
      held.removeAll()
      for link in links.indices { links[link].toDaemon.removeAll() }
      cut(&random)
    }
  }

  private static func bytes(of number: UInt64) -> [UInt8] { Array("\(number)".utf8) }

  @Test(arguments: 0..<500)
  func everyMessageIsLearnedOnceAndInOrder(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    let total = UInt64(30 + random.below(120))
    let badness = random.pick([0, 0, 1, 4])
    var world = World(
      bad: Set((1...total).filter { _ in random.below(10) < badness }), isDurable: random.pick([true, false]))
    var limits = NumberedDelivery.Limits()
    limits.messages = random.pick([1, 2, 7, 50])
    limits.bytes = random.pick([1, 20, 1 << 20])
    limits.patience = .max / 2
    var delivery = NumberedDelivery(limits)
    var rejected: Set<UInt64> = []
    var now = 0
    var faults = random.pick([0, 5, 40])
    let comment: Comment = "seed=\(seed)"
    var steps = 0
    var wasCrashed = false
    while delivery.nextNumber <= total || delivery.count > 0 {
      steps += 1
      try #require(steps < 400_000, "seed=\(seed): no end; \(delivery)")
      if delivery.nextNumber <= total, delivery.hasRoom, random.pick([true, false]) {
        _ = delivery.offer(NumberedDeliveryTests.bytes(of: delivery.nextNumber), now: now)
        #expect(delivery.count <= limits.messages, comment)
      }
      switch delivery.next(now: now) {
      case .send(let message):
        #expect(message.payload == NumberedDeliveryTests.bytes(of: message.number), comment)
        if world.isUp {
          world.links[world.links.count - 1].toDaemon.append(message)
          delivery.sent(now: now)
        }
      case .goBack(let last, let acknowledged):
        // Only what was acknowledged before it was safe can be lost.
        #expect(!world.isDurable && last < acknowledged, comment)
        delivery.restart(after: last)
      case .giveUp: Issue.record("seed=\(seed): gave up")
      case .wait, .rest: break
      }
      if !world.isUp, random.below(4) == 0 {
        world.links.append(World.Link())
        world.isUp = true
        delivery.connected(now: now)
      }
      let link = world.links.isEmpty ? 0 : max(0, world.links.count - 1 - random.pick([0, 0, 0, 1, 2]))
      if !world.links.isEmpty { world.arrive(over: link) }
      if random.below(6) == 0 { world.sync() }
      if link >= world.firstLink, !world.links.isEmpty, !world.links[link].toSender.isEmpty {
        let (answer, number, epoch) = world.links[link].toSender.removeFirst()
        if delivery.take(answer, to: number, epoch: epoch, now: now) {
          #expect(rejected.insert(number).inserted || !world.isDurable, "seed=\(seed): \(number) was told of twice")
        }
      }
      now += random.pick([0, 1, 10, 300])
      guard faults > 0, random.below(20) == 0 else { continue }
      faults -= 1
      switch random.below(6) {
      case 0:
        world.cut(&random)
        delivery.disconnected()
      case 1:
        // It is back before the sender has heard of it, if it ever does.
        let isKnown = !world.isUp || random.pick([true, false])
        world.cut(&random)
        world.links.append(World.Link())
        world.isUp = true
        if isKnown { delivery.connected(now: now) }
      case 2:
        world.crash(&random)
        wasCrashed = true
        delivery.disconnected()
      case 3 where !world.links.isEmpty && !world.links[link].toSender.isEmpty:
        world.links[link].toSender.removeFirst()
      case 4 where !world.links.isEmpty && !world.links[link].toDaemon.isEmpty:
        world.links[link].toDaemon.remove(at: random.below(world.links[link].toDaemon.count))
      case 5:
        // The sender itself is killed, and started again from the first message on.
        world.cut(&random)
        world.firstLink = world.links.count
        delivery = NumberedDelivery(limits)
        rejected = []
      default: break
      }
    }
    let expected = (1...total).filter { !world.bad.contains($0) }
    // The end of it may be lost after all was acknowledged, by a daemon that acknowledges what is not safe.
    #expect(expected.starts(with: world.daemon.learned), comment)
    #expect(world.daemon.learned == expected || !world.isDurable && wasCrashed, comment)
    #expect(rejected.isSubset(of: world.bad), comment)
    if world.isDurable { #expect(delivery.acknowledged == world.last || world.bad.contains(total), comment) }
  }

  /// A bad message does not make those behind it be sent again.
  @Test func rejectedMessagesCostNothing() throws {
    var delivery = NumberedDelivery()
    var world = World(bad: Set((1...20_000).filter { $0 % 100 == 50 }), isDurable: false)
    world.links = [World.Link()]
    delivery.connected(now: 0)
    var sent = 0
    var rejected = 0
    while delivery.nextNumber <= 20_000 || delivery.count > 0 {
      while delivery.nextNumber <= 20_000, delivery.hasRoom { _ = delivery.offer([1], now: 0) }
      while case .send(let message) = delivery.next(now: 0) {
        world.links[0].toDaemon.append(message)
        delivery.sent(now: 0)
        sent += 1
      }
      while !world.links[0].toDaemon.isEmpty { world.arrive(over: 0) }
      for (answer, number, epoch) in world.links[0].toSender {
        if delivery.take(answer, to: number, epoch: epoch, now: 0) { rejected += 1 }
      }
      world.links[0].toSender.removeAll()
    }
    #expect(sent == 20_000 && rejected == 200)
  }

  /// A peer that answers nothing is sent one message again, less and less often, until the time is up.
  @Test func silenceIsNotAnsweredWithAFlood() {
    var delivery = NumberedDelivery()
    delivery.connected(now: 0)
    func offer(_ now: Int) { _ = delivery.offer([1], now: now) }
    offer(0)
    var now = 0
    func act() -> NumberedDelivery.Action {
      let action = delivery.next(now: now)
      if case .send = action { delivery.sent(now: now) }
      return action
    }
    _ = act()
    _ = delivery.take(.accepted(last: 1, isDuplicate: false), to: 1, epoch: 1, now: 0)
    for _ in 0..<100 { offer(0) }
    for _ in 0..<100 { _ = act() }
    var sendings: [Int] = []
    while now < 100_000 {
      switch act() {
      case .send(let message):
        #expect(message.number == 2 && message.previous == 1 && message.epoch == 2)
        sendings.append(now)
      case .wait(let time):
        #expect(time > 0)
        now += time
      case .giveUp:
        #expect(sendings == [250, 750, 1750, 3750] + stride(from: 7750, to: 60_000, by: 5000))
        #expect(now == 60_000)
        return
      default: Issue.record("neither sent nor waited")
      }
    }
    Issue.record("never gave up")
  }

  /// A disk that takes two seconds a time is not asked in between.
  @Test func aSlowPeerIsWaitedFor() {
    var delivery = NumberedDelivery()
    delivery.connected(now: 0)
    var sendings = 0
    var now = 0
    for number in UInt64(1)...20 {
      _ = delivery.offer([1], now: now)
      let end = now + 2000
      var epoch: UInt64 = 0
      while now < end {
        switch delivery.next(now: now) {
        case .send(let message):
          epoch = message.epoch
          sendings += 1
          delivery.sent(now: now)
        case .wait(let time): now = min(now + time, end)
        default: Issue.record("neither sent nor waited")
        }
      }
      _ = delivery.take(.accepted(last: number, isDuplicate: false), to: number, epoch: epoch, now: now)
      #expect(delivery.count == 0)
    }
    #expect(sendings == 20 + 3, "three attempts more for the first one")
  }

  @Test func aStreamThatWasThereGoesOn() {
    var delivery = NumberedDelivery()
    delivery.connected(now: 0)
    let isKept = delivery.offer([1], now: 0)
    #expect(isKept && !delivery.hasRoom && delivery.start == nil)
    #expect(delivery.next(now: 0) == .send(.init(number: 1, previous: 0, epoch: 1, payload: [1])))
    delivery.sent(now: 0)
    _ = delivery.take(.accepted(last: 7, isDuplicate: true), to: 1, epoch: 1, now: 0)
    #expect(delivery.start == 7 && delivery.hasRoom)
    #expect(delivery.next(now: 0) == .rest)
    let kept = (2...8).map { delivery.offer([$0], now: 0) }
    #expect(kept == [false, false, false, false, false, false, true])
    #expect(delivery.next(now: 0) == .send(.init(number: 8, previous: 7, epoch: 1, payload: [8])))
  }

  /// What the daemon had acknowledged, and has lost, cannot be sent again from here.
  @Test func aDaemonThatForgetsIsTold() {
    var delivery = NumberedDelivery()
    delivery.connected(now: 0)
    for number in UInt64(1)...3 {
      _ = delivery.offer([1], now: 0)
      delivery.sent(now: 0)
      _ = delivery.take(.accepted(last: number, isDuplicate: false), to: number, epoch: 1, now: 0)
    }
    delivery.connected(now: 0)
    _ = delivery.offer([4], now: 0)
    #expect(delivery.next(now: 0) == .send(.init(number: 4, previous: 3, epoch: 2, payload: [4])))
    delivery.sent(now: 0)
    _ = delivery.take(.outOfTurn(last: 1), to: 4, epoch: 2, now: 0)
    #expect(delivery.next(now: 0) == .goBack(last: 1, acknowledged: 3))
    delivery.restart(after: 1)
    let kept = (1...2).map { delivery.offer([$0], now: 0) }
    #expect(kept == [false, true])
    #expect(delivery.next(now: 0) == .send(.init(number: 2, previous: 1, epoch: 3, payload: [2])))
  }
}
