internal import OperatingThreads
internal import Synchronization

/// Has pieces made on one thread while the caller's takes those before: the disk need not wait for the processor.
final class PieceRelay: @unchecked Sendable {
  // Between its start and its end the maker's thread alone has it.
  private var pieces: FeaturePieces
  // Each belongs to the maker's thread after `free`, and to the caller's after `made`.
  private let slots: [FeaturePieces.Piece]
  private let free = Semaphore(UInt32(PieceRelay.width))
  private let made = Semaphore(0)
  private let isOver = Atomic(false)

  /// Pieces that are in memory at once.
  private static let width = 4

  private init(_ pieces: FeaturePieces) {
    self.pieces = pieces
    slots = (0..<PieceRelay.width).map { _ in FeaturePieces.Piece(for: pieces) }
  }

  /// - Parameter take: is called on the caller's thread, for one piece after the other.
  /// - Returns: the pieces, all made.
  /// - Throws: what `take` throws.
  static func run<Failure: Error>(
    _ pieces: FeaturePieces, _ take: (FeaturePieces.Piece) throws(Failure) -> Void
  ) throws(Failure) -> FeaturePieces {
    let relay = PieceRelay(pieces)
    guard let thread = try? OperatingThread(named: "whittle-pieces", { relay.make() }) else {
      let slot = relay.slots[0]
      while relay.pieces.make(slot) { try take(slot) }
      return relay.pieces
    }
    do throws(Failure) {
      try relay.takeAll(take)
    } catch {
      relay.isOver.store(true, ordering: .relaxed)
      relay.free.signal()
      thread.join()
      throw error
    }
    thread.join()
    return relay.pieces
  }

  private func make() {
    var number = 0
    while true {
      free.wait()
      if isOver.load(ordering: .relaxed) { return }
      let isOne = pieces.make(slots[number % slots.count])
      made.signal()
      if !isOne { return }
      number += 1
    }
  }

  private func takeAll<Failure: Error>(
    _ take: (FeaturePieces.Piece) throws(Failure) -> Void
  ) throws(Failure) {
    var number = 0
    while true {
      made.wait()
      let slot = slots[number % slots.count]
      // After the last one comes an empty one.
      if slot.parts.isEmpty { return }
      try take(slot)
      free.signal()
      number += 1
    }
  }
}
