import Foundation
import Testing
import WhittleProtocol

@Suite struct JSONValueTests {
  @Test(
    arguments: [
      ("null", .null),
      ("true", .boolean(true)),
      ("false", .boolean(false)),
      ("0", .number(0)),
      ("1", .number(1)),
      ("1000", .number(1000)),
      ("-1.5", .number(-1.5)),
      ("0.1", .number(0.1)),
      ("1e-300", .number(1e-300)),
      ("9007199254740992", .number(9_007_199_254_740_992)),
      (#""""#, .string("")),
      (#""1""#, .string("1")),
      (#""true""#, .string("true")),
      (#""é\u0000\"/""#, .string("é\0\"/")),
      ("[]", .array([])),
      ("{}", .object([:])),
      (
        #"[null,true,1,"x",[],{}]"#,
        .array([.null, .boolean(true), .number(1), .string("x"), .array([]), .object([:])])
      ),
      (
        #"{"":{"a":[1,{"b":null}]}}"#,
        .object(["": .object(["a": .array([.number(1), .object(["b": .null])])])])
      ),
    ] as [(String, JSONValue)])
  func roundTrip(_ text: String, value: JSONValue) throws {
    #expect(try decode(JSONValue.self, text) == value)
    #expect(try json(value) == text)
  }

  @Test(
    arguments: [UInt64.max, 1 << 62, 0x1234_5678_9ABC_DEF0].map {
      Double(bitPattern: $0 & 0x7FE0_FFFF_FFFF_FFFF)
    })
  func numbersComeBackToTheBit(_ number: Double) throws {
    #expect(try decode(JSONValue.self, json(JSONValue.number(number))) == .number(number))
  }

  @Test(arguments: ["1e999", "[1,-1e999]", #"{"a":[1e999]}"#, "", "{", "tru", "[1 2]"])
  func refusesWhatIsNotAValue(_ text: String) {
    #expect(throws: DecodingError.self) { try decode(JSONValue.self, text) }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func numbersThatJSONCannotSayAreErrors(_ number: Double) {
    #expect(throws: EncodingError.self) { try json(JSONValue.array([.number(number)])) }
  }

  @Test func deepNestingIsReadOrRefused() throws {
    let shallow = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(try json(decode(JSONValue.self, shallow)) == shallow)
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    #expect(throws: DecodingError.self) { try decode(JSONValue.self, deep) }
  }
}
