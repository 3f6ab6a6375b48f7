"""The benchmarks run to their end and measure everything. How fast anything is, is no test."""

import json
import math
import subprocess
import sys

from daemon import LIMIT, PROGRAMS

STREAMS = ["sparse", "dense16", "dense256"]
OPTIMIZERS = ["sgd", "adagrad", "normalized", "ftrl"]
PENALTIES = ["none", "l2", "l1", "elasticnet"]


def bench(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAMS / "bench", "learner", "--python", sys.executable, "--rows", "300", "--rounds", "1", *arguments],
        capture_output=True, text=True, timeout=LIMIT)


def expected_names() -> set[str]:
    names = {f"bytes {optimizer}" for optimizer in OPTIMIZERS}
    for stream in STREAMS:
        names |= {f"{stream} sgd {penalty}" for penalty in PENALTIES}
        names |= {f"{stream} {name} {penalty} shrinkage" for name in OPTIMIZERS for penalty in PENALTIES[1:]}
        names.add(f"{stream} sgd elasticnet validation")
    return names | {
        f"{stream} {name} {penalty}"
        for stream in ["2^24", "2^24 uniform"] for name in OPTIMIZERS for penalty in ["none", "elasticnet"]}


def test_learner_measures_every_row():
    ended = bench("--json")
    assert ended.returncode == 0, ended.stderr
    rows = json.loads(ended.stdout)
    assert {row["name"] for row in rows} == expected_names()
    assert len(rows) == len(expected_names())
    for row in rows:
        figures = [row["figure"]]
        if not row["name"].startswith("bytes"):
            figures += [row["reference_figure"], row["ratio"], row["lowest"], row["highest"]]
            assert row["lowest"] <= row["ratio"] <= row["highest"], row
            assert row["reference"], row
        assert all(math.isfinite(figure) and figure > 0 for figure in figures), row
        assert ("verdict" in row) == ("at_least" in row or "at_most" in row), row


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


def test_learner_refuses_a_name_that_no_row_has():
    ended = bench("--only", "spares")
    assert ended.returncode != 0
    assert "spares" in ended.stderr, ended.stderr
