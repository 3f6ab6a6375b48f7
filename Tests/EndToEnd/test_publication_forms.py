"""Coefficients in every form that can be configured are, put together, those that one can ask for."""

import itertools
import json
import random
import re
import subprocess

import pytest

from checkpoint_file import bits
from daemon import LIMIT, MILLISECONDS, PROGRAMS, ROOT, clean_environment
from streams import random_samples
from subscriber import Follower, received, subscribed

ARTICLE = ROOT / "Sources/WhittleProtocol/WhittleProtocol.docc/Publications.md"
SETTINGS = {"publish.every_samples": 20, "publish.every_seconds": 0, "penalty.l1": 0.1}


def active(daemon) -> dict[str, float]:
    asked = daemon.coefficients()
    return {name: value for name, value in zip(asked["names"], asked["values"], strict=True) if value}


def exact(coefficients: dict[str, float]) -> dict[str, bytes]:
    """As the Float32 that they are, however they were written."""
    return {name: bits([value]) for name, value in coefficients.items()}


def until(subscriber, step: int, topic: str) -> dict:
    while (publication := received(subscriber)) and (publication[0], publication[1]["step"]) != (topic, step):
        pass
    return publication[1]


@pytest.mark.parametrize("form", ["full", "top", "delta"])
def test_arrays_are_the_same_coefficients(start, form):
    settings = SETTINGS | {"publish.coefficients": form, "publish.top": 5}
    samples = list(itertools.islice(itertools.cycle(random_samples(100)), 200))
    told = {}
    for arrays in ["never", "always"]:
        daemon = start(settings | {"publish.arrays": arrays})
        subscriber = subscribed(daemon, "")
        seen = told[arrays] = []
        for first in range(0, 200, 20):
            daemon.learn(samples[first:first + 20])
            while (publication := received(subscriber))[0] != "stats":
                topic, coefficients = publication
                assert ("arrays" in coefficients) == (arrays == "always")
                same = {key: coefficients[key] for key in coefficients.keys() - {"epoch", "arrays"}}
                seen.append((topic, same | {"values": bits(coefficients["values"])}))
        assert len(seen) >= 9
    last = {entry[1]["step"]: entry for entry in told["never"]}
    for entry in told["always"]:
        assert last[entry[1]["step"]] == entry


def test_the_heaviest(start):
    daemon = start(SETTINGS | {"publish.coefficients": "top", "publish.top": 3})
    daemon.learn(random_samples(200))
    subscriber = subscribed(daemon, "coefficients")
    published = until(subscriber, daemon.stats()["step"], "coefficients")
    asked = daemon.coefficients(top=3, active=True)
    assert published["form"] == "top"
    assert (published["names"], bits(published["values"])) == (asked["names"], bits(asked["values"]))
    assert published["active_set"] == len(active(daemon)) > 3


