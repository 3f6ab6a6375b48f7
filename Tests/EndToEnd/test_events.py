"""Events of every kind, provoked, received and held to their schema."""

import json
import random
import re
import time

import jsonschema
import pytest

from daemon import LIMIT
from events import KINDS, PROTOCOL, SCHEMA, VALIDATOR, Events
from streams import random_samples

# What the tests of other things have turned off is as it is by default.
QUICK = {
    "publish.every_seconds": 0.02, "publish.every_samples": 0, "events.entered_after": None, "events.left_after": None,
    "events.drift": None}
SAMPLE = {"x": {"a": 1}, "y": 1}


@pytest.fixture
def watched(start):
    """A daemon with these settings, and its events."""
    def watched(settings: dict | None = None, **more):
        daemon = start(QUICK | (settings or {}), **more)
        return daemon, Events(daemon)
    return watched


def linear(count: int, weights: dict[str, float], *, noise: float = 0.1, seed: int = 1) -> list[dict]:
    numbers = random.Random(seed)
    samples = []
    for _ in range(count):
        x = {name: round(numbers.gauss(0, 1), 4) for name in weights}
        y = sum(weights[name] * value for name, value in x.items()) + numbers.gauss(0, noise)
        samples.append({"x": x, "y": round(y, 4)})
    return samples


def test_the_schema_is_one_and_tells_kinds_apart():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    good = {"event": "model_reset", "step": 0, "time": 1.5, "message": "m"}
    VALIDATOR.validate(good)
    VALIDATOR.validate(good | {"sequence": 1, "epoch": "e"})
    for bad in ({"event": "landed"}, {"step": -1}, {"problem": "p"}, {"sequence": 0}, {"time": "now"}, {"message": None}):
        assert not VALIDATOR.is_valid(good | bad), bad
    assert all(one["additionalProperties"] is False for one in SCHEMA["oneOf"])


def test_the_article_has_every_kind_and_field():
    article = (PROTOCOL / "WhittleProtocol.docc/Events.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \|.*?\|(.*)\|$", article, re.MULTILINE))
    assert KINDS <= rows.keys()
    for one in SCHEMA["oneOf"]:
        names = one["properties"]["event"].get("enum", [one["properties"]["event"].get("const")])
        own = one["properties"].keys() - {"event", "step", "time", "message", "sequence", "epoch"}
        told = set(re.findall(r"`(\w+)`", rows[names[0]]))
        assert own <= told, names
    swift = (PROTOCOL / "Event.swift").read_text()
    assert set(re.findall(r'Kind\(rawValue: "(\w+)"\)', swift)) == KINDS


def test_features_enter_and_leave(watched):
    weights = {"heavy": 5.0, "light": 1.0, "nothing": 0.0}
    daemon, events = watched({
        "events.entered_after": 1, "events.left_after": 1, "penalty.l1": 0.3, "learning_rate.initial": 0.05})
    events.socket.subscribe("coefficients")
    numbers = iter(range(1, 1_000_000))
    # The names of each step.
    published: dict[int, list[str]] = {}

    def feed(weights: dict[str, float], kind: str, name: str) -> dict:
        end = time.monotonic() + LIMIT
        while True:
            assert time.monotonic() < end, f"{name}: no {kind} came"
            daemon.learn(linear(200, weights, seed=next(numbers)))
            while events.socket.poll(0):
                event = None
                topic, payload, *_ = events.socket.recv_multipart()
                if topic == b"coefficients":
                    coefficients = json.loads(payload)
                    published[coefficients["step"]] = coefficients["names"]
                if topic == b"event":
                    event = json.loads(payload)
                    VALIDATOR.validate(event)
                if event and event["event"] == kind and name in event["names"]:
                    return event

    entered = feed(weights, "feature_entered", "heavy")
    assert entered["count"] >= len(entered["names"]) == len(entered["values"])
    assert [abs(value) for value in entered["values"]] == sorted(map(abs, entered["values"]), reverse=True)
    assert "active set" in entered["message"]
    left = feed({"heavy": 5.0, "light": 0.0, "nothing": 0.0}, "feature_left", "light")
    assert all(left["values"])
    # As of the same step, which was published before: what was learned meanwhile may have brought it back.
    assert "heavy" in published[left["step"]] and "light" not in published[left["step"]]


def test_what_a_restart_brings_is_no_news(start):
    settings = QUICK | {"events.entered_after": 1, "events.left_after": 1}
    daemon = start(settings)
    samples = linear(500, {f"f{number}": 1.0 for number in range(50)})
    daemon.learn(samples)
    assert daemon.stop() == 0
    again = start(settings, state=daemon.state)
    events = Events(again)
    again.learn(samples[:1])
    step = again.stats()["step"]
    again.push({"x": {"f0": 1, "new": 3}, "y": 10})
    entered = events.next("feature_entered", "feature_left")
    assert entered["event"] == "feature_entered" and entered["names"] == ["new"] and entered["step"] > step


def test_checkpoints(watched):
    daemon, events = watched()
    daemon.learn(SAMPLE)
    asked = daemon.checkpoint()
    event = events.next("checkpoint_written")
    assert {key: event[key] for key in ("step", "file", "bytes", "seconds")} == {
        key: asked[key] for key in ("step", "file", "bytes", "seconds")}


