"""Late subscribers are given the last coefficients and stats, and sequence numbers tell what they missed."""

import json
import time

import pytest
import zmq

from daemon import limited
from streams import random_samples
from subscriber import received, subscribed

# After the first publication none comes by itself.
SETTINGS = {"publish.every_samples": 100, "publish.every_seconds": 0}
SAMPLES = random_samples(100)


@pytest.fixture(scope="module")
def quiet(start_shared):
    """A daemon that has published once."""
    daemon = start_shared(SETTINGS)
    early = subscribed(daemon, "")
    daemon.learn(SAMPLES)
    first = [received(early) for _ in range(2)]
    daemon.first = dict(first)
    early.close()
    return daemon


@pytest.mark.parametrize("prefixes, topics", [
    (["coefficients"], ["coefficients"]), (["stats"], ["stats"]), (["coef"], ["coefficients"]),
    (["st"], ["stats"]), ([""], ["coefficients", "stats"]), (["stats", "coefficients"], ["coefficients", "stats"]),
])
def test_a_late_subscriber_has_them_at_once(quiet, prefixes, topics):
    late = subscribed(quiet, *prefixes)
    publications = {}
    while publications.keys() != set(topics):
        topic, publication = received(late)
        publications[topic] = publication
    assert publications == {topic: quiet.first[topic] for topic in topics}
    assert all(publication["sequence"] == 1 for publication in publications.values())


@pytest.mark.parametrize("prefix", ["event", "coefficients.delta", "coefficients2"])
def test_nothing_comes_to_whom_it_does_not_concern(quiet, prefix):
    late = subscribed(quiet, prefix)
    # What is told to another one who comes later has been told to all.
    received(subscribed(quiet, "stats"))
    assert not late.poll(0)


def test_each_of_many_has_them(quiet):
    """Also those who have the same context, the same connection's address, or subscribe again."""
    subscribers = [subscribed(quiet, ["", "coefficients", "s", "co"][number % 4]) for number in range(100)]
    for subscriber in subscribers:
        assert received(subscriber)[1]["step"] == 100
    again = subscribed(quiet, "stats")
    received(again)
    again.unsubscribe("stats")
    again.subscribe("stats")
    assert received(again)[1]["sequence"] == 1


def test_without_a_publication_they_come_within_a_tenth_of_a_second(quiet):
    """Of many that come one after the other, some do: how many more on a busy machine is no test."""
    times = []
    for _ in range(20):
        began = time.monotonic()
        late = subscribed(quiet, "coefficients")
        received(late)
        times.append(time.monotonic() - began)
        late.close()
    assert min(times) < 0.1, times


def test_repetitions_have_the_same_number_and_are_few(start):
    """Who is there already hears again what others come late for, with its old number."""
    daemon = start(SETTINGS)
    first = subscribed(daemon, "stats")
    daemon.learn(SAMPLES)
    assert received(first)[1]["sequence"] == 1
    began = time.monotonic()
    for late in [subscribed(daemon, "stats") for _ in range(200)]:
        received(late)
    elapsed = time.monotonic() - began
    daemon.learn(SAMPLES)
    numbers = []
    while 2 not in numbers:
        numbers.append(received(first)[1]["sequence"])
    assert set(numbers) == {1, 2}
    # 200 came, and each has waited for a twentieth of a second at most.
    assert 1 <= numbers.count(1) <= elapsed * 20 + 2


def test_sequences_count_each_topic_and_epochs_the_runs(start):
    daemon = start(SETTINGS)
    epochs = []
    for _ in range(2):
        subscriber = subscribed(daemon, "")
        publications = []
        for number in range(1, 4):
            daemon.learn(SAMPLES)
            while not publications or publications[-1][0] != "stats" or publications[-1][1]["sequence"] < number:
                publications.append(received(subscriber))
        daemon.push(b"1 | a:b")
        while publications[-1][0] != "event":
            publications.append(received(subscriber))
        assert {(topic, publication["sequence"]) for topic, publication in publications} == {
            ("event", 1), *((topic, number) for topic in ["coefficients", "stats"] for number in [1, 2, 3])}
        run = {publication["epoch"] for _, publication in publications}
        assert len(run) == 1
        epochs += run
        daemon.stop()
        daemon = start(SETTINGS, state=daemon.state)
    assert len(set(epochs)) == 2


def test_what_a_slow_subscriber_misses_is_seen_in_the_numbers(start):
    daemon = start({"publish.every_samples": 1, "publish.every_seconds": 0, "penalty.l1": 0})
    # A model whose publications fill what the network holds for one that does not read.
    daemon.learn({"y": 1, "x": {f"feature {number}": 1 for number in range(5000)}})
    slow = limited(daemon.context, zmq.SUB)
    slow.rcvhwm = 1
    slow.rcvbuf = 10_000
    slow.subscribe("coefficients")
    slow.connect(daemon.endpoint("publish.bind"))
    numbers = [received(slow)[1]["sequence"]]
    # It stops to read, while the daemon goes on.
    fast = subscribed(daemon, "stats")
    for _ in range(300):
        daemon.learn("1 | a")
    last = daemon.stats()["step"]
    while received(fast)[1]["step"] < last:
        pass
    while (publication := received(slow)[1])["step"] < last:
        numbers.append(publication["sequence"])
        if not slow.poll(100):
            # Once it reads again it gets what is published then.
            last = daemon.learn("1 | a")["step"]
    numbers.append(publication["sequence"])
    assert numbers == sorted(set(numbers))
    assert len(numbers) < numbers[-1] - numbers[0] + 1, "nothing was missed"
    assert publication["names"][-1] == "a"


def test_memory_is_bounded_while_subscribers_stand_still(start):
    """Ten that read nothing, of which the last few publications are held, each once for all ten."""
    daemon = start({"publish.every_samples": 1, "publish.every_seconds": 0, "penalty.l1": 0})
    daemon.learn({"y": 1, "x": {f"feature {number}": 1 for number in range(20_000)}})
    watcher = subscribed(daemon, "stats")

    def publish(count: int):
        for _ in range(count):
            step = daemon.learn("1 | a")["step"]
            while received(watcher)[1]["step"] < step:
                pass

    publish(30)
    size = len(json.dumps(received(subscribed(daemon, "coefficients"))[1]))
    before = resident(daemon)
    stalled = []
    for _ in range(10):
        socket = limited(daemon.context, zmq.SUB)
        socket.rcvhwm = 1
        socket.rcvbuf = 10_000
        socket.subscribe("")
        socket.connect(daemon.endpoint("publish.bind"))
        received(socket)
        stalled.append(socket)
    publish(200)
    # 20 messages are held, and every other one is stats. Were there a copy for each of the ten, it would be a hundred.
    assert resident(daemon) - before < 60 * size


def resident(daemon) -> int:
    """Bytes."""
    with open(f"/proc/{daemon.process.pid}/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
