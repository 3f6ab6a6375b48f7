"""What a start makes of a journal and checkpoints that were damaged, or learned under other settings."""

import itertools
import re

import pytest

from checkpoint_file import CheckpointFile, files
from daemon import DEFAULTS, flags, frames, whittled
from journal_file import Segment, flip, segments
from reference import assert_is_the_stream, assert_same_model
from sender import ROUTER, Sender, cycled, numbered
from streams import random_samples

SAMPLES = random_samples(300)
SETTINGS = {
    ROUTER: "tcp://127.0.0.1:*", "ingest.router.acknowledge": "durable", "journal.sync": "always", "penalty.l1": 0.05}


@pytest.fixture
def sender(context):
    return Sender(context, numbered(cycled([frames(sample) for sample in SAMPLES])))


def killed_after(start, sender: Sender, count: int, settings: dict = SETTINGS, *, state=None, in_steps_of: int = 20):
    """The state directory of a daemon that has acknowledged so many messages, a few at a time, and was killed."""
    daemon = start(settings, state=state)
    sender.connect(daemon)
    for last in range(sender.acknowledged + in_steps_of, count + in_steps_of, in_steps_of):
        sender.send(min(last, count))
    daemon.kill()
    return daemon.state


def failing_start(state, **settings):
    return whittled(*flags(DEFAULTS | SETTINGS | {"state.directory": state} | settings))


def without(start, left_out: set[int], count: int) -> CheckpointFile:
    """What a daemon learns of the messages 1 to `count`, but for some."""
    daemon = start({"penalty.l1": 0.05})
    message = numbered(cycled([frames(sample) for sample in SAMPLES]))
    daemon.learn(*[message(number) for number in range(1, count + 1) if number not in left_out])
    return CheckpointFile.read(daemon.checkpoint()["file"])


@pytest.mark.parametrize("place", ["length", "checksum", "position", "payload", "last byte"])
def test_a_byte_of_a_synced_message_is_flipped(start, sender, place):
    """It is not passed over in silence: what is missing is told, and a word from the operator is needed to go on."""
    state = killed_after(start, sender, 100)
    [segment] = segments(state)
    record = segment.records[41]
    assert record.position == 42
    flip(segment.path, record.offset + {
        "length": 1, "checksum": 4, "position": 8, "payload": 60, "last byte": record.length - 1}[place])
    before = segment.path.read_bytes()
    ended = failing_start(state)
    assert ended.returncode == 65
    told = " ".join(ended.stderr.split())
    assert f"{segment.path} at byte {record.offset}" in told and "message 42" in told, told
    assert "At least 1 message that had been made durable cannot be read" in told
    assert segment.path.read_bytes() == before

    daemon = start(SETTINGS | {"journal.past_damage": True}, state=state)
    [gap] = [line for line in daemon.log if line["level"] == "error"]
    assert "journal.past_damage" in gap["message"] and gap["file"] == str(segment.path)
    assert (gap["offset"], gap["position"], gap["messages"]) == (str(record.offset), "42", "1")
    checkpoint = CheckpointFile.read(daemon.checkpoint()["file"])
    assert_same_model(checkpoint, without(start, {42}, 100))
    daemon.kill()
    # Once a checkpoint covers what is missing, nobody has to be asked again.
    assert start(SETTINGS, state=state).stats()["step"] == 99


def test_a_segment_in_the_middle_is_gone(start, sender):
    settings = SETTINGS | {"journal.segment_bytes": 4096}
    state = killed_after(start, sender, 100, settings)
    first, second, third, *_ = segments(state)
    second.path.unlink()
    ended = failing_start(state)
    assert ended.returncode == 65
    missing = third.first - second.first
    told = " ".join(ended.stderr.split())
    assert str(third.path) in told or str(first.path) in told
    assert f"message {second.first} " in told and f"At least {missing} message" in told
    daemon = start(settings | {"journal.past_damage": True}, state=state)
    assert daemon.stats()["step"] == 100 - missing


def test_the_head_of_a_segment_is_damaged(start, sender):
    """No crash leaves one so: it was durable before it had its name."""
    state = killed_after(start, sender, 100, SETTINGS | {"journal.segment_bytes": 4096})
    second = segments(state)[1]
    flip(second.path, 50)
    ended = failing_start(state)
    assert ended.returncode == 65 and str(second.path) in ended.stderr
    assert f"message {second.first} " in " ".join(ended.stderr.split())


def cut_places(segment: Segment) -> list[int]:
    """Byte counts: at the bounds of records, and all kinds of places between them."""
    bounds = [record.offset for record in segment.records] + [segment.path.stat().st_size]
    parts = itertools.cycle([1, 3, 8, 17, 39, 44, 70])
    inside = [offset + part for offset, part in zip(bounds[:-1], parts, strict=False)]
    return sorted(set(bounds[::3] + inside[::3] + [bounds[-1] - 1]))


