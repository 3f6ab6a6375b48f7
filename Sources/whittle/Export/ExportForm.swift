internal import ArgumentParser

/// What an export is written as.
enum ExportForm: String, CaseIterable, ExpressibleByArgument {
  /// A table of features and coefficients.
  case csv
  /// One object with the intercept, names and values.
  case json
  /// Arrays that numpy loads.
  case npz
  /// A regressor that Vowpal Wabbit loads.
  case vw
  /// A model that scikit-learn loads, by joblib or pickle.
  case sklearn
  /// A checkpoint's file as it is.
  case safetensors

  static let notation = """
    csv has a line for the intercept, "(intercept)", above those of the features, the heaviest first.
    json is one object: step, loss, intercept, names and values, the heaviest first.
    npz is for numpy.load: names, values, intercept, step and loss.
    vw is a regressor for `vw --testonly --initial_regressor FILE`; features are hashed as `vw` hashes them, those of names \
    like words^cheap into the namespace words. Predictions are those of the daemon.
    sklearn is for joblib.load and pickle.load: a LinearRegression, LogisticRegression, LinearSVC or PoissonRegressor whose \
    feature_names_in_ say the order of the columns.
    safetensors is a copy of a checkpoint, checked before.
    """

  /// By the end of a file's name.
  init?(of path: String) {
    guard let end = path.lastIndex(of: ".") else { return nil }
    switch path[path.index(after: end)...].lowercased() {
    case "joblib", "pkl", "pickle": self = .sklearn
    case "vw", "model", "regressor": self = .vw
    case let ending:
      guard let form = ExportForm(rawValue: ending) else { return nil }
      self = form
    }
  }
}
