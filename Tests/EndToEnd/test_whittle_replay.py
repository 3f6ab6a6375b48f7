"""`whittle replay` beside daemons that were fed the same messages under the same settings."""

import json

import pytest

from checkpoint_file import files
from streams import random_samples
from tool import whittle

SAMPLES = random_samples(400)
KEEP = {"journal.keep_bytes": 1 << 20}


def replay(state, *arguments, code: int = 0):
    return whittle(None, "replay", "--state", state, *arguments, code=code)


def outcomes(state, *arguments) -> list[dict]:
    return json.loads(replay(state, *arguments, "--json").stdout)


def told(daemon) -> dict:
    """What a daemon says of itself, as a replay does."""
    stats = daemon.stats()
    return {
        "step": stats["step"], "loss": stats["validation"]["overall"]["loss"],
        "recent_loss": stats["validation"]["recent"]["loss"],
        "best_constant_loss": stats["validation"]["overall"]["best_constant_loss"], "features": stats["features"],
        "active_set": stats["active_set"], "l1_norm": stats["l1_norm"],
    }


def of(outcome: dict) -> dict:
    return {key: value for key, value in outcome.items() if key not in ("hyperparameters", "messages", "samples")}


@pytest.mark.parametrize("kills", [False, True])
def test_every_variant_is_what_a_daemon_with_it_learns(start, kills):
    variants = [{}, *({"penalty.l1": l1, "learning_rate.initial": rate} for l1 in (0, 0.3) for rate in (0.01, 0.05))]
    expected = []
    for variant in variants:
        daemon = start(variant)
        daemon.learn(*SAMPLES)
        expected.append(told(daemon))
    daemon = start(KEEP)
    daemon.learn(*SAMPLES[:150])
    daemon.checkpoint()
    daemon.learn(*SAMPLES[150:])
    if kills:
        daemon.wait_for_journal()
        daemon.process.kill()
        daemon.wait()
    else:
        assert daemon.stop() == 0
    before = {path: path.read_bytes() for path in daemon.state.rglob("*") if path.is_file()}
    found = outcomes(daemon.state, "--set", "penalty.l1=0,0.3", "--set", "learning_rate.initial=0.01,0.05")
    assert [of(outcome) for outcome in found] == expected
    assert [outcome["hyperparameters"] for outcome in found] == [
        {key: str(value) for key, value in variant.items()} for variant in variants]
    assert all(outcome["samples"] == len(SAMPLES) for outcome in found)
    assert {path: path.read_bytes() for path in daemon.state.rglob("*") if path.is_file()} == before


def test_after_a_checkpoint(start):
    daemon = start({"penalty.l1": 0.1})
    daemon.learn(*SAMPLES[:150])
    daemon.checkpoint()
    daemon.learn(*SAMPLES[150:])
    expected = daemon.stats()
    assert daemon.stop() == 0
    [as_it_was, without] = outcomes(daemon.state, "--after", files(daemon.state)[0], "--set", "penalty.l1=0")
    assert as_it_was["samples"] == without["samples"] == 250
    assert as_it_was["step"] == without["step"] == 400
    for key in ("active_set", "l1_norm"):
        assert as_it_was[key] == expected[key]
    assert without["active_set"] > as_it_was["active_set"]


def test_begins_where_the_journal_does(start):
    """Segments that two checkpoints cover are gone: it begins after the oldest checkpoint that has the others."""
    daemon = start({"journal.segment_bytes": 4096, "checkpoint.keep": 2})
    for first in range(0, 400, 100):
        daemon.learn(*SAMPLES[first:first + 100])
        daemon.checkpoint()
    expected = daemon.stats()
    assert daemon.stop() == 0
    [outcome] = outcomes(daemon.state)
    assert outcome["step"] == 400 and 0 < outcome["samples"] < 400
    assert outcome["l1_norm"] == expected["l1_norm"]


def test_for_people(start):
    daemon = start(KEEP)
    daemon.learn(*SAMPLES)
    assert daemon.stop() == 0
    lines = replay(daemon.state, "--set", "penalty.l1=0,0.3").stdout.splitlines()
    assert "400 samples, from the beginning" in lines[0]
    assert lines[2].split()[:3] == ["HYPERPARAMETERS", "LOSS", "RECENT"]
    assert [line.split("  ")[0] for line in lines[3:]] == ["as it was", "penalty.l1=0", "penalty.l1=0.3"]


@pytest.mark.parametrize("argument, says", [
    ("penalty.l1", "not KEY=VALUE"), ("penalty.l3=1", "there are loss.quantile"), ("penalty.l1=-1", "at least 0"),
    ("penalty.l1=0,x", 'found "x"'), ("learning_rate.schedule=fast", "inverse_scaling"), ("penalty.period=0", "from 1"),
])
def test_wrong_hyperparameters(start, tmp_path, argument, says):
    assert says in " ".join(replay(tmp_path, "--set", argument, code=64).stderr.split())


def test_hyperparameters_that_contradict_each_other(start):
    daemon = start()
    daemon.learn(*SAMPLES)
    assert daemon.stop() == 0
    ended = replay(daemon.state, "--set", "model.optimizer=ftrl", "--set", "penalty.threshold=1", code=64)
    assert "does not go together" in ended.stderr


def test_nothing_to_replay(start, tmp_path):
    assert "no such file" in replay(tmp_path / "nowhere", code=66).stderr.lower()
    daemon = start({"journal.sync": "off"})
    daemon.learn(*SAMPLES)
    assert daemon.stop() == 0
    assert "no journal" in replay(daemon.state, code=66).stderr


def test_damage(start):
    daemon = start(KEEP)
    for sample in SAMPLES[:50]:
        daemon.learn(sample)
    assert daemon.stop() == 0
    segment, = (daemon.state / "journal").iterdir()
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    ended = whittle(None, "replay", "--state", daemon.state, "--past-damage", "--json")
    [outcome] = json.loads(ended.stdout)
    assert outcome["samples"] < 50
