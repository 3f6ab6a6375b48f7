import Testing
import WhittleProtocol

@Suite struct QueryRequestTests {
  @Test(
    arguments: [
      (.stats, #"{"op":"stats"}"#),
      (.checkpoint, #"{"op":"checkpoint"}"#),
      (.configuration, #"{"op":"configuration"}"#),
      (.coefficients(names: nil, top: nil), #"{"op":"coefficients"}"#),
      (.coefficients(names: nil, top: 10), #"{"op":"coefficients","top":10}"#),
      (.coefficients(names: nil, top: 0), #"{"op":"coefficients","top":0}"#),
      (.coefficients(names: ["hw", ""], top: nil), #"{"names":["hw",""],"op":"coefficients"}"#),
      (.coefficients(names: [], top: nil), #"{"names":[],"op":"coefficients"}"#),
      (
        .predict(x: .object(["hw": .number(2), "c": .string("red")])),
        #"{"op":"predict","x":{"c":"red","hw":2}}"#
      ),
      (.predict(x: .array([.number(1.5), .null])), #"{"op":"predict","x":[1.5,null]}"#),
    ] as [(QueryRequest, String)])
  func roundTrip(_ request: QueryRequest, text: String) throws {
    #expect(try json(request) == text)
    #expect(try decode(QueryRequest.self, text) == request)
  }

  private static let operations = "predict, coefficients, stats, checkpoint, configuration"

  /// Every refusal says what was wrong, and what would be right.
  @Test(
    arguments: [
      ("{}", .badRequest, #"the request has no "op"; known operations: \#(operations)"#),
      (#"{"OP":"stats"}"#, .badRequest, #"the request has no "op"; known operations: \#(operations)"#),
      (#"{"op":5}"#, .badRequest, #""op" must be a string; known operations: \#(operations)"#),
      (#"{"op":null}"#, .badRequest, #""op" must be a string; known operations: \#(operations)"#),
      (#"{"op":["stats"]}"#, .badRequest, #""op" must be a string; known operations: \#(operations)"#),
      (
        #"{"op":"weights"}"#, .unknownOperation,
        #"there is no operation "weights"; known operations: \#(operations)"#
      ),
      (
        #"{"op":"Stats"}"#, .unknownOperation,
        #"there is no operation "Stats"; known operations: \#(operations)"#
      ),
      (
        #"{"op":"coefficients","limit":3}"#, .unknownField,
        #""coefficients" has no field "limit"; known fields: names, top"#
      ),
      (#"{"op":"predict","x":[],"y":1}"#, .unknownField, #""predict" has no field "y"; known fields: x"#),
      (
        #"{"op":"stats","top":1}"#, .unknownField,
        #""stats" has no field "top"; known fields: none besides "op""#
      ),
      (#"{"op":"coefficients","top":-1}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":2.5}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":1e30}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":"3"}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":true}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":null}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","names":"hw"}"#, .badRequest, #""names" must be an array of strings"#),
      (#"{"op":"coefficients","names":["hw",1]}"#, .badRequest, #""names" must be an array of strings"#),
      (#"{"op":"coefficients","names":null}"#, .badRequest, #""names" must be an array of strings"#),
      (
        #"{"op":"coefficients","names":["hw"],"top":3}"#, .badRequest,
        #""names" and "top" exclude each other"#
      ),
      (#"{"op":"predict"}"#, .badRequest, #""predict" needs "x": an object by name or an array by position"#),
      (
        #"{"op":"predict","x":5}"#, .badRequest,
        #""predict" needs "x": an object by name or an array by position"#
      ),
      (
        #"{"op":"predict","x":null}"#, .badRequest,
        #""predict" needs "x": an object by name or an array by position"#
      ),
      ("[]", .badRequest, #"a request is a JSON object such as {"op": "stats"}"#),
      (#""stats""#, .badRequest, #"a request is a JSON object such as {"op": "stats"}"#),
      ("17", .badRequest, #"a request is a JSON object such as {"op": "stats"}"#),
      ("null", .badRequest, #"a request is a JSON object such as {"op": "stats"}"#),
    ] as [(String, QueryFailure.Code, String)])
  func refusals(_ text: String, code: QueryFailure.Code, message: String) {
    #expect(throws: QueryFailure(code, message)) { try decode(QueryRequest.self, text) }
  }
}
