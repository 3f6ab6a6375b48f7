"""Steps that are too large: the loss explodes, subscribers to `event` hear of it, and the daemon lives on."""

import itertools
import json
import math
import subprocess
import time
from collections.abc import Iterator

import pytest
import zmq

from daemon import PROGRAMS, clean_environment, connected
from streams import random_samples
from tool import variables, whittle, whittle_on_a_terminal

EXPLODING = {"learning_rate.initial": 10, "publish.every_seconds": 0.02}
SAMPLES = random_samples(6000, density=1)


def subscribed(daemon) -> zmq.Socket:
    """To events, and surely: the subscription to stats was sent after that to events, and has arrived."""
    subscriber = connected(daemon.context, zmq.SUB, daemon.endpoint("publish.bind"))
    subscriber.subscribe("event")
    subscriber.subscribe("stats")
    assert subscriber.recv_multipart()[0] == b"stats"
    subscriber.unsubscribe("stats")
    return subscriber


def next_event(subscriber: zmq.Socket) -> dict:
    while (publication := subscriber.recv_multipart())[0] != b"event":
        pass
    return json.loads(publication[1])


def test_an_explosion_is_told_and_harms_nobody(start):
    daemon = start(EXPLODING)
    subscriber = subscribed(daemon)
    daemon.push(SAMPLES[:3000])
    for sample in SAMPLES[3000:]:
        daemon.push(sample)
    event = next_event(subscriber)
    assert event.keys() == {
        "epoch", "sequence", "event", "step", "time", "message", "step_size", "loss", "best_constant_loss",
        "clamped_updates"}
    assert event["event"] == "divergence_began"
    assert 1000 <= event["step"] <= 6000
    assert abs(event["time"] - time.time()) < 600
    assert event["step_size"] == pytest.approx(10 / (event["step"] + 1) ** 0.25)
    assert event["loss"] > 1e6 * event["best_constant_loss"] > 0
    assert event["clamped_updates"] > 0
    for part in (f"the step size {event['step_size']:.4g} is too large", "lower learning_rate.initial", "normalized"):
        assert part in event["message"]
    logged = daemon.wait_for_log(lambda line: line["message"] == f"diverging: {event['message']}")
    assert logged["level"] == "warning" and float(logged["step_size"]) == event["step_size"]

    stats = daemon.wait_until(lambda stats: stats["step"] == 6000)
    assert stats["diverging"] is True and stats["health"] == "ok"
    told = daemon.coefficients()
    assert len(told["values"]) == 12 and all(map(math.isfinite, [*told["values"], told["intercept"]]))
    assert any(line.startswith("diverging ") for line in whittle(daemon, "stats").stdout.splitlines())
    assert "  diverging" in whittle(daemon, "watch", "--count", 1).stdout
    screen = whittle_on_a_terminal(daemon, "watch", until="diverging: the loss has exploded")
    assert "diverging" in screen.text
    assert daemon.stop() == 0
    # Told once: nothing but stats from before the end of that subscription is left.
    while subscriber.poll(0):
        assert subscriber.recv_multipart()[0] == b"stats"


@pytest.fixture
def watching() -> Iterator:
    """Starts `whittle watch --json`, and returns once it has shown something."""
    started: list[subprocess.Popen] = []

    def watching(daemon) -> subprocess.Popen:
        watch = subprocess.Popen(
            [PROGRAMS / "whittle", "watch", "--json"], env=clean_environment(**variables(daemon)), text=True,
            stdout=subprocess.PIPE)
        started.append(watch)
        assert watch.stdout.readline()
        return watch

    yield watching
    for watch in started:
        watch.kill()
        watch.communicate()


def test_watch_shows_events(start, watching):
    daemon = start(EXPLODING)
    watch = watching(daemon)
    daemon.push(*SAMPLES)
    event = next(line for line in map(json.loads, watch.stdout) if line["topic"] == "event")
    assert event["event"] == "divergence_began" and "step size" in event["message"]


@pytest.mark.parametrize("settings", [{}, {"learning_rate.initial": 10, "learning_rate.update": "invariant"}], ids=str)
def test_a_healthy_stream_is_left_in_peace(start, settings):
    daemon = start(settings | {"events.drift": None})
    subscriber = subscribed(daemon)
    for sample in itertools.islice(itertools.cycle(SAMPLES), 12_000):
        daemon.push(sample)
    assert daemon.wait_until(lambda stats: stats["step"] == 12_000)["diverging"] is False
    assert daemon.stop() == 0
    while subscriber.poll(0):
        assert subscriber.recv_multipart()[0] == b"stats"
    assert [line for line in daemon.log if line["level"] not in ("info", "notice")] == []
