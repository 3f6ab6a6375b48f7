"""The benchmarks run to their end and measure everything. How fast anything is, is no test."""

import json
import math
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from daemon import LIMIT, PROGRAMS

STREAMS = ["sparse", "dense16", "dense256"]
OPTIMIZERS = ["sgd", "adagrad", "normalized", "ftrl"]
PENALTIES = ["none", "l2", "l1", "elasticnet"]
# Each format with those who read the same text, and who learns it too.
FORMATS = {
    "vw words": ([], "Vowpal Wabbit"), "vw numbers": ([], "Vowpal Wabbit"), "svmlight": (["scikit-learn"], None),
    "json": (["orjson", "json"], None)}
ARRAYS = [f"arrays {shape} {space}" for shape in ["dense16", "dense256", "csr"] for space in ["dictionary", "indexed"]]


def bench(*arguments: str, command: str = "learner") -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAMS / "bench", command, "--python", sys.executable, "--rows", "300", "--rounds", "1", *arguments],
        capture_output=True, text=True, timeout=LIMIT)


def store(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAMS / "bench", "store", "--bits", "12", "--rounds", "1", "--messages", "200", *arguments],
        capture_output=True, text=True, timeout=LIMIT)


def query(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAMS / "bench", "query", "--rounds", "1", "--samples", "2000", "--questions", "100", *arguments],
        capture_output=True, text=True, timeout=LIMIT)


def publish(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAMS / "bench", "publish", "--rounds", "1", "--samples", "40000", "--subscribers", "20", "--joins", "3",
         *arguments], capture_output=True, text=True, timeout=LIMIT)


def path(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAMS / "bench", "path", "--python", sys.executable, "--rounds", "1", "--samples", "600", "--names", "2000",
         "--questions", "100", "--seconds", "1", *arguments], capture_output=True, text=True, timeout=LIMIT)


def expected_names() -> set[str]:
    names = {f"bytes {optimizer}" for optimizer in OPTIMIZERS}
    for stream in STREAMS:
        names |= {f"{stream} sgd {penalty}" for penalty in PENALTIES}
        names |= {f"{stream} {name} {penalty} shrinkage" for name in OPTIMIZERS for penalty in PENALTIES[1:]}
        names.add(f"{stream} sgd elasticnet validation")
    return names | {
        f"{stream} {name} {penalty}"
        for stream in ["2^24", "2^24 uniform"] for name in OPTIMIZERS for penalty in ["none", "elasticnet"]}


def measured(ended: subprocess.CompletedProcess) -> dict[str, dict]:
    """The rows by their names, each with figures that can be."""
    assert ended.returncode == 0, ended.stderr
    rows = json.loads(ended.stdout)
    for row in rows:
        figures = [row["figure"]]
        if "reference" in row:
            figures += [row["reference_figure"], row["ratio"], row["lowest"], row["highest"]]
            assert row["lowest"] <= row["ratio"] <= row["highest"], row
        assert all(math.isfinite(figure) and figure > 0 for figure in figures), row
        assert ("verdict" in row) == ("at_least" in row or "at_most" in row), row
    by_name = {row["name"]: row for row in rows}
    assert len(by_name) == len(rows)
    return by_name


def test_learner_measures_every_row():
    rows = measured(bench("--json"))
    assert set(rows) == expected_names()
    assert {name for name, row in rows.items() if "reference" not in row} == {f"bytes {name}" for name in OPTIMIZERS}


def test_formats_measures_every_row():
    rows = measured(bench("--json", command="formats"))
    references = {}
    for name, (readers, learner) in FORMATS.items():
        references |= {f"{name} decode beside {reader}": reader for reader in readers} or {f"{name} decode": None}
        references |= {f"{name} decode bytes": None, f"{name} learn": learner, f"{name} learn cpu": learner}
    for name in ARRAYS:
        references |= {f"{name} decode": None, f"{name} decode bytes": None, f"{name} learn": "learner alone"}
    assert {name: row.get("reference") for name, row in rows.items()} == references
    assert all(rows[f"{name} learn"]["at_least"] == 0.9 for name in ARRAYS)


def test_store_measures_every_row(tmp_path):
    rows = measured(store("--json", "--directory", str(tmp_path)))
    pauses = {f"2^12 pause {share}" for share in ["p50", "p99", "p99.9", "max"]}
    references = {"2^12 write": "dd conv=fsync", "2^12 restore": "reading", "2^12 restore cold": "reading"}
    references |= dict.fromkeys(pauses | {f"{name} without" for name in pauses} | {"journal off"})
    kinds = ["journal none", "journal interval", "journal always"]
    references |= dict.fromkeys(kinds + [f"{kind} cpu" for kind in kinds], "off")
    assert {name: row.get("reference") for name, row in rows.items()} == references
    assert {name for name, row in rows.items() if "verdict" in row} == {
        "2^12 write", "2^12 restore", "2^12 restore cold", "2^12 pause p99.9", "journal interval"}
    assert not list(tmp_path.iterdir()), "what was written is removed"


