"""`whittle coefficients`, `history`, `path` and `diff`, of a daemon and of its directory, beside Python's reading of the files."""

import csv
import io
import json
import os
import re
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase

import numpy
import pytest

from checkpoint_file import CheckpointFile, bits, files, forge
from streams import random_samples
from tool import whittle, whittle_on_a_terminal

SAMPLES = random_samples(300)
STEPS = [100, 205, 306]
LATE = ["price", "price of tea", "Price", "größe", "a,b \"c\"", "[x]"]
SETTINGS = {"penalty.l1": 0.2, "penalty.period": 7, "checkpoint.keep": 100}


def teach(daemon) -> None:
    """Three checkpoints, of steps 100, 205 and 306, and 50 samples after them."""
    late = [{"y": 3 - place, "x": {name: 2}} for place, name in enumerate(LATE)]
    for samples in (SAMPLES[:100], SAMPLES[100:199] + late, SAMPLES[199:300]):
        daemon.learn(*samples)
        daemon.checkpoint()
    daemon.learn(*SAMPLES[:50])


@pytest.fixture(scope="module")
def running(start_shared):
    daemon = start_shared(SETTINGS)
    teach(daemon)
    return daemon


def as_json(daemon, *arguments, code: int = 0):
    return json.loads(whittle(daemon, *arguments, "--json", code=code).stdout)


def single(value: float | None) -> float | None:
    """A number that JSON has with as many digits as it takes to tell it from other Float32s."""
    return None if value is None else float(numpy.float32(value))


def by_name(told: dict) -> dict[str, float]:
    return {name: single(value) for name, value in zip(told["names"], told["values"], strict=True)}


def stored(daemon) -> list[dict[str, float]]:
    """The coefficients of each checkpoint, as the safetensors package reads them."""
    return [
        dict(zip(file.names, file.tensors["coefficients"].tolist(), strict=True))
        for file in map(CheckpointFile.read, files(daemon.state))]


def written(daemon, place: int) -> float:
    return float(CheckpointFile.read(files(daemon.state)[place]).metadata["time"])


def clock(seconds: float, fraction: bool = True) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat("T", "microseconds" if fraction else "seconds")


@pytest.mark.parametrize("name, place", [
    ("1", 0), ("0002", 1), ("latest", 2), ("step:100", 0), ("step:204", 0), ("step:205", 1), ("step:9999", 2),
    ("0s ago", 2), ("2999-01-01", 2)])
@pytest.mark.parametrize("is_asked", [True, False], ids=["daemon", "directory"])
def test_coefficients_at(running, name, place, is_asked):
    where = [] if is_asked else ["--state", running.state]
    told = as_json(running if is_asked else None, "coefficients", "--at", name, *where)
    assert told["checkpoint"] == {
        "id": place + 1, "file": str(files(running.state)[place]), "time": written(running, place)}
    assert told["step"] == STEPS[place]
    assert by_name(told) == stored(running)[place]
    assert told["active_set"] == sum(value != 0 for value in told["values"])


def test_times(running):
    """The newest that was written at that time or before, to the microsecond."""
    for place in range(3):
        at = written(running, place)
        told = as_json(running, "coefficients", "--at", clock(at + 1e-5))
        assert told["checkpoint"]["id"] == place + 1
    east = datetime.fromtimestamp(written(running, 1) + 1e-5, timezone(timedelta(hours=5, minutes=30)))
    assert as_json(running, "coefficients", "--at", east.isoformat("T"))["checkpoint"]["id"] == 2
    ended = whittle(running, "coefficients", "--at", clock(written(running, 0) - 1), code=66)
    assert "a checkpoint of " in ended.stderr and "from 1 of step 100 to 3 of step 306" in ended.stderr


def test_the_newest_of_a_directory(running):
    told = as_json(None, "coefficients", "--state", running.state)
    assert by_name(told) == stored(running)[2]
    lines = whittle(None, "coefficients", "--state", running.state, "--top", 3).stdout.splitlines()
    assert re.fullmatch(r"checkpoint 3   written \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", lines[0])
    assert lines[1].startswith("step 306 ")
    heaviest = sorted(stored(running)[2].items(), key=lambda pair: -abs(pair[1]))[:3]
    assert [line.split() for line in lines[-3:]] == [[name, f"{value:.6g}"] for name, value in heaviest]


