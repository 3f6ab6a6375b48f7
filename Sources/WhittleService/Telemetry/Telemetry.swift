internal import FoundationEssentials
internal import ModelCatalog
internal import OnlineLearning
internal import SampleFormats
internal import Synchronization
public import WhittleProtocol

/// What a daemon shows of itself to whoever looks on, such as a page over HTTP: the newest figures, and how they went, in
/// bounded memory. Who looks on never reaches the model or the engine, and holds up neither.
///
/// Safe from every thread. The publisher's thread tells it of snapshots and events, the engine's of its settings and
/// checkpoints.
public final class Telemetry: Sendable {
  /// How far the daemon is.
  public enum Phase: Sendable, Equatable {
    case starting, learning, stopping
  }

  /// What was read last of the stream, besides what `stats` says.
  public struct Reading: Sendable {
    public let stats: Stats
    public let measurements: EngineMeasurements
    /// When, in seconds since 1970.
    public let time: Double
  }

  private struct State {
    var phase = Phase.starting
    var reading: Reading?
    var coefficients: Coefficients?
    var configuration: ConfigurationReport?
    var history = History()
    var path = CoefficientPath()
    /// The newest last.
    var events: [LiveMessage] = []
    var eventCounts: [String: UInt64] = [:]
    var checkpoints: [CheckpointReport] = []
    var latest: [LiveMessage.Kind: LiveMessage] = [:]
    var lastID: UInt64
    var listeners: [UInt64: AsyncStream<LiveMessage>.Continuation] = [:]
    var listenersSoFar: UInt64 = 0
    var lastTaken = -Double.infinity
    var lastTime = 0.0

    mutating func nextID() -> UInt64 {
      lastID += 1
      return lastID
    }
  }

  /// How many coefficients are kept, and how many of them are told live.
  public static let coefficientLimit = 1000
  static let liveCoefficients = 50
  static let eventLimit = 200
  static let checkpointLimit = 100
  /// How many may listen at a time, and how many messages wait for a slow one: then the oldest go.
  public static let listenerLimit = 100
  static let listenerBuffer = 16
  /// Kinds of events that are counted by name; later ones are counted together as `other`.
  static let eventKindLimit = 50
  /// All reasons that messages are rejected for.
  public static let rejectReasons = SampleError.Reason.allCases.map(\.rawValue)
  /// All reasons that somebody is refused for who connects.
  public static let refusalReasons = DoorRefusal.allCases.map(\.rawValue)
  /// Seconds between two snapshots that are looked at, at least.
  static let spacing = 0.2
  /// Seconds that the engine may work at a stretch; a message of the largest size takes a fraction of that.
  static let longestTurn = 60.0

  /// When the daemon started, in seconds since 1970.
  public let startTime = unixSeconds()
  /// Of the engine.
  let heartbeat = Heartbeat()
  /// How the endpoints are opened on which it is shown.
  public let opening = EndpointOpening()
  private let state: Mutex<State>

  public init() {
    // Milliseconds, so that whoever asks for what came after an earlier daemon's last message gets all of this one's.
    state = Mutex(State(lastID: UInt64(max(0, startTime) * 1000)))
  }
}

/// What it is told.
extension Telemetry {
  /// Takes a snapshot, unless the one before is only just taken.
  ///
  /// - Parameters:
  ///   - stats: of the snapshot.
  ///   - values: of all its features.
  /// - Complexity: O(features)
  func take(_ snapshot: EngineSnapshot, _ stats: Stats, _ values: [Float]) {
    let now = monotonicSeconds()
    guard state.withLock({ now - $0.lastTaken >= Telemetry.spacing }) else { return }
    var kept = HeaviestCoefficients(Telemetry.coefficientLimit)
    for (index, value) in values.enumerated() where value != 0 { kept.add(value, at: index) }
    let heaviest = kept.sorted.map { (CoefficientPath.Feature($0.index, snapshot), $0.value) }
    let coefficients = Coefficients(
      step: stats.step, intercept: stats.intercept, names: heaviest.map(\.0.name), values: heaviest.map(\.1),
      features: stats.features, activeSet: stats.activeSet)
    let told = encoded(coefficients.first(Telemetry.liveCoefficients))
    let figures = encoded(stats)
    let receivers = state.withLock { state in
      state.lastTaken = now
      state.lastTime = max(state.lastTime, unixSeconds())
      state.reading = Reading(stats: stats, measurements: snapshot.reading.measurements, time: state.lastTime)
      state.coefficients = coefficients
      state.history.append(stats, now: now, time: state.lastTime)
      state.path.append(heaviest.prefix(state.path.places).map(\.0), step: stats.step, now: now, time: state.lastTime) {
        $0.index < values.count && $0 == CoefficientPath.Feature($0.index, snapshot) ? values[$0.index] : nil
      }
      let messages = [(LiveMessage.Kind.coefficients, told), (.stats, figures)].compactMap { kind, json in
        json.map { (kind, LiveMessage(id: state.nextID(), kind: kind, json: $0)) }
      }
      for (kind, message) in messages { state.latest[kind] = message }
      return (messages.map(\.1), Array(state.listeners.values))
    }
    tell(receivers)
  }

