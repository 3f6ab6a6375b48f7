import FoundationEssentials
import Testing
import WhittleProtocol

@Suite struct QueryRequestTests {
  @Test(
    arguments: [
      (.stats, #"{"op":"stats","protocol":1}"#),
      (.checkpoint, #"{"op":"checkpoint","protocol":1}"#),
      (.configuration, #"{"op":"configuration","protocol":1}"#),
      (.coefficients(names: nil, top: nil), #"{"op":"coefficients","protocol":1}"#),
      (.coefficients(names: nil, top: 10), #"{"op":"coefficients","protocol":1,"top":10}"#),
      (.coefficients(names: nil, top: 0), #"{"op":"coefficients","protocol":1,"top":0}"#),
      (.coefficients(names: ["hw", ""], top: nil), #"{"names":["hw",""],"op":"coefficients","protocol":1}"#),
      (.coefficients(names: [], top: nil), #"{"names":[],"op":"coefficients","protocol":1}"#),
      (
        .coefficients(CoefficientsQuestion(top: 3, like: "p*", active: true, limit: 5, binary: true)),
        #"{"active":true,"binary":true,"like":"p*","limit":5,"op":"coefficients","protocol":1,"top":3}"#
      ),
      (
        .coefficients(CoefficientsQuestion(limit: 5, cursor: "a-1")),
        #"{"cursor":"a-1","limit":5,"op":"coefficients","protocol":1}"#
      ),
      (
        .predict(x: .object(["hw": .number(2), "c": .string("red")])),
        #"{"op":"predict","protocol":1,"x":{"c":"red","hw":2}}"#
      ),
      (.predict(x: .array([.number(1.5), .null])), #"{"op":"predict","protocol":1,"x":[1.5,null]}"#),
      (
        .predict(PredictQuestion(.several([.array([.number(1)]), .object(["a": .number(2)])]))),
        #"{"op":"predict","protocol":1,"samples":[[1],{"a":2}]}"#
      ),
      (
        .predict(PredictQuestion(.several([]), binary: true)),
        #"{"binary":true,"op":"predict","protocol":1,"samples":[]}"#
      ),
      (
        .predict(PredictQuestion(.arrays(.object(["dtype": .string("<f4")])))),
        #"{"arrays":{"dtype":"<f4"},"op":"predict","protocol":1}"#
      ),
      (.explain(x: .object(["a": .number(2)])), #"{"op":"explain","protocol":1,"x":{"a":2}}"#),
    ] as [(QueryRequest, String)])
  func roundTrip(_ request: QueryRequest, text: String) throws {
    #expect(try json(request) == text)
    #expect(try decode(QueryRequest.self, text) == request)
  }

  /// The protocol need not be named, and samples can be left to others.
  @Test func shortForms() throws {
    #expect(try decode(QueryRequest.self, #"{"op":"stats"}"#) == .stats)
    #expect(try decode(QueryRequest.self, #"{"op":"stats","protocol":1.0}"#) == .stats)
    let decoder = JSONDecoder()
    decoder.userInfo[try #require(CodingUserInfoKey.leavesSamples)] = true
    func left(_ text: String) throws -> QueryRequest {
      try decoder.decode(QueryRequest.self, from: Data(text.utf8))
    }
    #expect(try left(#"{"op":"predict","x":{"a":1}}"#) == .predict(x: .null))
    #expect(try left(#"{"op":"explain","x":[1]}"#) == .explain(x: .null))
    #expect(
      try left(#"{"op":"predict","samples":[1],"binary":true}"#)
        == .predict(PredictQuestion(.several([]), binary: true)))
  }

  private static let operations = "predict, explain, coefficients, stats, checkpoint, configuration, set, reset, reload"

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
        #"{"op":"coefficients","most":3}"#, .unknownField,
        #""coefficients" has no field "most"; known fields: names, top, like, active, limit, cursor, binary"#
      ),
      (
        #"{"op":"predict","x":[],"y":1}"#, .unknownField,
        #""predict" has no field "y"; known fields: x, samples, arrays, binary"#
      ),
      (
        #"{"op":"stats","top":1}"#, .unknownField,
        #""stats" has no field "top"; known fields: none besides "op" and "protocol""#
      ),
      (#"{"op":"coefficients","top":-1}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":2.5}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":1e30}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":"3"}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":true}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","top":null}"#, .badRequest, #""top" must be a whole number of at least 0"#),
      (#"{"op":"coefficients","limit":0}"#, .badRequest, #""limit" must be a whole number of at least 1"#),
      (#"{"op":"coefficients","active":"yes"}"#, .badRequest, #""active" must be true or false"#),
      (#"{"op":"coefficients","like":7}"#, .badRequest, #""like" must be a pattern such as "price*""#),
      (#"{"op":"coefficients","cursor":7}"#, .badRequest, #""cursor" must be the cursor that an answer told"#),
      (
        #"{"op":"coefficients","names":["hw"],"like":"h*"}"#, .badRequest,
        #""names" and "like" exclude each other"#
      ),
      (
        #"{"op":"coefficients","cursor":"a-1","binary":true}"#, .badRequest,
        #""cursor" and "binary" exclude each other"#
      ),
      (#"{"op":"coefficients","names":"hw"}"#, .badRequest, #""names" must be an array of strings"#),
      (#"{"op":"coefficients","names":["hw",1]}"#, .badRequest, #""names" must be an array of strings"#),
      (#"{"op":"coefficients","names":null}"#, .badRequest, #""names" must be an array of strings"#),
      (
        #"{"op":"coefficients","names":["hw"],"top":3}"#, .badRequest,
        #""names" and "top" exclude each other"#
      ),
      (
        #"{"op":"predict"}"#, .badRequest,
        #""predict" needs "x": an object by name or an array by position; or "samples": an array of them; or "#
          + #""arrays": a header, with its buffers in the frames after it"#
      ),
      (#"{"op":"predict","x":5}"#, .badRequest, #""x" must be an object by name or an array by position"#),
      (#"{"op":"predict","x":null}"#, .badRequest, #""x" must be an object by name or an array by position"#),
      (#"{"op":"predict","x":{},"samples":[]}"#, .badRequest, #""x" and "samples" exclude each other"#),
      (#"{"op":"predict","arrays":{},"samples":[]}"#, .badRequest, #""samples" and "arrays" exclude each other"#),
      (
        #"{"op":"predict","samples":{}}"#, .badRequest,
        #""samples" must be an array of samples: objects or arrays"#
      ),
      (
        #"{"op":"predict","samples":[{},3]}"#, .badRequest,
        #""samples" must be an array of samples: objects or arrays"#
      ),
      (#"{"op":"predict","arrays":[]}"#, .badRequest, #""arrays" must be an object"#),
      (#"{"op":"predict","samples":[],"binary":1}"#, .badRequest, #""binary" must be true or false"#),
      (
        #"{"op":"predict","x":{},"binary":true}"#, .badRequest,
        #""binary" is for "samples" and "arrays"; one sample's answer is JSON"#
      ),
      (#"{"op":"explain"}"#, .badRequest, #""explain" needs "x": an object by name or an array by position"#),
      (#"{"op":"explain","x":"a"}"#, .badRequest, #""x" must be an object by name or an array by position"#),
      (
        #"{"op":"explain","x":{},"samples":[]}"#, .unknownField,
        #""explain" has no field "samples"; known fields: x"#
      ),
      (
        #"{"op":"stats","protocol":2}"#, .unsupportedProtocol,
        "protocol 2 is not spoken here; known protocols: 1"
      ),
      (
        #"{"op":"foretell","protocol":0}"#, .unsupportedProtocol,
        "protocol 0 is not spoken here; known protocols: 1"
      ),
      (#"{"op":"stats","protocol":"1"}"#, .badRequest, #""protocol" must be a whole number"#),
      (#"{"op":"stats","protocol":null}"#, .badRequest, #""protocol" must be a whole number"#),
      ("[]", .badRequest, #"a request is a JSON object such as {"op": "stats"}"#),
      (#""stats""#, .badRequest, #"a request is a JSON object such as {"op": "stats"}"#),
      ("17", .badRequest, #"a request is a JSON object such as {"op": "stats"}"#),
      ("null", .badRequest, #"a request is a JSON object such as {"op": "stats"}"#),
    ] as [(String, QueryFailure.Code, String)])
  func refusals(_ text: String, code: QueryFailure.Code, message: String) {
    #expect(throws: QueryFailure(code, message)) { try decode(QueryRequest.self, text) }
  }
}
