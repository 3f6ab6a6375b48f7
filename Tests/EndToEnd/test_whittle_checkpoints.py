"""`whittle checkpoints` on state directories of real daemons, beside Python's reading of the same files."""

import csv
import io
import json
import shutil

import pytest

from checkpoint_file import CheckpointFile, bits, files, forge
from streams import random_samples
from tool import whittle

SAMPLES = random_samples(300)
NAMES = ["größe", "a,b \"c\"", "tab\tnew\nline", "e\u0301", "\u00e9"]
SETTINGS = {"penalty.l1": 0.2, "penalty.period": 7, "checkpoint.keep": 100}


@pytest.fixture
def stopped(start):
    """A state directory with checkpoints of steps 100, 205 and 306, its daemon stopped, and what it said of them."""
    daemon = start(SETTINGS)
    told = []
    for samples in (
        SAMPLES[:100],
        [*SAMPLES[100:200], *({"y": 3, "x": {name: 2}} for name in NAMES)],
        [*SAMPLES[200:], {"y": 1, "x": {"late": 5}, "source": "pump", "seq": 9}],
    ):
        daemon.learn(*samples)
        daemon.checkpoint()
        told.append(daemon.coefficients() | {"stats": daemon.stats()})
    assert daemon.stop() == 0
    assert len(files(daemon.state)) == 3
    return daemon.state, told


def checkpoints(state, *arguments, code: int = 0):
    return whittle(None, "checkpoints", *arguments, "--state", state, code=code)


def as_json(state, *arguments, code: int = 0) -> dict:
    return json.loads(checkpoints(state, *arguments, "--json", code=code).stdout)


