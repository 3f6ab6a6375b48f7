"""The catalog of a state directory, as anyone reads it who has SQLite and nothing of whittle."""

import contextlib
import sqlite3
from pathlib import Path

NAME = "catalog.sqlite"


@contextlib.contextmanager
def opened(state: Path, mode: str = "ro"):
    """A connection that is closed in the end. Transactions are the test's own."""
    connection = sqlite3.connect(f"file:{state / NAME}?mode={mode}", uri=True, isolation_level=None, timeout=0)
    try:
        yield connection
    finally:
        connection.close()


def rows(state: Path, sql: str, *arguments) -> list[tuple]:
    with opened(state) as connection:
        return connection.execute(sql, arguments).fetchall()


def ids(state: Path) -> list[int]:
    return [number for number, in rows(state, "SELECT id FROM checkpoints ORDER BY id")]


def coefficients(state: Path, checkpoint: int) -> dict[str, float]:
    return dict(rows(
        state, "SELECT name, coefficient FROM coefficients JOIN features ON id = feature WHERE checkpoint = ?", checkpoint))


def dump(state: Path) -> dict[str, list[tuple]]:
    """All rows of all tables, features by their names."""
    return {
        "settings": rows(state, "SELECT * FROM settings ORDER BY key"),
        "checkpoints": rows(state, "SELECT * FROM checkpoints ORDER BY id"),
        "features": rows(state, "SELECT name FROM features ORDER BY name"),
        "coefficients": rows(
            state, "SELECT checkpoint, name, coefficient FROM coefficients JOIN features ON id = feature ORDER BY 1, 2"),
    }
