/// Tells systemd how a start that takes long gets on, so that it is not cut off.
final class StartProgress {
  /// What a start does that may take long.
  enum Step {
    case checkpoint
    /// By its position, the message learned last.
    case journal(UInt64)

    /// For people.
    fileprivate var text: String {
      switch self {
      case .checkpoint: "reading the newest checkpoint"
      case .journal(let position): "learning the journal again, message \(position)"
      }
    }
  }

  private let notifier: SystemdNotifier
  private var last = -Double.infinity

  /// Seconds between two words.
  private static let interval = 1.0
  /// How long the next one may be in coming. Seconds: a checkpoint of many gigabytes is read in one go.
  private static let patience = 300.0

  init(_ notifier: SystemdNotifier) { self.notifier = notifier }

  /// The start has got here.
  func tell(_ step: Step) {
    let now = monotonicSeconds()
    guard now - last >= StartProgress.interval else { return }
    last = now
    notifier.extendTimeout(seconds: StartProgress.patience)
    notifier.status("starting: \(step.text)")
  }
}