def test_the_last_segment_is_cut(start, sender, tmp_path):
    """Wherever the end of the journal was lost, a start goes on with what is whole, and says what it gave up."""
    state = killed_after(start, sender, 40)
    [segment] = segments(state)
    content = segment.path.read_bytes()
    for number, size in enumerate(cut_places(segment)):
        copy = tmp_path / f"cut-{number}"
        (copy / "journal").mkdir(parents=True)
        (copy / "journal" / segment.path.name).write_bytes(content[:size])
        daemon = start(SETTINGS, state=copy)
        whole = sum(record.offset + record.length <= size for record in segment.records)
        assert daemon.stats()["step"] == whole, size
        lost = [line for line in daemon.log if line["message"].startswith("the end of the journal was given up")]
        if size in [record.offset for record in segment.records] + [len(content)]:
            assert not lost, size
        else:
            [line] = lost
            begin = next(record.offset for record in segment.records if record.offset + record.length > size)
            assert "never made durable" in line["message"]
            assert (line["position"], line["bytes"], line["whole_messages"]) == (str(whole + 1), str(size - begin), "0")
            assert line["files"].endswith(segment.path.name)
        # What follows takes the place of what was given up.
        sender.acknowledged = whole
        sender.connect(daemon)
        sender.send(45)
        daemon.kill()
        daemon = start(SETTINGS, state=copy)
        assert daemon.stats()["step"] == 45
        if number % 10 == 0:
            assert_is_the_stream(start, SETTINGS, sender, CheckpointFile.read(daemon.checkpoint()["file"]))
        daemon.kill()


@pytest.mark.parametrize("damage", ["a byte", "half", "all gone"])
def test_the_newest_checkpoint_is_damaged(start, sender, damage):
    """The one before it and the journal lead to the same model."""
    settings = SETTINGS | {"checkpoint.every_samples": 60, "journal.segment_bytes": 4096}
    state = killed_after(start, sender, 250, settings, in_steps_of=30)
    newest = files(state)[-1]
    assert len(files(state)) >= 2
    match damage:
        case "a byte":
            flip(newest, newest.stat().st_size // 2)
        case "half":
            newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
        case _:
            newest.unlink()
    daemon = start(settings, state=state)
    # The catalog, made from the same files, may say the same of it by now.
    errors = [line for line in daemon.log if line["level"] == "error" and "catalog" not in line["message"]]
    assert len(errors) == (damage != "all gone")
    assert all("skipped" in line["message"] and str(newest) in line["error"] for line in errors)
    assert daemon.stats()["step"] == 250
    assert_is_the_stream(start, settings, sender, CheckpointFile.read(daemon.checkpoint()["file"]))


def test_the_only_checkpoint_is_damaged(start, sender):
    """The journal that goes back to the beginning does as well."""
    settings = SETTINGS | {"checkpoint.every_samples": 60}
    state = killed_after(start, sender, 70, settings, in_steps_of=35)
    for path in files(state):
        flip(path, path.stat().st_size // 2)
    daemon = start(settings, state=state)
    assert daemon.stats()["step"] == 70
    assert_is_the_stream(start, settings, sender, CheckpointFile.read(daemon.checkpoint()["file"]))


# Settings that a model may change, from one run to the next.
CHANGES = {
    "penalties": [
        {"penalty.l1": 0.05}, {"penalty.l1": 0.3, "penalty.l2": 0.02}, {"penalty.l1": 0, "penalty.threshold": 0.5},
        {"penalty.l1": 0.1, "penalty.period": 5}],
    "learning rate": [
        {"learning_rate.initial": 0.02}, {"learning_rate.schedule": "constant", "learning_rate.initial": 0.005},
        {"learning_rate.average_from": 10}, {"validation.half_life": 50, "validation.window": 100}],
    "limits": [
        {"limits.features": 8}, {"limits.features": 100}, {"limits.features": 9, "penalty.factors": "f1=0"},
        {"ingest.format": "json"}],
}


@pytest.mark.parametrize("checkpoints", [0, 37])
@pytest.mark.parametrize("case", CHANGES)
def test_settings_that_change_between_crashes(start, context, case, checkpoints):
    """Messages are learned again under the settings that they were accepted under, as if each run had ended well."""
    common = SETTINGS | {"checkpoint.every_samples": checkpoints}
    message = numbered(cycled([frames(sample) for sample in SAMPLES]))
    ends = {}
    for how in ("killed", "stopped"):
        sender, state = Sender(context, message), None
        for number, changed in enumerate(CHANGES[case] * 2, 1):
            daemon = start(common | changed, state=state)
            state = daemon.state
            assert daemon.stats()["step"] == (number - 1) * 50
            sender.connect(daemon)
            sender.send(number * 50)
            if how == "killed":
                daemon.kill()
            else:
                assert daemon.stop() == 0
        daemon = start(common, state=state)
        ends[how] = CheckpointFile.read(daemon.checkpoint()["file"])
        assert sender.duplicates == 0
    assert ends["killed"].step == 400
    assert_same_model(ends["killed"], ends["stopped"])


def test_segments_say_under_which_settings(start, sender):
    """As text, for people: what is in a journal can be found out without whittle."""
    state = killed_after(start, sender, 20)
    state = killed_after(start, sender, 40, SETTINGS | {"penalty.l1": 0.25}, state=state)
    first, second = (segment.path.read_bytes()[: segment.head_length] for segment in segments(state))
    assert re.search(rb'l1\\*":0\.05\D', first) and re.search(rb'l1\\*":0\.25\D', second)