@pytest.mark.parametrize("pattern", ["f*", "f[0-4]", "f1?", "price*", "*i*e*", "gr??e", "[[]x]", "nothing", "*", "[!fp]*"])
def test_like(running, pattern):
    """Python's fnmatch has the same patterns, but for escapes."""
    for source, known in [
        (["--state", running.state], stored(running)[2]), ([], by_name(running.coefficients())),
        (["--at", "1"], stored(running)[0]),
    ]:
        told = as_json(running, "coefficients", "--like", pattern, *source)
        expected = {name: value for name, value in known.items() if fnmatchcase(name, pattern)}
        assert by_name(told) == expected
        top = as_json(running, "coefficients", "--like", pattern, "--top", 2, *source)
        assert [abs(single(value)) for value in top["values"]] == sorted(map(abs, expected.values()), reverse=True)[:2]


def test_the_same_question_has_the_same_answer(start):
    """A checkpoint of this very step: daemon, directory, and file."""
    daemon = start(SETTINGS)
    teach(daemon)
    file = daemon.checkpoint()["file"]
    for question in ([], ["--top", 4], ["f3", "price"], ["--like", "p*"]):
        live = as_json(daemon, "coefficients", *question)
        for where in (["--at", "latest"], ["--state", daemon.state], ["--at", file]):
            told = as_json(daemon, "coefficients", *question, *where)
            assert told.pop("checkpoint")["file"] == file
            assert told == live
    assert bits(as_json(daemon, "coefficients")["values"]) == bits(CheckpointFile.read(file).tensors["coefficients"])


def test_refusals(running, tmp_path):
    where = ["--state", running.state]
    assert '"unheard-of"' in whittle(None, "coefficients", "unheard-of", *where, code=76).stderr
    assert "step 100" in whittle(None, "coefficients", "--at", "step:99", *where, code=66).stderr
    assert "checkpoint 9" in whittle(None, "coefficients", "--at", "9", *where, code=66).stderr
    assert str(tmp_path / "none") in whittle(None, "history", "f1", "--state", tmp_path / "none", code=66).stderr
    assert "none at all" in whittle(None, "coefficients", "--state", tmp_path, code=66).stderr
    assert "no whole one" in whittle(None, "path", "--state", tmp_path, code=66).stderr
    for wrong in (
        ["coefficients", "--at", "step:x"], ["coefficients", "--at", "2026-99-01"], ["coefficients", "--at", ""],
        ["coefficients", "f1", "--like", "f*"], ["coefficients", "--query", "tcp://127.0.0.1:1", *where], ["history"],
        ["history", "f1", "--csv", "--json"], ["diff", "1"], ["diff", "1", "2", "--top", "-1"],
    ):
        whittle(None, *wrong, code=64)


def test_a_directory_that_is_not_here(start, tmp_path):
    """The daemon says where it is; it may be on another machine."""
    daemon = start(SETTINGS)
    daemon.checkpoint()
    os.rename(daemon.state, tmp_path / "elsewhere")
    ended = whittle(daemon, "history", "f1", code=66)
    assert str(daemon.state) in ended.stderr and "--state" in ended.stderr
    assert daemon.endpoint("query.bind") in ended.stderr


def test_a_directory_named_from_somewhere_else(start, tmp_path, monkeypatch):
    """The daemon's own working directory counts, not that of whoever asks."""
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    daemon = start(SETTINGS | {"state.directory": "state"})
    daemon.learn(*SAMPLES[:10])
    daemon.checkpoint()
    monkeypatch.chdir(tmp_path)
    assert as_json(daemon, "coefficients", "--at", "latest")["step"] == 10
    assert daemon.ask("configuration")["working_directory"] == str(tmp_path / "there")


def test_damage_is_passed_over(start):
    daemon = start(SETTINGS)
    teach(daemon)
    assert daemon.stop() == 0
    damaged = files(daemon.state)[1]
    content = bytearray(damaged.read_bytes())
    content[-3] ^= 1
    damaged.write_bytes(content)
    ended = whittle(None, "history", "f1", "--json", "--state", daemon.state)
    assert "skipped: " in ended.stderr and str(damaged) in ended.stderr
    assert [moment["checkpoint"] for moment in json.loads(ended.stdout)["checkpoints"]] == [1, 3, 4]
    assert as_json(None, "coefficients", "--at", "step:300", "--state", daemon.state)["step"] == 100
    forge(files(daemon.state)[0], b'"format_version":"3"', b'"format_version":"7"')
    assert "newer than" in whittle(None, "history", "f1", "--state", daemon.state, code=65).stderr