  func take(_ event: Event) {
    guard let json = encoded(event) else { return }
    let receivers = state.withLock { state in
      let message = LiveMessage(id: state.nextID(), kind: .event, json: json)
      if state.events.count == Telemetry.eventLimit { state.events.removeFirst() }
      state.events.append(message)
      let name = event.kind.rawValue
      let isKnown = state.eventCounts[name] != nil || state.eventCounts.count < Telemetry.eventKindLimit
      state.eventCounts[isKnown ? name : "other", default: 0] += 1
      return ([message], Array(state.listeners.values))
    }
    tell(receivers)
  }

  private func tell(_ receivers: (messages: [LiveMessage], listeners: [AsyncStream<LiveMessage>.Continuation])) {
    for listener in receivers.listeners {
      for message in receivers.messages { listener.yield(message) }
    }
  }

  func take(_ configuration: ConfigurationReport) {
    state.withLock { $0.configuration = configuration }
  }

  /// A checkpoint was written, or was there at the start.
  func take(_ checkpoint: CheckpointReport) {
    state.withLock { state in
      if state.checkpoints.count == Telemetry.checkpointLimit { state.checkpoints.removeFirst() }
      state.checkpoints.append(checkpoint)
    }
  }

  /// The daemon has got further. Once it stops, nobody listens any more.
  func enter(_ phase: Phase) {
    state.withLock { state in
      // A stop may come before the word that the start is over.
      if state.phase != .stopping { state.phase = phase }
    }
    if phase == .stopping { endListening() }
  }
}

/// What it tells.
extension Telemetry {
  public var phase: Phase { state.withLock { $0.phase } }
  public var reading: Reading? { state.withLock { $0.reading } }
  public var configuration: ConfigurationReport? { state.withLock { $0.configuration } }
  public var history: HistoryReport { state.withLock { $0.history }.report }
  public var path: PathReport { state.withLock { $0.path }.report }
  /// The newest first.
  public var checkpoints: [CheckpointReport] { state.withLock { $0.checkpoints }.reversed() }
  /// The newest first.
  public var events: [LiveMessage] { state.withLock { $0.events }.reversed() }
  /// How many events of each kind there were.
  public var eventCounts: [String: UInt64] { state.withLock { $0.eventCounts } }
  public var listenerCount: Int { state.withLock { $0.listeners.count } }
  /// The newest stats, as JSON.
  public var stats: LiveMessage? { state.withLock { $0.latest[.stats] } }

  /// The heaviest coefficients; nil before the first snapshot.
  ///
  /// - Parameter count: how many, at most.
  public func coefficients(top count: Int) -> Coefficients? {
    state.withLock { $0.coefficients }?.first(count)
  }

  /// For how long the engine has not got further, in seconds; nil where all is well.
  public var secondsStuck: Double? {
    // Before and after that it waits for other threads, however long that takes.
    guard phase == .learning else { return nil }
    let seconds = heartbeat.seconds(now: monotonicSeconds())
    return seconds > Telemetry.longestTurn ? seconds : nil
  }

  /// All that is told from here on, and before that the newest stats and coefficients, and events that were missed. Whoever
  /// is slow misses some, the oldest first; the numbers of messages show it.
  ///
  /// - Parameter id: the last message that was heard; nil where nothing was missed.
  /// - Returns: nil where too many listen already, or the daemon is stopping.
  public func listen(after id: UInt64?) -> LiveMessages? {
    state.withLock { state -> LiveMessages? in
      guard state.phase != .stopping, state.listeners.count < Telemetry.listenerLimit else { return nil }
      state.listenersSoFar += 1
      let number = state.listenersSoFar
      let (stream, continuation) = AsyncStream.makeStream(
        of: LiveMessage.self, bufferingPolicy: .bufferingNewest(Telemetry.listenerBuffer))
      state.listeners[number] = continuation
      let missed = id.map { id in state.events.filter { $0.id > id } } ?? []
      let first = (missed + state.latest.values).sorted { $0.id < $1.id }
      return LiveMessages(first: first, following: stream, number: number)
    }
  }

  /// Lets every listener know that the connection is alive.
  public func pause() { tell(([.pause], state.withLock { Array($0.listeners.values) })) }

  /// Whoever listens hears no more; they may come again.
  public func endListening() {
    for listener in state.withLock({ Array($0.listeners.values) }) { listener.finish() }
  }

  /// The listener is gone.
  public func end(_ messages: LiveMessages) {
    state.withLock { $0.listeners.removeValue(forKey: messages.number) }?.finish()
  }
}

/// What a listener gets.
public struct LiveMessages: Sendable {
  /// At once.
  public let first: [LiveMessage]
  /// From then on, until listening is ended.
  public let following: AsyncStream<LiveMessage>
  fileprivate let number: UInt64
}

private func encoded(_ message: some Encodable) -> [UInt8]? {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  // What cannot be put into words, the publisher has logged already.
  return (try? encoder.encode(message)).map { Array($0) }
}

extension CoefficientPath.Feature {
  fileprivate init(_ index: Int, _ snapshot: EngineSnapshot) {
    self.init(index: index, name: snapshot.model.name(at: index))
  }
}

extension Coefficients {
  /// The first so many.
  fileprivate func first(_ count: Int) -> Coefficients {
    Coefficients(
      step: step, intercept: intercept, names: Array(names.prefix(count)), values: Array(values.prefix(count)),
      features: features, activeSet: activeSet)
  }
}
