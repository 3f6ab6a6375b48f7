internal import FoundationEssentials
internal import WhittleProtocol

extension QueryRequest {
  /// Reads a question. Samples stay where they are: whoever decodes samples reads them there.
  ///
  /// - Throws: what is wrong with it.
  /// - Complexity: O(bytes)
  init(reading text: [UInt8]) throws(QueryFailure) {
    let decoder = JSONDecoder()
    if let key = CodingUserInfoKey.leavesSamples { decoder.userInfo[key] = true }
    do {
      self = try decoder.decode(QueryRequest.self, from: Data(text))
    } catch let failure as QueryFailure {
      throw failure
    } catch {
      throw QueryFailure(.badRequest, "the request is not valid JSON")
    }
  }
}