@pytest.mark.parametrize("command", ["history", "path"])
@pytest.mark.parametrize("is_asked", [True, False], ids=["daemon", "directory"])
def test_trajectories(running, command, is_asked):
    names = ["f1", "price of tea", "größe", "f3"]
    where = [] if is_asked else ["--state", running.state]
    told = as_json(running if is_asked else None, command, *names, *where)
    assert told["names"] == names
    known = stored(running)
    for place, moment in enumerate(told["checkpoints"][:3]):
        assert (moment["checkpoint"], moment["step"]) == (place + 1, STEPS[place])
        assert (moment["file"], moment["time"]) == (str(files(running.state)[place]), written(running, place))
        assert [single(values[place]) for values in told["values"]] == [known[place].get(name) for name in names]
    assert None in told["values"][1]
    if is_asked:
        now = told["checkpoints"][3]
        assert (now["step"], "checkpoint" in now) == (356, False)
        live = by_name(running.coefficients())
        assert [single(values[3]) for values in told["values"]] == [live[name] for name in names]
    else:
        assert len(told["checkpoints"]) == 3
    whittle(running, command, "f1", "unheard-of", code=76)


def test_history_as_text_and_csv(running):
    known = stored(running)
    lines = [line.split() for line in whittle(None, "history", "f1", "f2", "--state", running.state).stdout.splitlines()]
    assert lines[0] == ["ID", "STEP", "WRITTEN", "f1", "f2"]
    for place, line in enumerate(lines[1:4]):
        assert line[:3] == [str(place + 1), str(STEPS[place]), clock(int(written(running, place)), False)[:19] + "Z"]
        assert line[3:] == [f"{known[place][name]:.6g}" for name in ("f1", "f2")]
    table = whittle(None, "history", "f1", LATE[4], "--csv", "--state", running.state).stdout
    rows = list(csv.reader(io.StringIO(table, newline="")))
    assert rows[0] == ["checkpoint", "time", "step", "(intercept)", "f1", LATE[4]]
    assert [row[2] for row in rows[1:]] == [str(step) for step in STEPS]
    assert rows[1][5] == ""
    assert [bits([float(row[4])]) for row in rows[1:]] == [bits([values["f1"]]) for values in known]


def test_path_of_the_heaviest(running):
    known = stored(running)
    largest = {name: max(abs(values.get(name, 0)) for values in known) for name in known[2]}
    told = as_json(None, "path", "--top", 5, "--state", running.state)
    assert told["names"] == sorted(largest, key=lambda name: -largest[name])[:5]
    told = as_json(None, "path", "--like", "pri*", "--state", running.state)
    assert sorted(told["names"]) == ["price", "price of tea"]
    rows = list(csv.reader(io.StringIO(whittle(None, "path", "--csv", "--state", running.state).stdout, newline="")))
    assert [row[0] for row in rows[:4]] == ["feature", "(step)", "(time)", "(intercept)"]
    assert rows[0][1:] == ["1", "2", "3"] and rows[1][1:] == [str(step) for step in STEPS]
    assert len(rows) == 14
    for name, *values in rows[4:]:
        assert [None if value == "" else single(float(value)) for value in values] == [
            state.get(name) for state in known]
    text = whittle(None, "path", "f1", "--state", running.state).stdout.splitlines()
    assert text[1].split() == ["STEP", "100", "205", "306"]
    assert text[2].split() == ["f1", *(f"{values['f1']:.6g}" for values in known)]


def test_path_on_a_terminal(running):
    """As many checkpoints as fit."""
    screen = whittle_on_a_terminal(running, "path", "f1", "--digits", "17", columns=60)
    assert screen.code == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.text).splitlines()
    assert all(len(line) <= 60 for line in lines[:3])
    assert lines[0].split()[0] == "ID" and lines[0].split()[1] == "1" and lines[0].split()[-1] == "now"
    assert "checkpoints between are not shown" in lines[3]


@pytest.mark.parametrize("command", [["diff"], ["checkpoints", "diff"]], ids=" ".join)
def test_diff(running, command):
    old, new = stored(running)[0], stored(running)[2]
    told = as_json(None, *command, "1", "latest", "--state", running.state)
    assert (told["before"]["id"], told["after"]["id"], told["steps"]) == (1, 3, 206)

    def pairs(key: str) -> dict:
        return {feature["name"]: (single(feature["before"]), single(feature["after"])) for feature in told[key]}

    both = {name: (old[name], value) for name, value in new.items() if old.get(name) and value and old[name] != value}
    assert pairs("entered") == {name: (0, value) for name, value in new.items() if value and not old.get(name)}
    assert pairs("left") == {name: (value, 0) for name, value in old.items() if value and not new.get(name)}
    assert pairs("changed") == both
    assert pairs("changed_sign") == {name: pair for name, pair in both.items() if pair[0] * pair[1] < 0}


