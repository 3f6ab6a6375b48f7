/// The tables and views of a catalog. What each column means stands beside it, and SQLite keeps that: `.schema` shows it.
enum CatalogSchema {
  /// The file's name in a state directory.
  static let fileName = "catalog.sqlite"
  /// What `PRAGMA user_version` says; another one is another schema.
  static let version = 1
  /// The key of `settings` that says how many coefficients of a checkpoint there may be.
  static let limitKey = "catalog.coefficients"

  /// Every table, index and view, in the order in which they can be made.
  static let statements = [
    """
    CREATE TABLE settings (
      key TEXT PRIMARY KEY,          -- catalog.coefficients: of each checkpoint, at most so many coefficients are kept
      value INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE checkpoints (
      id INTEGER PRIMARY KEY,        -- the number in front of the file's name; the highest is the newest
      time REAL NOT NULL,            -- when it was made, in seconds since 1970
      step INTEGER NOT NULL,         -- the model's clock: one more with each sample learned
      samples INTEGER NOT NULL,      -- samples learned since the model was made
      messages INTEGER NOT NULL,     -- messages that the journal had counted
      loss_overall REAL,             -- progressive validation over everything; NULL before the first sample
      loss_recent REAL,              -- and over the recent past
      features INTEGER NOT NULL,     -- features that the model knows
      active_set INTEGER NOT NULL,   -- how many of them have a coefficient that is not zero
      l1_norm REAL NOT NULL,         -- of all coefficients
      l2_norm REAL NOT NULL,
      intercept REAL NOT NULL,
      configuration TEXT NOT NULL,   -- of the learner, as JSON, as the file has it
      file TEXT NOT NULL,            -- its name in the state directory
      bytes INTEGER NOT NULL,
      checksum TEXT NOT NULL,        -- as the file has it
      coefficients INTEGER NOT NULL  -- how many there are in the table coefficients: the active set, or the heaviest of it
    )
    """,
    """
    CREATE TABLE features (
      id INTEGER PRIMARY KEY,        -- of this catalog only: another one may have another for the same name
      name TEXT NOT NULL UNIQUE
    )
    """,
    """
    CREATE TABLE coefficients (
      checkpoint INTEGER NOT NULL REFERENCES checkpoints ON DELETE CASCADE,
      feature INTEGER NOT NULL REFERENCES features DEFERRABLE INITIALLY DEFERRED,
      coefficient REAL NOT NULL,     -- never zero
      PRIMARY KEY (checkpoint, feature)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX coefficients_by_feature ON coefficients (feature, checkpoint)",
    """
    CREATE VIEW latest AS            -- the coefficients of the newest checkpoint, the heaviest first
    SELECT features.name, coefficients.coefficient
    FROM coefficients JOIN features ON features.id = coefficients.feature
    WHERE coefficients.checkpoint = (SELECT max(id) FROM checkpoints)
    ORDER BY abs(coefficients.coefficient) DESC, features.name
    """,
    """
    CREATE VIEW trajectory AS        -- every feature at every checkpoint: 0 outside the active set, NULL where it is not known
    SELECT features.name, checkpoints.id AS checkpoint, checkpoints.time, checkpoints.step,
      CASE
        WHEN coefficients.coefficient IS NOT NULL THEN coefficients.coefficient
        WHEN checkpoints.coefficients = checkpoints.active_set THEN 0.0
      END AS coefficient
    FROM features CROSS JOIN checkpoints
      LEFT JOIN coefficients
      ON coefficients.feature = features.id AND coefficients.checkpoint = checkpoints.id
    """,
    """
    CREATE VIEW entered_and_left AS  -- of each checkpoint and the one before it, as far as it is known
    WITH pairs AS (
      SELECT id, time, step, coefficients = active_set AS whole, lag(id) OVER (ORDER BY id) AS before,
        lag(coefficients = active_set) OVER (ORDER BY id) AS whole_before
      FROM checkpoints
    )
    SELECT pairs.id AS checkpoint, pairs.time, pairs.step, features.name, 'entered' AS change, 0.0 AS before,
      coefficients.coefficient AS after
    FROM pairs
      JOIN coefficients ON coefficients.checkpoint = pairs.id
      JOIN features ON features.id = coefficients.feature
    WHERE pairs.whole_before AND NOT EXISTS (
        SELECT 1 FROM coefficients AS other
        WHERE other.checkpoint = pairs.before AND other.feature = coefficients.feature
      )
    UNION ALL
    SELECT pairs.id, pairs.time, pairs.step, features.name, 'left', coefficients.coefficient, 0.0
    FROM pairs
      JOIN coefficients ON coefficients.checkpoint = pairs.before
      JOIN features ON features.id = coefficients.feature
    WHERE pairs.whole AND NOT EXISTS (
        SELECT 1 FROM coefficients AS other
        WHERE other.checkpoint = pairs.id AND other.feature = coefficients.feature
      )
    """,
  ]
}