def test_gaps(watched):
    daemon, events = watched()
    daemon.push(*(SAMPLE | {"source": "pump", "seq": number} for number in (1, 2, 7)), SAMPLE | {"seq": 3},
                SAMPLE | {"seq": 5})
    gap = events.next("sequence_gap")
    assert (gap["source"], gap["from"], gap["to"], gap["missing"], gap["unpublished_before"]) == ("pump", 3, 6, 4, 0)
    gap = events.next("sequence_gap")
    assert "source" not in gap and (gap["from"], gap["to"], gap["missing"]) == (4, 4, 1)


def test_a_disk_that_fails(watched):
    daemon, events = watched()
    daemon.learn(SAMPLE)
    aside = daemon.state.with_name("aside")
    daemon.state.rename(aside)
    daemon.state.write_text("")
    assert not daemon.ask("checkpoint")["ok"]
    problem = daemon.stats()["problem"]
    degraded = events.next("degraded", "recovered")
    assert degraded["event"] == "degraded" and degraded["problem"] == problem and problem in degraded["message"]
    daemon.state.unlink()
    aside.rename(daemon.state)
    daemon.checkpoint()
    # The journal may have found out, too.
    while (event := events.next("degraded", "recovered"))["event"] == "degraded":
        problem = event["problem"]
    assert event["problem"] == problem


def test_drift(watched):
    """The truth changes its sign: told once, of about the right step, and not by a stream that goes on as it was."""
    weights = {f"f{number}": 1.0 for number in range(10)}
    daemon, events = watched({"learning_rate.schedule": "constant", "learning_rate.initial": 0.002})
    samples = linear(8000, weights, noise=0.5) + linear(4000, {name: -1.0 for name in weights}, noise=0.5, seed=2)
    for start in range(0, len(samples), 500):
        daemon.push(samples[start:start + 500])
    event = events.next("drift_detected")
    assert 8000 < event["step"] <= 9000
    assert abs(event["since_step"] - 8000) <= 200
    assert event["loss_after"] > 2 * event["loss_before"] > 0
    assert daemon.wait_until(lambda stats: stats["step"] == len(samples))
    assert daemon.wait_for_log(lambda line: line["message"].startswith("drift: the loss has risen"))
    assert len([line for line in daemon.log if line["message"].startswith("drift:")]) == 1
    # Neither a reset nor a restart is one.
    daemon.ask("reset")
    daemon.learn(*[samples[start:start + 500] for start in range(0, 8000, 500)])
    daemon.stop()
    assert len([line for line in daemon.log if line["message"].startswith("drift:")]) == 1


def test_no_drift_by_a_restart(start):
    """What changed while the daemon was away is not told."""
    weights = {f"f{number}": 1.0 for number in range(10)}
    settings = QUICK | {"learning_rate.schedule": "constant", "learning_rate.initial": 0.002}
    daemon = start(settings)
    daemon.learn(*[linear(500, weights, noise=0.5, seed=seed) for seed in range(16)])
    assert daemon.stop() == 0
    daemon = start(settings, state=daemon.state)
    changed = {name: -1.0 for name in weights}
    daemon.learn(*[linear(500, changed, noise=0.5, seed=seed) for seed in range(20, 40)])
    daemon.stop()
    assert [line for line in daemon.log if line["message"].startswith("drift:")] == []


def test_drift_can_be_off(start):
    daemon = start(QUICK | {"events.drift": "off"})
    daemon.learn(linear(4000, {"a": 1.0}), linear(4000, {"a": -30.0}))
    daemon.stop()
    assert [line for line in daemon.log if line["message"].startswith("drift:")] == []


def test_divergence(watched):
    daemon, events = watched({"learning_rate.initial": 10})
    for sample in random_samples(6000, density=1):
        daemon.push(sample)
    assert events.next("divergence_began")["clamped_updates"] > 0


def test_recovery_from_divergence(watched):
    daemon, events = watched({"learning_rate.initial": 10, "validation.half_life": 20})
    samples = random_samples(6000, density=1)
    daemon.push(*samples)
    events.next("divergence_began")
    daemon.ask("set", values={"learning_rate.initial": 0.2})
    assert events.next("settings_changed")["settings"] == {"learning_rate.initial": 0.2}
    for _ in range(10):
        daemon.push(*samples)
    events.next("divergence_ended")


def test_rejects(watched):
    daemon, events = watched()
    daemon.push(b"\xff nonsense")
    rejected = events.next("message_rejected")
    assert rejected["first_hex"].startswith("ff") and rejected["unpublished_before"] == 0


def test_a_full_dictionary(watched):
    daemon, events = watched({"limits.features": 4})
    daemon.push({"x": {f"f{number}": 1 for number in range(4)}, "y": 1}, {"x": {"g": 1}, "y": 1})
    assert events.next("features_refused")["limit"] == 4
    daemon, events = watched({"limits.features": 4, "penalty.l1": 1e6})
    for name in "abcdefgh":
        daemon.learn({"x": {name: 1}, "y": 1})
    assert events.next("features_forgotten")["limit"] == 4


def test_resets(watched):
    daemon, events = watched()
    daemon.learn(SAMPLE)
    daemon.ask("reset")
    assert events.next("model_reset")["step"] == 0