def test_changes_lead_to_what_one_can_ask_for(start):
    """Over forgotten features, changed settings and a new model; for who was there from the start, and late ones."""
    daemon = start(SETTINGS | {"publish.coefficients": "delta", "publish.full_every": 4, "limits.features": 10})
    generator = random.Random(1)
    followers = [(subscribed(daemon, "coefficients"), Follower())]
    topics = set()
    for round in range(40):
        match generator.randrange(10):
            case 0:
                assert daemon.ask("reset")["ok"]
            case 1:
                assert daemon.ask("set", values={"penalty.l1": generator.choice([0, 0.05, 0.5])})["ok"]
        names = [f"f{generator.randrange(30)}" for _ in range(4)]
        step = daemon.learn([
            {"y": generator.gauss(0, 1), "x": {name: generator.gauss(0, 1) for name in names}}
            for _ in range(20)])["step"]
        expected = active(daemon)
        for subscriber, follower in followers:
            while follower.step != step:
                topic, publication = received(subscriber)
                topics.add(topic)
                known = follower.take(topic, publication)
                assert known or follower.place is None, "no gaps while everything arrives"
            assert exact(follower.by_name) == exact(expected), round
        if round % 8 == 7:
            followers.append((subscribed(daemon, ["coefficients", "coef"][round // 8 % 2]), Follower()))
            followers = [followers[0], followers[-1]]
            topic, publication = received(followers[-1][0])
            while topic != "coefficients":
                topic, publication = received(followers[-1][0])
            assert followers[-1][1].take(topic, publication)
            assert exact(followers[-1][1].by_name) == exact(expected) and publication["step"] == step
    assert topics >= {"coefficients", "coefficients.delta"}


def test_who_missed_something_rejoins_by_subscribing_anew(start):
    daemon = start(SETTINGS | {"publish.coefficients": "delta", "publish.full_every": 1_000_000})
    samples = itertools.cycle(random_samples(100))
    daemon.learn(list(itertools.islice(samples, 20)))
    subscriber, follower = subscribed(daemon, "coefficients"), Follower()
    assert follower.take(*received(subscriber))
    rejoined = 0
    for round in range(20):
        step = daemon.learn(list(itertools.islice(samples, 20)))["step"]
        if round in (5, 9):
            assert received(subscriber)[0] == "coefficients.delta"
            continue
        while follower.step != step:
            if not follower.take(*received(subscriber)):
                subscriber.unsubscribe("coefficients")
                subscriber.subscribe("coefficients")
                rejoined += 1
        assert exact(follower.by_name) == exact(active(daemon))
    assert rejoined == 2


@pytest.mark.parametrize("form, arrays", [("full", "never"), ("top", "never"), ("delta", "never"), ("delta", "always")])
def test_the_article_follows(start, form, arrays, capsys):
    """The Python of the article Publications, over gaps and a restart."""
    endpoint = "tcp://127.0.0.1:*"
    settings = SETTINGS | {"publish.coefficients": form, "publish.top": 3, "publish.arrays": arrays}
    daemon = start(settings | {"publish.bind": endpoint})
    samples = itertools.cycle(random_samples(100))
    daemon.learn(list(itertools.islice(samples, 20)))
    text = ARTICLE.read_text()
    program = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    endpoint = daemon.endpoint("publish.bind")
    # As if the daemon had given the article its context, so that its sockets go with the test's.
    program = program.replace("tcp://127.0.0.1:5702", endpoint).replace("zmq.Context()", "given")
    values: dict = {"given": daemon.context}
    exec(compile(program, ARTICLE.name, "exec"), values)  # noqa: S102 the article is ours
    assert "coefficients at step 20" in capsys.readouterr().out
    follower, sequences, missed = values["follower"], values["Sequences"](), []
    follower.socket.rcvtimeo = MILLISECONDS
    for round in range(12):
        step = daemon.learn(list(itertools.islice(samples, 20)))["step"]
        if round in (3, 7):
            follower.socket.recv_multipart()
            continue
        while follower.step != step:
            follower.next()
        asked = daemon.coefficients(top=3 if form == "top" else 100, active=True)
        expected = dict(zip(asked["names"], asked["values"], strict=True))
        assert exact(follower.coefficients) == exact(expected)
        missed.append(sequences.missed("stats", {"epoch": "a", "sequence": step // 20}))
        if round == 5:
            daemon.stop()
            daemon = start(settings | {"publish.bind": endpoint}, state=daemon.state)
    assert missed == [0, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    assert sequences.missed("stats", {"epoch": "a", "sequence": step // 20}) is None
    assert sequences.missed("stats", {"epoch": "b", "sequence": 1}) == 0


def test_another_run_begins_anew(start):
    settings = SETTINGS | {"publish.coefficients": "delta", "publish.bind": "tcp://127.0.0.1:*"}
    daemon = start(settings)
    samples = random_samples(100)
    daemon.learn(samples)
    follower = Follower()
    first = subscribed(daemon, "coefficients")
    follower.take(*received(first))
    daemon.stop()
    again = start(settings, state=daemon.state)
    second = subscribed(again, "coefficients")
    step = again.learn(samples[:20])["step"]
    while follower.step != step:
        follower.take(*received(second))
    assert exact(follower.by_name) == exact(active(again))


@pytest.mark.parametrize(
    "form, arrays", [("full", "never"), ("top", "always"), ("delta", "never"), ("delta", "always")])
def test_whittle_watch_shows_them_whole(start, form, arrays):
    daemon = start(SETTINGS | {
        "publish.coefficients": form, "publish.top": 4, "publish.arrays": arrays, "publish.every_seconds": 0.02})
    daemon.learn(random_samples(100))
    asked = daemon.coefficients(top=4 if form == "top" else 100, active=True)
    expected = dict(zip(asked["names"], asked["values"], strict=True))
    watching = subprocess.run(
        [PROGRAMS / "whittle", "watch", "--json", "--count", "40", "--subscribe", daemon.endpoint("publish.bind")],
        env=clean_environment(), capture_output=True, text=True, timeout=LIMIT, check=True)
    lines = [json.loads(line) for line in watching.stdout.splitlines()]
    topics = {line["topic"] for line in lines}
    assert topics == {"stats", "coefficients"} | ({"coefficients.delta"} if form == "delta" else set())
    assert len({line["epoch"] for line in lines}) == 1 and all(line["sequence"] for line in lines)
    told = [line for line in lines if line["topic"] != "stats"]
    assert len(told) > 5
    for line in told:
        assert exact(dict(zip(line["names"], line["values"], strict=True))) == exact(expected)
        assert "missed_before" not in line
