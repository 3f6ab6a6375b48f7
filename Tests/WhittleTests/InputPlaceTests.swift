import Testing

@testable import whittle

@Suite struct InputPlaceTests {
  @Test func placesAsPeopleReadThem() {
    var place = InputPlace("a.csv", line: 3)
    #expect("\(place)" == "a.csv:3")
    place.extend(to: "a.csv", line: 7)
    #expect("\(place)" == "a.csv:3-7")
    place.extend(to: "b.csv", line: 3)
    #expect("\(place)" == "a.csv:3 to b.csv:3")
  }
}
