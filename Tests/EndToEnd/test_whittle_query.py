"""`whittle query` beside sqlite3 on the same catalog."""

import csv
import io
import json
import signal
import subprocess

import pytest

import catalog
from daemon import LIMIT, PROGRAMS, clean_environment
from streams import random_samples
from tool import whittle

NAMES = ["größe", "a,b \"c\"", "tab\tnew\nline", "e\u0301", "\u00e9", "nul\0byte", "🦊"]


@pytest.fixture(scope="module")
def state(start_shared):
    """A state directory with two checkpoints, its daemon stopped."""
    daemon = start_shared()
    daemon.learn(*random_samples(100))
    daemon.checkpoint()
    daemon.learn(*({"y": 3 + at, "x": {name: 2}} for at, name in enumerate(NAMES)))
    daemon.checkpoint()
    assert daemon.stop() == 0
    return daemon.state


def query(state, sql: str, *arguments, code: int = 0):
    return whittle(None, "query", sql, "--state", state, *arguments, code=code)


QUERIES = [
    "SELECT * FROM checkpoints", "SELECT * FROM latest", "SELECT * FROM trajectory ORDER BY name, checkpoint",
    "SELECT * FROM entered_and_left ORDER BY name", "SELECT count(*) FROM features WHERE 0", "SELECT id FROM checkpoints WHERE 0",
    "VALUES (1, 'a', NULL), (2.5, '', 9e999)",
]


@pytest.mark.parametrize("sql", QUERIES)
def test_json_is_what_sqlite_answers(state, sql):
    answer = json.loads(query(state, sql, "--json").stdout)
    with catalog.opened(state) as connection:
        cursor = connection.execute(sql)
        assert answer == {"columns": [column for column, *_ in cursor.description], "rows": [list(row) for row in cursor]}


@pytest.mark.parametrize("sql", QUERIES)
def test_csv_is_what_sqlite_answers(state, sql):
    # As bytes: reading text would make other line ends of some.
    ended = subprocess.run(
        [PROGRAMS / "whittle", "query", sql, "--state", state, "--csv"], env=clean_environment(), capture_output=True,
        timeout=LIMIT, check=True)
    header, *found = csv.reader(io.StringIO(ended.stdout.decode(), newline=""))
    with catalog.opened(state) as connection:
        cursor = connection.execute(sql)
        assert header == [column for column, *_ in cursor.description]
        for fields, row in zip(found, cursor, strict=True):
            for field, value in zip(fields, row, strict=True):
                if value is None:
                    assert field == ""
                elif isinstance(value, (int, float)):
                    assert type(value)(field) == value
                else:
                    assert field == value


def test_bytes_are_hexadecimal(state):
    sql = "SELECT x'00ff10' AS bytes, x'' AS none"
    assert query(state, sql, "--csv").stdout == "bytes,none\n00ff10,\n"
    assert json.loads(query(state, sql, "--json").stdout)["rows"] == [["00ff10", ""]]
    assert query(state, sql).stdout == "bytes   none\n00ff10\n"


def test_a_table_for_people(state):
    sql = "SELECT 1 AS id, 'a' AS name, 0.1 AS value, NULL AS empty UNION ALL SELECT 20, 'b\nc', 123456789.125, NULL"
    assert query(state, sql).stdout == (
        "id  name        value  empty\n"
        " 1  a             0.1\n"
        "20  b\N{REPLACEMENT CHARACTER}c   123456789.1\n")


@pytest.mark.parametrize("sql", [
    "DELETE FROM checkpoints", "ATTACH '/dev/null' AS other", "PRAGMA user_version = 3", "VACUUM INTO 'copy'", "nonsense",
    "SELECT 1; DELETE FROM checkpoints", "WITH a AS (SELECT 1) DELETE FROM features", ""])
def test_it_only_reads(state, sql):
    before = catalog.dump(state)
    ended = query(state, sql, code=64)
    assert ended.stdout == "" and ended.stderr.startswith("whittle: ") and len(ended.stderr.splitlines()) == 1
    assert catalog.dump(state) == before


def test_errors_name_what_there_is(state):
    ended = query(state, "SELECT * FROM coefficient", code=64)
    assert "no such table: coefficient; there are settings, checkpoints, features, coefficients, latest" in ended.stderr
    ended = query(state, "SELECT weight FROM latest", code=64)
    assert "no such column: weight" in ended.stderr and "latest(name, coefficient)" in ended.stderr
    ended = query(state, "SELECT 1", "--json", "--csv", code=64)
    assert "exclude each other" in ended.stderr


def test_there_is_none(tmp_path):
    ended = query(tmp_path, "SELECT 1", code=66)
    assert "there is no catalog" in ended.stderr and "whittle catalog rebuild" in ended.stderr
    (tmp_path / catalog.NAME).write_bytes(b"no database at all, but long enough to have a header if it were one" * 9)
    assert "damaged or no catalog" in query(tmp_path, "SELECT 1", code=65).stderr
    (tmp_path / catalog.NAME).unlink()
    (tmp_path / catalog.NAME).mkdir()
    assert "it is a directory" in query(tmp_path, "SELECT 1", code=66).stderr


def test_it_can_be_interrupted(state):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    with subprocess.Popen(
        [PROGRAMS / "whittle", "query", endless, "--csv", "--state", state], env=clean_environment(), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.read(10) == b"i\n1\n2\n3\n4\n"
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(LIMIT) == -signal.SIGINT
    assert catalog.ids(state) == [1, 2]


def test_a_reader_that_has_enough_ends_it(state):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    with subprocess.Popen(
        [PROGRAMS / "whittle", "query", endless, "--json", "--state", state], env=clean_environment(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.read(5) == b'{"col'
        process.stdout.close()
        assert process.wait(LIMIT) == -signal.SIGPIPE and process.stderr.read() == b""
