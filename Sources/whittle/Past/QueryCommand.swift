internal import ArgumentParser
internal import ModelCatalog

struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Ask the catalog of a state directory in SQL. Needs no daemon.",
    discussion: """
      One statement of SQLite's that reads: SELECT, VALUES, WITH or EXPLAIN. There are the tables checkpoints, features and \
      coefficients, and the views latest, trajectory and entered_and_left. What has no value is empty, and bytes are \
      hexadecimal.
      """)

  @Argument(help: "The statement, such as \"SELECT * FROM latest LIMIT 10\".")
  var sql: String

  @OptionGroup var state: StateOptions

  @Flag(help: "Print one JSON object with the names of the columns and the rows.")
  var json = false

  @Flag(help: "Print records of RFC 4180, with a header.")
  var csv = false

  func validate() throws {
    if json, csv { throw ValidationError("--json and --csv exclude each other") }
  }

  func run() throws {
    let reader = try CatalogReader(directory: state.directory)
    if json {
      try write(QueryJSON(), reader)
    } else if csv {
      try write(QueryCSV(), reader)
    } else {
      try write(QueryTable(style: Style(enabled: StandardOutput.terminal.hasColours)), reader)
    }
  }

  private func write(_ form: some QueryForm, _ reader: CatalogReader) throws {
    var form = form
    try reader.query(sql) {
      form.begin($0)
    } row: {
      form.add($0)
      try StandardOutput.write(form.take(atLeast: 1 << 16))
    }
    form.end()
    try StandardOutput.write(form.take(atLeast: 0))
  }
}
