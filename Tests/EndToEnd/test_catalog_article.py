"""Every example of the article on the catalog, run on a catalog of the data that the article speaks of."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import catalog
from daemon import LIMIT, PROGRAMS, ROOT, clean_environment
from tool import whittle

ARTICLE = (ROOT / "Sources/ModelCatalog/ModelCatalog.docc/Catalog.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", ARTICLE, re.MULTILINE | re.DOTALL)


INDENTED = re.findall(r"^    (whittle .*)$", ARTICLE, re.MULTILINE)


@pytest.fixture(scope="module")
def place(start_shared, tmp_path_factory):
    """A directory with whittled-state, that of a daemon that has learned how diabetes went on, and stopped."""
    place = tmp_path_factory.mktemp("article")
    daemon = start_shared({"penalty.l1": 0.05, "checkpoint.keep": 10}, state=place / "whittled-state")
    with open(ROOT / "deploy/data/diabetes.csv") as file:
        names, *rows = csv.reader(file)
    samples = [
        {"y": float(row[-1]) / 100, "x": {name: float(value) for name, value in zip(names[:-1], row[:-1], strict=True)}}
        for row in rows]
    for part in range(4):
        daemon.learn(*samples[part * 100:part * 100 + 100])
        daemon.checkpoint()
    assert daemon.stop() == 0
    return place


def test_there_are_examples_of_each_kind():
    assert len(blocks("sql")) >= 7 and len(blocks("python")) == 1 and len(blocks("sh")) == 1 and len(INDENTED) == 2


@pytest.mark.parametrize("sql", blocks("sql"))
def test_queries(place, sql):
    # What Grafana puts in: milliseconds.
    sql = sql.replace("$__from", "0").replace("$__to", "100000000000000")
    answer = json.loads(whittle(None, "query", sql, "--json", "--state", place / "whittled-state").stdout)
    with catalog.opened(place / "whittled-state") as connection:
        assert [tuple(row) for row in answer["rows"]] == connection.execute(sql).fetchall()
    if "entered_and_left" not in sql:
        assert answer["rows"] and all(value is not None for row in answer["rows"] for value in row), sql


def run(place: Path, *command: str) -> str:
    ended = subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=LIMIT,
        env=clean_environment(PATH=f"{PROGRAMS}:{os.environ['PATH']}", WHITTLED_STATE_DIRECTORY="whittled-state"))
    assert ended.returncode == 0, ended
    return ended.stdout


@pytest.mark.parametrize("command", INDENTED)
def test_commands(place, command):
    before = catalog.dump(place / "whittled-state")
    assert run(place, "bash", "-c", command).strip()
    assert catalog.dump(place / "whittled-state") == before


def test_shell(place):
    sh, = blocks("sh")
    output = run(place, "bash", "-e", "-c", sh)
    assert "bmi" in output
    # The schema, with what columns mean.
    assert "when it was made, in seconds since 1970" in output


def test_python(place):
    python, = blocks("python")
    output = run(place, sys.executable, "-c", python)
    assert "active_set" in output and "bmi" in output and "[4 rows x 4 columns]" not in output


def tables() -> dict[str, list[str]]:
    """The columns that the article gives each table, in its order."""
    found: dict[str, list[str]] = {}
    for title in ("checkpoints", "features", "coefficients"):
        text = ARTICLE.split(f"\n`{title}` has ", 1)[1].split("\n\n", 2)[1]
        found[title] = [
            name for line in text.splitlines()[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    for line in ARTICLE.split("## Views", 1)[1].split("\n\n", 2)[1].splitlines()[2:]:
        cells = line.split("|")
        found[cells[1].strip(" `")] = re.findall(r"`(\w+)`", cells[2])
    return found


def test_the_schema_is_told_as_it_is(place):
    assert set(tables()) == {"checkpoints", "features", "coefficients", "latest", "trajectory", "entered_and_left"}
    for table, columns in tables().items():
        assert [name for name, in catalog.rows(place / "whittled-state", "SELECT name FROM pragma_table_info(?)", table)] == columns
