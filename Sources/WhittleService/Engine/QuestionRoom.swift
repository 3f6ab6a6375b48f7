internal import Synchronization

/// The memory that large questions may take up while they wait for their answers.
final class QuestionRoom: Sendable {
  private let limit: Int
  private let taken = Atomic(0)

  /// - Parameter limit: bytes of all of them together.
  init(limit: Int) { self.limit = limit }

  /// Takes up room until the ticket is gone.
  ///
  /// - Returns: nil where there is none left.
  func take(_ bytes: Int) -> Ticket? {
    let ticket = Ticket(self, bytes)
    return ticket.taken <= limit ? ticket : nil
  }

  final class Ticket: Sendable {
    private let room: QuestionRoom
    private let bytes: Int
    /// By all tickets together when this one was made.
    fileprivate let taken: Int

    fileprivate init(_ room: QuestionRoom, _ bytes: Int) {
      self.room = room
      self.bytes = bytes
      taken = room.taken.add(bytes, ordering: .relaxed).newValue
    }

    deinit { room.taken.subtract(bytes, ordering: .relaxed) }
  }
}
