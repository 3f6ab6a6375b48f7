import Testing
import WhittleProtocol

@testable import whittle

@Suite struct ExplanationTableTests {
  private let explanation = Explanation(
    step: 12_000, prediction: 1.75, margin: 1.75, intercept: 0.5, names: ["sleep", "価格", "hw"], values: [7.5, 2, 1],
    coefficients: [0.25, -0.5, 0.375], contributions: [1.875, -1, 0.375], unknownFeatures: [])

  private func lines(_ table: ExplanationTable) -> [String] {
    table.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func aSumWithBars() {
    #expect(
      lines(ExplanationTable(explanation, columns: 60)) == [
        "prediction 1.75   margin 1.75   step 12,000",
        "",
        "NAME       VALUE  COEFFICIENT  CONTRIBUTION",
        "sleep        7.5         0.25         1.875         │███████",
        "価格           2         -0.5            -1     ████│",
        "hw             1        0.375         0.375         │█",
        "intercept                               0.5         │██",
        "total                                  1.75",
        "",
      ])
  }

  @Test func onlyTheHeaviest() {
    #expect(
      lines(ExplanationTable(explanation, top: 1, digits: 2, columns: 40)) == [
        "prediction 1.8   margin 1.8   step 12,000",
        "",
        "NAME       VALUE  COEFFICIENT  CONTRIBUTION",
        "sleep        7.5         0.25           1.9",
        "2 others                              -0.62",
        "intercept                               0.5",
        "total                                   1.8",
        "",
      ])
    #expect(ExplanationTable(explanation, top: 2).text.contains("\n1 other "))
    #expect(!ExplanationTable(explanation, top: 3).text.contains("other"))
    let less = explanation.heaviest(2)
    #expect(less.names == ["sleep", "価格"])
    #expect(less.values == [7.5, 2])
    #expect(less.coefficients == [0.25, -0.5])
    #expect(less.contributions == [1.875, -1])
    #expect(less.margin == 1.75)
  }

  @Test func whatTheModelDoesNotKnow() {
    var explanation = explanation
    explanation.unknownFeatures = ["age", "\u{1B}[2J"]
    explanation.collisions = [["sleep", "hw"]]
    let text = ExplanationTable(explanation).text
    #expect(text.contains("\nunknown to the model, and counted as zero: age, \u{FFFD}[2J\n"))
    #expect(text.contains("\nlearned as one feature, by their hash: sleep, hw\n"))
  }

  @Test func nothingToAdd() {
    let empty = Explanation(
      step: 0, prediction: 0, margin: 0, intercept: 0, names: [], values: [], coefficients: [], contributions: [],
      unknownFeatures: [])
    let names = lines(ExplanationTable(empty)).dropFirst(2).map { $0.prefix { $0 != " " } }
    #expect(names == ["NAME", "intercept", "total", ""])
    // A daemon's answer that is broken does not break the tool.
    var broken = explanation
    broken.values = []
    #expect(ExplanationTable(broken).text.contains("3 others"))
  }
}
