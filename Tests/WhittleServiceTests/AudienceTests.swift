import Testing
import WhittleProtocol

@testable import WhittleService

@Suite struct AudienceTests {
  private func prefix(_ text: String) -> ArraySlice<UInt8> { Array(text.utf8)[...] }

  private func heard(_ audience: Audience) -> [Topic] { Topic.allCases.filter { audience.hears($0) } }

  @Test func whoSubscribesHearsWhatBeginsSo() {
    var audience = Audience()
    #expect(heard(audience) == [])
    audience.came(prefix("coefficients"))
    #expect(heard(audience) == [.coefficients, .coefficientsDelta])
    audience.came(prefix("coefficients.delta"))
    audience.came(prefix("weather"))
    audience.left(prefix("coefficients"))
    #expect(heard(audience) == [.coefficientsDelta])
    audience.came(prefix(""))
    #expect(heard(audience) == Topic.allCases)
    audience.left(prefix(""))
    audience.left(prefix("coefficients.delta"))
    #expect(heard(audience) == [])
  }

  /// libzmq tells of every subscription, and only of the last end of those to a prefix.
  @Test func manyToOnePrefixEndAsOne() {
    var audience = Audience()
    for _ in 0..<3 { audience.came(prefix("stats")) }
    #expect(heard(audience) == [.stats])
    audience.left(prefix("stats"))
    #expect(heard(audience) == [])
    // Of one that nobody knows.
    audience.left(prefix("stats"))
    audience.came(prefix("stats"))
    #expect(heard(audience) == [.stats])
  }
}