def damage(path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def by_name(told: dict) -> dict[str, float]:
    return dict(zip(told["names"], told["values"], strict=True))


def test_python_opens_every_checkpoint(stopped):
    state, told = stopped
    for path, answer in zip(files(state), told, strict=True):
        checkpoint = CheckpointFile.read(path)
        assert checkpoint.names == answer["names"]
        assert bits(checkpoint.tensors["coefficients"]) == bits(answer["values"])


def test_list(stopped):
    state, told = stopped
    listed = as_json(state, "list")
    assert listed["directory"] == str(state)
    for number, (line, path, answer) in enumerate(zip(listed["checkpoints"], files(state), told, strict=True), 1):
        metadata = CheckpointFile.read(path).metadata
        assert line.pop("age_seconds") >= 0
        assert line == {
            "id": number, "file": str(path), "step": answer["step"], "bytes": path.stat().st_size,
            "position": int(metadata["position"]), "time": float(metadata["time"]), "features": answer["features"],
            "active_set": answer["active_set"]}
    damage(files(state)[1])
    rows = checkpoints(state, "list").stdout.splitlines()
    assert [row.split()[:2] for row in rows] == [["ID", "STEP"], ["1", "100"], ["2", "205"], ["3", "306"]]
    assert rows[1].endswith("  whole") and rows[3].endswith("  whole")
    assert "  damaged: its checksum is crc32c:" in rows[2]
    assert "problem" in as_json(state, "list")["checkpoints"][1]


def test_list_of_none(tmp_path):
    assert as_json(tmp_path, "list") == {"directory": str(tmp_path), "checkpoints": []}
    assert checkpoints(tmp_path, "list").stdout == "no checkpoints\n"
    assert str(tmp_path / "missing") in checkpoints(tmp_path / "missing", "list", code=66).stderr
    assert not (tmp_path / "missing").exists()


def test_the_state_is_the_daemons(stopped, monkeypatch, tmp_path):
    """Without a flag it is where a daemon that is told nothing keeps it."""
    state, _ = stopped
    (tmp_path / "place").mkdir()
    shutil.copytree(state, tmp_path / "place/whittled-state")
    monkeypatch.chdir(tmp_path / "place")
    assert json.loads(whittle(None, "checkpoints", "list", "--json").stdout)["directory"] == "whittled-state"
    assert "step 306 " in whittle(None, "checkpoints", "show", "latest").stdout


@pytest.mark.parametrize("command", [["checkpoints", "show"], ["inspect"]])
def test_show(stopped, command):
    state, told = stopped

    def shown(name) -> dict:
        return json.loads(whittle(None, *command, name, "--state", state, "--json").stdout)

    for number, (path, answer) in enumerate(zip(files(state), told, strict=True), 1):
        contents = shown(number)
        assert contents["id"] == number and contents["step"] == answer["step"]
        assert by_name(contents) == by_name(answer)
        assert contents["validation"] == answer["stats"]["validation"]
        assert contents["intercept"] == answer["intercept"]
        by_path = shown(path)
        assert "id" not in by_path
        del contents["id"]
        assert by_path == contents
    latest = shown("latest")
    assert latest["id"] == 3 and shown("0003") == latest
    assert latest["sources"] == [{"source": "pump", "last": 9, "missing": 0, "duplicates": 0}]
    assert latest["position"] == 306 and latest["waiting"] == 0
    damage(files(state)[2])
    assert shown("latest")["id"] == 2
    text = whittle(None, *command, 1, "--state", state, "--top", 1).stdout
    assert any(line.split() == ["penalty.period", "7"] for line in text.splitlines())
    assert any(line.split()[:1] == ["loss"] for line in text.splitlines())
    assert "checksum" in whittle(None, *command, 3, "--state", state, code=65).stderr
    assert "checkpoint 4" in whittle(None, *command, 4, "--state", state, code=66).stderr


def test_verify(stopped, tmp_path):
    state, _ = stopped
    assert checkpoints(state, "verify").stdout == "1: whole\n2: whole\n3: whole\n"
    damage(files(state)[1])
    forge(files(state)[2], b'"format_version":"3"', b'"format_version":"7"')
    lines = checkpoints(state, "verify", code=1).stdout.splitlines()
    assert lines[0] == "1: whole"
    assert lines[1].startswith("2: damaged: its checksum is crc32c:")
    assert lines[2] == "3: newer: format version 7, and this whittle reads up to 3; upgrade whittle"
    found = as_json(state, "verify", code=1)["checkpoints"]
    assert [finding["checkpoint"] for finding in found] == ["1", "2", "3"]
    assert ["problem" in finding for finding in found] == [False, True, True]
    assert checkpoints(state, "verify", 1, files(state)[0]).stdout == f"1: whole\n{files(state)[0]}: whole\n"
    checkpoints(state, "verify", 2, code=1)
    assert "unreadable: " in checkpoints(state, "verify", tmp_path / "missing", code=1).stdout
    assert "checkpoint 9" in checkpoints(state, "verify", 9, code=66).stderr


@pytest.mark.parametrize(("one", "other"), [(1, 2), (1, 3), (2, 3), (3, 1)])
def test_diff(stopped, one, other):
    state, told = stopped
    found = as_json(state, "diff", one, other)
    steps = told[other - 1]["step"] - told[one - 1]["step"]
    assert found["steps"] == found["messages"] == steps
    assert (found["before"]["id"], found["after"]["id"], found["settings"]) == (one, other, [])
    old, new = by_name(told[one - 1]), by_name(told[other - 1])
    expected = {
        "entered": {name: [0, value] for name, value in new.items() if value and not old.get(name)},
        "left": {name: [value, 0] for name, value in old.items() if value and not new.get(name)},
        "changed": {
            name: [old[name], value] for name, value in new.items() if value and old.get(name) not in (None, 0, value)},
    }
    # Names that look the same are two features.
    assert expected["changed"] and (expected["entered"].keys() if one == 1 else expected["left"].keys()) >= (
        {*NAMES} if 2 in (one, other) else {"late"})
    for key, features in expected.items():
        assert {feature["name"]: [feature["before"], feature["after"]] for feature in found[key]} == features
        changes = [abs(feature["after"] - feature["before"]) for feature in found[key]]
        assert changes == sorted(changes, reverse=True)


def test_diff_as_text(stopped):
    state, told = stopped
    lines = checkpoints(state, "diff", 1, "latest", "--top", 1).stdout.splitlines()
    assert ["step", "100", "306", "+206"] in [line.split() for line in lines]
    [place] = [number for number, line in enumerate(lines) if line.startswith("ENTERED (")]
    assert lines[place + 1].split()[0] == as_json(state, "diff", 1, 3)["entered"][0]["name"] and not lines[place + 2]
    same = as_json(state, "diff", 2, 2)
    assert same["entered"] == same["left"] == same["changed"] == []


def test_diff_of_settings(start, stopped):
    state, _ = stopped
    daemon = start(SETTINGS | {"penalty.l1": 0.25, "learning_rate.schedule": "constant"}, state=state)
    daemon.learn(SAMPLES[0])
    assert daemon.stop() == 0
    found = as_json(state, "diff", 3, 4)["settings"]
    assert {setting["key"]: setting["after"] for setting in found} == {
        "penalty.l1": "0.25", "learning_rate.schedule": "constant"}
    assert ["penalty.l1", "0.20000000000000001", "0.25"] in [
        line.split() for line in checkpoints(state, "diff", 3, 4).stdout.splitlines()]


@pytest.mark.parametrize("to_file", [True, False])
def test_export(stopped, tmp_path, to_file):
    state, told = stopped

    def exported(form: str) -> bytes:
        if not to_file:
            return whittle(None, "checkpoints", "export", 2, "--state", state, "-o", "-", "--format", form).stdout.encode()
        checkpoints(state, "export", 2, "--output", tmp_path / f"out.{form}")
        assert [path.name for path in tmp_path.glob("out*")] == [f"out.{form}"]
        content = (tmp_path / f"out.{form}").read_bytes()
        (tmp_path / f"out.{form}").unlink()
        return content

    rows = list(csv.reader(io.StringIO(exported("csv").decode(), newline="")))
    assert rows[:2] == [["feature", "coefficient"], ["(intercept)", str(told[1]["intercept"])]]
    assert len(rows) == 2 + told[1]["features"]
    assert bits([float(dict(rows[2:])[name]) for name in told[1]["names"]]) == bits(told[1]["values"])
    weights = [abs(float(value)) for _, value in rows[2:]]
    assert weights == sorted(weights, reverse=True)
    exported_json = json.loads(exported("json"))
    assert exported_json["step"] == 205 and exported_json["intercept"] == told[1]["intercept"]
    assert by_name(exported_json) == by_name(told[1])
    if to_file:
        assert exported("safetensors") == files(state)[1].read_bytes()


def test_export_refuses(stopped, tmp_path):
    state, _ = stopped
    assert "(intercept)," in checkpoints(state, "export", "latest", "-o", "-").stdout
    assert str(tmp_path) in checkpoints(state, "export", 1, "-o", tmp_path, code=74).stderr
    checkpoints(state, "export", 1, "-o", tmp_path / "no/such/place.csv", code=74)
    assert checkpoints(state, "export", 1).stdout.startswith("feature,coefficient\n(intercept),")
    damage(files(state)[0])
    checkpoints(state, "export", 1, "-o", tmp_path / "out.safetensors", code=65)
    assert not list(tmp_path.glob("out*"))


def test_restore(start, stopped):
    state, told = stopped
    newer = {path.name: path.read_bytes() for path in files(state)[1:]}
    journal = {path.name: path.read_bytes() for path in (state / "journal").iterdir()}
    done = as_json(state, "restore", 1)
    [aside] = state.glob("aside-*")
    assert done == {
        "restored": 1, "file": str(files(state)[0]), "step": 100, "aside": str(aside),
        "moved": [*sorted(newer), "journal"]}
    assert {path.name: path.read_bytes() for path in files(aside)} == newer
    assert {path.name: path.read_bytes() for path in (aside / "journal").iterdir()} == journal
    left = [path.name for path in state.iterdir() if not path.name.startswith("catalog.sqlite")]
    assert sorted(left) == sorted([aside.name, files(state)[0].name, "lock"])
    # The next start takes it, and goes on as from there.
    daemon = start(SETTINGS, state=state)
    assert daemon.coefficients() == {key: value for key, value in told[0].items() if key != "stats"}
    daemon.learn(*SAMPLES[100:200], *({"y": 3, "x": {name: 2}} for name in NAMES))
    assert by_name(daemon.coefficients()) == by_name(told[1])
    assert daemon.stop() == 0
    # And what was kept aside can be looked at.
    assert "step 306 " in whittle(None, "inspect", files(aside)[-1]).stdout


def test_restore_finishes_what_was_interrupted(start, stopped):
    """As a crash leaves it: the directory is there, and a part of what belongs into it."""
    state, told = stopped
    (state / "restoring-00000002-20260131T120000Z").mkdir()
    daemon = start(SETTINGS, state=state)
    assert daemon.coefficients()["step"] == told[1]["step"]
    aside = sorted(path.name for path in state.glob("aside-20260131T120000Z/*"))
    assert aside == ["checkpoint-00000003-step-306.safetensors", "journal"]
    assert not list(state.glob("restoring-*"))


def test_restore_the_newest(start, stopped):
    """Without the messages that the journal has after it."""
    state, told = stopped
    daemon = start(SETTINGS, state=state)
    daemon.learn(*SAMPLES[:50])
    daemon.kill()
    assert as_json(state, "restore", 3)["moved"] == ["journal"]
    assert "nothing was moved" in checkpoints(state, "restore", 3).stdout
    daemon = start(SETTINGS, state=state)
    assert daemon.coefficients() == {key: value for key, value in told[2].items() if key != "stats"}


def test_restore_refuses(start, stopped):
    state, _ = stopped
    damage(files(state)[0])
    before = sorted(state.iterdir())
    assert "checksum" in checkpoints(state, "restore", 1, code=65).stderr
    assert "checkpoint 7" in checkpoints(state, "restore", 7, code=66).stderr
    checkpoints(state, "restore", "latest", code=64)
    daemon = start(SETTINGS, state=state)
    ended = checkpoints(state, "restore", 2, code=66)
    assert f"in use by process {daemon.process.pid}" in ended.stderr
    # Reading is no harm.
    assert len(as_json(state, "list")["checkpoints"]) == 3
    assert sorted(state.iterdir()) == before
