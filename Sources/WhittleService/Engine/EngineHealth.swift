internal import OnlineLearning
internal import WhittleProtocol

extension Engine {
  /// Tells subscribers once of each change of what is wrong, if anything is.
  func tellHealth() {
    let problem = problem
    if problem == toldProblem { return }
    let (kind, text): (Event.Kind, String) =
      if let problem {
        (.degraded, "learning goes on, but \(problem)")
      } else {
        (.recovered, "nothing is wrong any more; before, \(toldProblem ?? "")")
      }
    publisher.publish(
      Event(kind, step: model.steps, time: unixSeconds(), message: text, problem: problem ?? toldProblem))
    toldProblem = problem
  }
}