def test_query_measures_every_row():
    rows = measured(query("--json"))
    references = {"asked single": "unasked", "asked batches": "unasked"}
    references |= {"asked single echo": "unasked", "asked batches echo": "unasked"}
    references |= {"asked single cpu": "unasked", "asked batches cpu": "unasked"}
    for load in ["idle", "learning", "learning batches"]:
        references |= {f"{load} p50": "echo", f"{load} p99": "echo"}
    assert {name: row.get("reference") for name, row in rows.items()} == references
    assert {name for name, row in rows.items() if "verdict" in row} == {
        "asked single", "asked batches", "idle p99", "learning p99"}


def test_publish_measures_every_row():
    rows = measured(publish("--json"))
    references = dict.fromkeys(["subscribers", "subscribers cpu", "subscribers memory"], "none")
    references |= dict.fromkeys(["subscribers message", "late p50", "late p99"])
    assert {name: row.get("reference") for name, row in rows.items()} == references
    assert {name for name, row in rows.items() if "verdict" in row} == {"subscribers", "late p50", "late p99"}


def test_path_measures_every_row():
    rows = measured(path("--json"))
    references = {}
    for name, reference in {
            "dense single": "counting receiver", "json positions": "counting receiver", "json names": "counting receiver",
            "durable": "without", "arrays": "learner alone", "vw words": "Vowpal Wabbit",
            "vw numbers": "Vowpal Wabbit"}.items():
        references |= {name: reference, f"{name} cpu": reference}
    references |= {"csr": "scikit-learn", "predicted beside echo": "echo", "predicted beside River": "River"}
    references |= {"predicted beside scikit-learn": "scikit-learn", "round trip p50": "echo", "round trip p99": "echo"}
    references |= {"start": "cat", "idle memory": None, "idle cpu": None}
    assert {name: row.get("reference") for name, row in rows.items()} == references
    assert {name for name, row in rows.items() if "verdict" not in row} == {
        f"{name} cpu" for name in ["dense single", "json positions", "json names", "durable", "arrays"]
    } | {"predicted beside echo"}


def test_all_is_one_table():
    ended = subprocess.run(
        [PROGRAMS / "bench", "all", "--python", sys.executable, "--rounds", "1", "--quick", "--json"], capture_output=True,
        text=True, timeout=10 * LIMIT)
    rows = measured(ended)
    commands = ["path", "learner", "formats", "store", "query", "publish"]
    assert list(dict.fromkeys(name.split(" ")[0] for name in rows)) == commands
    assert {name.removeprefix("learner ") for name in rows if name.startswith("learner ")} == expected_names()
    assert {"path dense single", "formats vw words learn", "query idle p99", "publish subscribers"} < set(rows)


@pytest.mark.parametrize(("curve", "lines", "points"), [
    ("messages", ["whittled", "a receiver that only counts"], [1, 4, 16, 64, 256, 1024]),
    ("publishers", ["whittled"], [1, 4, 16, 64, 256])])
def test_growth_measures_every_point_and_draws_it(curve, lines, points, tmp_path):
    ended = subprocess.run(
        [PROGRAMS / "bench", "growth", "--rounds", "1", "--features", "20000", "--only", curve, "--json", "--svg", tmp_path],
        capture_output=True, text=True, timeout=LIMIT)
    assert ended.returncode == 0, ended.stderr
    [measured] = json.loads(ended.stdout)
    assert [line["name"] for line in measured["lines"]] == lines
    for line in measured["lines"]:
        assert [point["x"] for point in line["points"]] == points
        assert all(0 < point["lowest"] <= point["median"] <= point["highest"] for point in line["points"])
    picture = ElementTree.parse(tmp_path / f"{curve}.svg").getroot()
    shapes = [element.tag.rpartition("}")[2] for element in picture]
    assert shapes.count("polyline") == len(lines)
    # A mark a point, and one a line to explain it.
    assert sum(shapes.count(shape) for shape in ["circle", "rect", "path"]) == len(lines) * (len(points) + 1)


def test_learner_measures_what_is_asked_for():
    ended = bench("--only", "dense16 sgd l1")
    assert ended.returncode == 0, ended.stderr
    heading, *rows = ended.stdout.splitlines()
    assert heading.split()[0] == "name"
    assert [row.split("  ")[0] for row in rows] == ["dense16 sgd l1", "dense16 sgd l1 shrinkage"]


def test_the_peer_can_leave_out_its_checks():
    ended = bench("--only", "dense16 sgd none", "--json", "--assume-finite")
    assert ended.returncode == 0, ended.stderr
    assert [row["reference"].partition(", ")[2] for row in json.loads(ended.stdout)] == ["unchecked"]


def test_learner_tells_that_its_peer_died():
    ended = bench("--only", "sparse sgd none", "--python", "/bin/false")
    assert ended.returncode != 0
    assert "scikit-learn peer" in ended.stderr, ended.stderr


@pytest.mark.parametrize("command", ["learner", "formats", "store", "query", "publish", "path"])
def test_a_name_that_no_row_has_is_refused(command):
    run = {"store": store, "query": query, "publish": publish, "path": path}.get(command)
    ended = run("--only", "spares") if run else bench("--only", "spares", command=command)
    assert ended.returncode != 0
    assert "spares" in ended.stderr, ended.stderr
