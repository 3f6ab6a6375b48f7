"""What subscribers to `coefficients` and `stats` see, from a foreign client (pyzmq)."""

import itertools
import json
import time

import pytest
import zmq

from checkpoint_file import bits
from daemon import LIMIT, connected
from streams import random_samples
from subscriber import received, subscribed

EVERY = 50


@pytest.fixture
def daemon(start):
    """Publishes after so many samples and at no other time."""
    return start({"publish.every_samples": EVERY, "publish.every_seconds": 0, "penalty.l1": 0.2})


def feed_until_published(daemon, subscriber: zmq.Socket, samples, last: str = "stats") -> int:
    """Feeds until a first publication comes: then the subscription has arrived, and none is missed any more.

    Returns how many samples were fed. The subscriber has received all that was published up to there."""
    end = time.monotonic() + LIMIT
    for fed in itertools.count(EVERY, EVERY):
        daemon.learn(list(itertools.islice(samples, EVERY)))
        if subscriber.poll(20):
            # Of the two topics of one publication, stats come last.
            while (publication := received(subscriber)) and (publication[0], publication[1]["step"]) != (last, fed):
                pass
            return fed
        assert time.monotonic() < end, "nothing was published"


def test_every_n_samples(daemon):
    subscriber = subscribed(daemon, "")
    samples = itertools.cycle(random_samples(500))
    fed = feed_until_published(daemon, subscriber, samples)
    for round in range(1, 6):
        daemon.learn(*itertools.islice(samples, EVERY))
        (first, coefficients), (second, stats) = received(subscriber), received(subscriber)
        assert (first, second) == ("coefficients", "stats")
        assert coefficients["step"] == stats["step"] == fed + round * EVERY
    assert not subscriber.poll(0)


def test_published_coefficients_are_those_that_are_not_zero(daemon):
    subscriber = subscribed(daemon, "coefficients")
    samples = itertools.cycle(random_samples(500))
    feed_until_published(daemon, subscriber, samples, last="coefficients")
    daemon.learn(*itertools.islice(samples, EVERY))
    topic, published = received(subscriber)
    assert topic == "coefficients"
    assert published.keys() == {
        "epoch", "sequence", "form", "step", "intercept", "names", "values", "features", "active_set"}
    asked = daemon.coefficients()
    active = [(name, value) for name, value in zip(asked["names"], asked["values"], strict=True) if value]
    assert published["names"] == [name for name, _ in active]
    assert bits(published["values"]) == bits([value for _, value in active])
    assert published["active_set"] == len(active) < published["features"] == 12
    assert (published["step"], published["intercept"]) == (asked["step"], asked["intercept"])


def test_published_stats_are_those_that_one_can_ask_for(daemon):
    subscriber = subscribed(daemon, "stats")
    samples = itertools.cycle(random_samples(500))
    feed_until_published(daemon, subscriber, samples)
    daemon.learn(*itertools.islice(samples, EVERY))
    topic, published = received(subscriber)
    assert topic == "stats"
    asked = daemon.stats()
    assert published.keys() - {"epoch", "sequence"} == asked.keys() - {"ok", "protocol"}
    # The journal goes on meanwhile.
    assert published["journal"]["position"] == asked["journal"]["position"]
    for key in published.keys() - {"epoch", "sequence", "uptime_seconds", "samples_per_second", "messages", "journal"}:
        assert published[key] == asked[key], key


def test_steps_only_grow_however_fast_samples_come(daemon):
    subscriber = subscribed(daemon, "stats")
    samples = random_samples(500)
    fed = feed_until_published(daemon, subscriber, itertools.cycle(samples))
    daemon.push(*samples * 10)
    steps = []
    # What falls due while one is being published is made up for.
    while not steps or steps[-1] <= fed + 5000 - EVERY:
        steps.append(received(subscriber)[1]["step"])
    assert all(later - earlier >= EVERY for earlier, later in itertools.pairwise(steps))


def test_every_few_seconds(start):
    """By time alone it publishes without any sample."""
    daemon = start({"publish.every_samples": 0, "publish.every_seconds": 0.02})
    subscriber = subscribed(daemon, "stats")
    uptimes = [received(subscriber)[1]["uptime_seconds"] for _ in range(3)]
    assert uptimes == sorted(set(uptimes))


def test_a_last_time_at_the_end(daemon):
    subscriber = subscribed(daemon, "")
    fed = feed_until_published(daemon, subscriber, itertools.cycle(random_samples(500)))
    daemon.learn(*random_samples(EVERY - 1))
    assert not subscriber.poll(0)
    assert daemon.stop() == 0
    steps = [received(subscriber)[1]["step"] for _ in range(2)]
    assert steps == [fed + EVERY - 1] * 2


def test_several_endpoints_and_subscribers(start, short_path):
    daemon = start({
        "publish.bind": ["tcp://127.0.0.1:*", f"ipc://{short_path}/out"], "publish.every_seconds": 0.02})
    for endpoint in daemon.endpoints["publish.bind"] * 2:
        subscriber = connected(daemon.context, zmq.SUB, endpoint)
        subscriber.subscribe("stats")
        assert received(subscriber)[0] == "stats"


def test_a_subscriber_that_never_reads_holds_up_nobody(start):
    daemon = start({"publish.every_samples": 1, "publish.every_seconds": 0})
    idle = subscribed(daemon, "")
    idle.rcvhwm = 1
    assert daemon.learn(*random_samples(3000))["step"] == 3000


BARE = '{"dtype": "<f4", "shape": [1, 1], "source": "pump-3", "seq": 4}'


@pytest.mark.parametrize(
    "message, source",
    [
        ([b'[{"y": 1, "x": {}, "source": "a"}, {"y": 1, "source": "b", "x": {"c": 1e300}}]'], "b"),
        (['{"source": "größe", "seq": 4}'.encode(), b"1 | a:b"], "größe"),
        ([b"topic", b'{"source": "s"}', b"nonsense"], "s"),
        ([BARE.encode(), b"12345"], "pump-3"),
        ([b'{"source": "' + "ö".encode() * 600 + b'", "y": 1, "x": {}}'], "ö" * 512),
        ([b"1 | a:b"], None),
    ],
    ids=["JSON record", "envelope", "envelope without a number", "array header", "too long", "none"],
)
def test_who_sent_what_was_rejected(start, message, source):
    daemon = start({"publish.every_samples": 1, "publish.every_seconds": 0})
    subscriber = subscribed(daemon, "")
    while not subscriber.poll(20):
        daemon.learn("1 | a")
    daemon.push(message)
    while (publication := received(subscriber))[0] != "event":
        pass
    assert publication[1]["event"] == "message_rejected"
    assert publication[1].get("source") == source
