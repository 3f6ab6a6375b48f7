/// The version of what questions and their answers mean.
///
/// A request may name it, and every answer does. New operations, fields and codes of errors do not change it: who does not
/// know them does not ask for them, and passes over what an answer has besides.
public enum QueryProtocol {
  public static let version = 1
}
