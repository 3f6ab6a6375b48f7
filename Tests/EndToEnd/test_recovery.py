"""What a start makes of a state directory: damaged, contradicting, locked, or left behind by a kill."""

import shutil

import pytest

from checkpoint_file import CheckpointFile, files, forge
from daemon import DEFAULTS, flags, whittled
from streams import random_samples

SAMPLES = random_samples(100)


@pytest.fixture
def state(start):
    """A state directory with two checkpoints, of steps 40 and 100."""
    daemon = start()
    daemon.learn(*SAMPLES[:40])
    daemon.checkpoint()
    daemon.learn(*SAMPLES[40:])
    assert daemon.stop() == 0
    assert [CheckpointFile.read(path).step for path in files(daemon.state)] == [40, 100]
    return daemon.state


def failing_start(state, **settings):
    return whittled(*flags(DEFAULTS | {"state.directory": state} | settings))


DAMAGES = {
    "first byte": lambda content: bytes([content[0] ^ 1]) + content[1:],
    "byte in the header": lambda content: content[:100] + bytes([content[100] ^ 4]) + content[101:],
    "last byte": lambda content: content[:-1] + bytes([content[-1] ^ 0x80]),
    "byte in the middle": lambda content: content[:-200] + bytes([content[-200] ^ 1]) + content[-199:],
    "last byte missing": lambda content: content[:-1],
    "a byte too many": lambda content: content + b"\0",
    "half": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "zeros": lambda content: bytes(len(content)),
    "something else": lambda content: b"these are not the bytes that you are looking for",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_skipped(start, state, damage):
    newest = files(state)[-1]
    damaged = DAMAGES[damage](newest.read_bytes())
    newest.write_bytes(damaged)
    daemon = start(state=state)
    # The catalog, which is written beside all this, does without it too.
    errors = [line for line in daemon.log if line["level"] == "error" and "catalog" not in line["message"]]
    assert len(errors) == 1
    assert "skipped" in errors[0]["message"] and str(newest) in errors[0]["error"]
    assert daemon.stats()["step"] == 100, "the journal goes back to the one before"
    assert daemon.stats()["checkpoint"]["step"] == 40
    # It is left as evidence, and what comes next does not take its name.
    daemon.learn(*SAMPLES[40:])
    assert daemon.stop() == 0
    assert newest.read_bytes() == damaged
    assert CheckpointFile.read(files(state)[-1]).step == 160


def test_a_directory_in_a_checkpoints_place(start, state):
    newest = files(state)[-1]
    newest.unlink()
    newest.mkdir()
    assert start(state=state).stats()["step"] == 100, "the journal goes back to the one before"


def test_no_checkpoint_is_whole_but_the_journal_is(start, state):
    before = start(state=state)
    expected = before.coefficients()
    before.process.kill()
    before.wait()
    for path in files(state):
        path.write_bytes(path.read_bytes()[:-1])
    assert start(state=state).coefficients() == expected


def test_no_checkpoint_is_whole(state):
    for path in files(state):
        path.write_bytes(path.read_bytes()[:-1])
    shutil.rmtree(state / "journal")
    before = {path: path.read_bytes() for path in files(state)}
    ended = failing_start(state)
    assert ended.returncode == 65
    assert f"no checkpoint in {state} is whole" in ended.stderr
    for path, content in before.items():
        assert str(path) in ended.stderr
        assert path.read_bytes() == content


def test_a_checkpoint_of_a_newer_version(state):
    for path in files(state):
        forge(path, b'"format_version":"3"', b'"format_version":"4"')
    ended = failing_start(state)
    assert ended.returncode == 65
    assert "upgrade whittle" in ended.stderr


def test_an_older_checkpoint_does_not_stand_in_for_one_of_a_newer_version(state):
    """What the newer one learned would be lost."""
    newest = files(state)[-1]
    forge(newest, b'"format_version":"3"', b'"format_version":"4"')
    ended = failing_start(state)
    assert ended.returncode == 65
    assert str(newest) in ended.stderr and "upgrade whittle" in ended.stderr


@pytest.mark.parametrize(
    "key, value, before", [("model.loss", "logistic", "squared"), ("model.intercept", False, "true")])
def test_contradiction(start, state, key, value, before):
    contents = {path: path.read_bytes() for path in files(state)}
    ended = failing_start(state, **{key: value})
    assert ended.returncode == 78
    assert f"set {key} to {before} to go on with that model" in " ".join(ended.stderr.split())
    assert "state.directory of its own" in " ".join(ended.stderr.split())
    assert {path: path.read_bytes() for path in files(state)} == contents
    assert start(state=state).stats()["step"] == 100


def test_other_penalties_are_accepted_and_logged(start, state):
    daemon = start({"penalty.l1": 0.5, "penalty.threshold": 2, "learning_rate.initial": 0.02}, state=state)
    changes = {
        line["key"]: (line["before"], line["now"])
        for line in daemon.log
        if line["message"].startswith("a setting differs")
    }
    assert changes == {
        "penalty.l1": ("0.01", "0.5"), "penalty.threshold": ("none", "2"), "learning_rate.initial": ("0.01", "0.02"),
    }
    assert daemon.stats()["step"] == 100
    assert daemon.stats()["step_size"] == pytest.approx(0.02 / 101**0.25)


def test_the_same_settings_are_not_worth_a_word(start, state):
    daemon = start(state=state)
    assert not [line for line in daemon.log if line["level"] in ("notice", "warning", "error")]


def test_a_locked_state_directory(start):
    daemon = start()
    daemon.learn(*SAMPLES)
    ended = failing_start(daemon.state)
    assert ended.returncode == 75
    assert f"in use by process {daemon.process.pid}" in ended.stderr
    assert daemon.stats()["step"] == 100


def test_killed(start):
    """After SIGKILL everything that it had learned is there."""
    daemon = start()
    daemon.learn(*SAMPLES[:60])
    daemon.checkpoint()
    daemon.learn(*SAMPLES[60:])
    expected = daemon.coefficients()
    daemon.wait_until(lambda stats: stats["journal"]["written"] == stats["journal"]["position"])
    daemon.process.kill()
    daemon.wait()
    daemon = start(state=daemon.state)
    assert daemon.stats()["step"] == 100
    assert daemon.coefficients() == expected


def test_killed_without_a_journal(start):
    """After SIGKILL it begins at the last checkpoint; the same samples again lead to the same model."""
    daemon = start({"journal.sync": "off"})
    daemon.learn(*SAMPLES[:60])
    daemon.checkpoint()
    daemon.learn(*SAMPLES[60:])
    expected = daemon.coefficients()
    daemon.process.kill()
    daemon.wait()
    daemon = start({"journal.sync": "off"}, state=daemon.state)
    assert daemon.stats()["step"] == 60
    daemon.learn(*SAMPLES[60:])
    assert daemon.coefficients() == expected


def test_killed_while_it_writes(start):
    """Wherever a kill hits, a start finds a whole checkpoint, and what was unfinished is cleared away."""
    state = None
    for _ in range(8):
        daemon = start({"checkpoint.every_samples": 1, "checkpoint.keep": 2}, state=state)
        state = daemon.state
        at_start = daemon.stats()["step"]
        daemon.push(*SAMPLES * 10)
        daemon.wait_until(lambda stats, least=at_start: stats["step"] > least + 100)
        daemon.process.kill()
        daemon.wait()
    (state / ".unfinished-1").write_bytes(b"half of a checkpo")
    daemon = start(state=state)
    assert daemon.stats()["step"] > 0
    assert not [line for line in daemon.log if line["level"] == "error"]
    assert not list(state.glob(".unfinished-*"))


def test_other_files_are_left_alone(start, state):
    names = ["checkpoint-1-step-1.safetensors", "checkpoint-00000009-step-x.safetensors", "notes.txt", "a.safetensors"]
    for name in names:
        (state / name).write_text("mine")
    daemon = start({"checkpoint.keep": 1}, state=state)
    assert daemon.stats()["step"] == 100
    daemon.learn(*SAMPLES)
    assert daemon.stop() == 0
    assert all((state / name).read_text() == "mine" for name in names)


def test_a_lost_state_directory(start):
    """Without a place for checkpoints it goes on learning, says so, and recovers once there is one again."""
    daemon = start()
    daemon.learn(*SAMPLES)
    shutil.rmtree(daemon.state)
    answer = daemon.ask("checkpoint")
    assert answer["error"]["code"] == "checkpoint_failed"
    assert str(daemon.state) in answer["error"]["message"]
    assert daemon.learn(*SAMPLES)["step"] == 200
    stats = daemon.stats()
    assert stats["health"] == "degraded"
    assert "could not be written" in stats["problem"]
    daemon.state.mkdir()
    assert daemon.checkpoint()["step"] == 200
    daemon.wait_until(lambda stats: stats["health"] == "ok")
    daemon.wait_for_log(lambda line: line["message"].startswith("recovered: checkpoint and journal"))
    # And it is true: nothing is lost now.
    daemon.learn(*SAMPLES)
    daemon.wait_until(lambda stats: stats["journal"]["written"] == stats["journal"]["position"])
    daemon.process.kill()
    daemon.wait()
    assert start(state=daemon.state).stats()["step"] == 300


def test_the_last_checkpoint_cannot_be_written(start):
    daemon = start()
    daemon.learn(*SAMPLES)
    shutil.rmtree(daemon.state)
    assert daemon.stop() == 74
    assert any("the last checkpoint could not be written" in line for line in daemon.stray_lines)


def test_a_file_in_the_state_directorys_place(tmp_path):
    place = tmp_path / "state"
    place.write_text("a file")
    ended = failing_start(place)
    assert ended.returncode == 73
    assert str(place) in ended.stderr
    assert place.read_text() == "a file"