def test_diff_with_a_sign_that_changes(start):
    daemon = start({
        "learning_rate.schedule": "constant", "learning_rate.initial": 0.5, "penalty.l1": 0, "penalty.l2": 0})
    daemon.learn({"y": 1, "x": {"a": 1, "b": 1}})
    daemon.checkpoint()
    daemon.learn(*[{"y": -3, "x": {"a": 1}}] * 5)
    told = as_json(daemon, "diff", "latest", "now")
    assert [feature["name"] for feature in told["changed_sign"]] == ["a"]
    assert [feature["name"] for feature in told["changed"]] == ["a"]
    assert (told["steps"], told["messages"]) == (5, 5)
    assert "file" not in told["after"] and told["after"]["step"] == 6
    lines = whittle(daemon, "diff", "1", "now").stdout.splitlines()
    assert lines[1].split() == ["checkpoint", "1", "now"]
    assert any(line.startswith("CHANGED SIGN (1)") for line in lines)
    back = as_json(daemon, "diff", "now", "1")
    assert back["steps"] == -5
    same = as_json(daemon, "diff", "now", "now")
    assert same["entered"] == same["left"] == same["changed"] == []
    assert "--state" in whittle(None, "diff", "1", "now", "--state", daemon.state, code=66).stderr
    whittle(None, "checkpoints", "diff", "1", "now", "--state", daemon.state, code=66)


def test_diff_of_the_daemon_and_its_checkpoint(running):
    told = as_json(running, "diff", "1", "now")
    old, live = stored(running)[0], by_name(running.coefficients())
    changed = {feature["name"]: single(feature["after"]) for key in ("entered", "left", "changed") for feature in told[key]}
    assert changed == {
        name: live.get(name, 0) for name in old.keys() | live.keys() if live.get(name, 0) != old.get(name, 0)}


def test_a_hundred_thousand_features(start, tmp_path):
    """Daemon, directory, history, export and Python's reading of the file say the same of one step."""
    daemon = start({"penalty.l1": 0.01})
    random = numpy.random.default_rng(5)
    for first in range(0, 100_000, 1000):
        values = random.normal(size=1000)
        daemon.push({"y": float(random.normal()), "x": {f"f{first + place}": float(v) for place, v in enumerate(values)}})
    daemon.wait_until(lambda stats: stats["step"] == 100)
    file = CheckpointFile.read(daemon.checkpoint()["file"])
    known = bits(file.tensors["coefficients"])
    assert len(file.names) == 100_000 and 0 < numpy.count_nonzero(file.tensors["coefficients"]) < 100_000
    for where in ([], ["--at", "latest"], ["--state", daemon.state]):
        told = as_json(daemon if "--state" not in where else None, "coefficients", *where)
        assert (told["step"], told["names"], bits(told["values"])) == (100, file.names, known)
        assert told["active_set"] == numpy.count_nonzero(file.tensors["coefficients"])
    told = as_json(daemon, "history", *file.names[::1000])
    assert bits([values[0] for values in told["values"]]) == bits(file.tensors["coefficients"][::1000])
    whittle(daemon, "export", "--output", tmp_path / "model.npz")
    with numpy.load(tmp_path / "model.npz") as arrays:
        order = {name: place for place, name in enumerate(arrays["names"].tolist())}
        assert bits(arrays["values"][[order[name] for name in file.names]]) == known
    assert as_json(daemon, "diff", "latest", "now")["changed"] == []


def test_history_has_a_chart_on_a_terminal(running):
    """And nowhere else."""
    screen = whittle_on_a_terminal(running, "history", "f1", "price", columns=70, LC_ALL="C.UTF-8")
    assert screen.code == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.text).splitlines()
    table, chart = lines[:lines.index("")], lines[lines.index("") + 1:]
    assert len(table) == 5 and table[0].split() == ["ID", "STEP", "WRITTEN", "f1", "price"]
    assert any("└" in line for line in chart) and all(len(line) < 70 for line in chart)
    assert any("a f1  b price" in line for line in chart)
    assert [line.split() for line in chart][-2] == ["100", "356"]
    assert "└" not in whittle(running, "history", "f1").stdout
