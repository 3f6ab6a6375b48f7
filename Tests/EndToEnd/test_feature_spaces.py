"""How names lead to weights: a dictionary that is full, hashed names, indices, and products of features."""

import json
import random

import numpy
import pytest
import zmq
from vowpalwabbit import Workspace

import arrays
from checkpoint_file import CheckpointFile
from daemon import connected, received_json
from streams import random_samples
from test_divergence import next_event, subscribed

SAMPLES = random_samples(300)


def by_name(daemon) -> dict[str, float]:
    answer = daemon.coefficients()
    return dict(zip(answer["names"], answer["values"], strict=True))


def fleeting(count: int, *, first: int = 0) -> list[str]:
    """Lines with a feature that matters, and one that never comes again."""
    return [f"{(i % 2) * 4} | {'odd' if i % 2 else 'even'} once{i}" for i in range(first, first + count)]


FULL = {"limits.features": 100, "penalty.l1": 0.2, "penalty.l2": 0, "learning_rate.initial": 0.05}


def test_hashed_names_learn_as_names_do(start):
    plain, hashed = start(), start({"features.space": "hashed", "features.bits": 24})
    for daemon in (plain, hashed):
        daemon.learn(*SAMPLES)
    known = by_name(plain)
    # Of 2^24 weights none is shared by twelve names, which are all among the heaviest.
    assert {name: value for name, value in by_name(hashed).items() if value} == \
        {name: value for name, value in known.items() if value}
    assert hashed.stats()["features"] == 1 << 24
    asked = hashed.coefficients(names=["f1", "never seen"])
    assert asked["values"] == [known["f1"], 0]
    question = {"f1": 2, "f4": 1, "never seen": 5}
    assert hashed.ask("predict", x=question)["prediction"] == plain.ask("predict", x=question)["prediction"]


def test_hashed_names_share_few_weights(start):
    """As many weights as 2^bits, however many names come; of the heaviest, names are known."""
    daemon = start({"features.space": "hashed", "features.bits": 6, "features.names": 5})
    for start_line in range(0, 5000, 100):
        daemon.push("\n".join(f"1 | name{i % 300}:{1 + i % 7}" for i in range(start_line, start_line + 100)))
    daemon.wait_until(lambda stats: stats["step"] == 5000)
    answer = daemon.coefficients()
    assert len(answer["names"]) <= answer["features"] == 64
    named = [name for name in answer["names"] if not name.startswith("#")]
    assert 5 <= len(named) <= 10
    file = CheckpointFile.read(daemon.checkpoint()["file"])
    assert file.tensors["coefficients"].shape == (64,)
    assert json.loads(file.metadata["features"]) == {"space": "hashed", "bits": 6}
    assert sorted(file.names) == sorted(named)
    for name, index in zip(file.names, file.tensors["name_indices"], strict=True):
        assert daemon.coefficients(names=[name])["values"] == [file.tensors["coefficients"][index]]


@pytest.mark.parametrize("settings", [
    {"features.space": "hashed", "features.bits": 12}, {"features.space": "indexed", "features.width": 20}])
def test_restored_is_never_stopped(start, settings):
    lines = [f"{i % 3} | {i % 7}:{1 + i % 5} {10 + i % 4}" for i in range(200)]
    whole, parted = start(settings), start(settings)
    whole.learn(*lines)
    parted.learn(*lines[:120])
    parted.checkpoint()
    parted.kill()
    parted = start(settings, state=parted.state)
    parted.learn(*lines[120:])
    assert by_name(parted) == by_name(whole)


@pytest.mark.parametrize(("learned", "asked", "key"), [
    ({"features.space": "hashed"}, {}, "features.space"),
    ({}, {"features.space": "hashed"}, "features.space"),
    ({"features.space": "hashed", "features.bits": 12}, {"features.space": "hashed"}, "features.bits"),
    ({"features.space": "indexed", "features.width": 7}, {"features.space": "indexed"}, "features.width"),
])
def test_a_model_keeps_its_space(start, learned, asked, key):
    daemon = start(learned)
    daemon.learn("1 | 3:2")
    daemon.stop()
    again = start(asked, state=daemon.state, ready=False)
    assert again.wait() == 78
    assert any(key in str(line) and "state.directory" in str(line) for line in again.log + again.stray_lines)


def test_indices(start):
    """Arrays, svmlight and JSON by position name the same features; what is no index is rejected."""
    settings = {"features.space": "indexed", "features.width": 4}
    x = numpy.array([[1, 2, 0, 3], [0.5, 0, 1, 1]], dtype="<f4")
    y = numpy.array([1, 2], dtype="<f4")
    by_arrays, by_text = start(settings), start(settings)
    by_arrays.learn(arrays.dense(x, y=y))
    by_text.learn("1 0:1 1:2 3:3\n2 0:0.5 2:1 3:1\n")
    assert by_arrays.coefficients() == by_text.coefficients()
    assert by_arrays.coefficients()["names"] == ["0", "1", "2", "3"]
    before = by_arrays.coefficients()
    stats = by_arrays.learn(
        arrays.dense(numpy.ones((1, 5), dtype="<f4"), y=y[:1]), "1 4:1", "1 | sleep", {"y": 1, "x": {"01": 1}})
    assert stats["rejected"] == {"feature_name": 4}
    assert by_arrays.coefficients() == before


def test_memory_follows_the_active_set(start):
    """With L1, features that are zero make room for new ones, and events say so."""
    daemon = start(FULL)
    subscriber = subscribed(daemon)
    stats = daemon.learn(*fleeting(3000))
    assert stats["features"] <= 100
    assert stats["room"]["forgotten"] >= 2900 and stats["room"]["refused"] == 0
    assert {"odd", "even"} & {name for name, value in by_name(daemon).items() if value}
    event = next_event(subscriber)
    assert event["event"] == "features_forgotten" and event["limit"] == 100 and event["features"] >= 1
    names = set(by_name(daemon))
    assert "once2999" in names and "once5" not in names and "" not in names and len(names) == stats["features"]
    # What was forgotten is unknown.
    assert daemon.ask("coefficients", names=["once5"])["error"]["code"] == "unknown_feature"


def test_new_features_are_refused_and_counted(start):
    """Without a penalty no weight is zero, and so none can go: the samples are learned without what is new."""
    settings = {"limits.features": 3, "penalty.l1": 0, "penalty.l2": 0}
    daemon, without = start(settings), start(settings)
    subscriber = subscribed(daemon)
    stats = daemon.learn("1 | a b", "2 | b c", "3 | c d:2 e", "4 | f a")
    without.learn("1 | a b", "2 | b c", "3 | c", "4 | a")
    assert by_name(daemon) == by_name(without)
    assert stats["room"] == {"forgotten": 0, "refused": 3} and stats["rejected"] == {} and stats["step"] == 4
    event = next_event(subscriber)
    assert event["event"] == "features_refused" and event["limit"] == 3 and "limits.features" in event["message"]


@pytest.mark.parametrize("seed", range(3))
def test_a_full_model_is_restored_as_if_never_stopped(start, seed):
    generator = random.Random(seed)
    lines = fleeting(1500)
    # Features come back at random, too.
    lines = [f"{line} again{generator.randrange(150)}" for line in lines]
    whole, parted = start(FULL), start(FULL)
    whole.learn(*lines)
    for start_line in range(0, 1500, 500):
        parted.learn(*lines[start_line:start_line + 500])
        parted.checkpoint()
        parted.kill()
        parted = start(FULL, state=parted.state)
    assert by_name(parted) == by_name(whole)
    # And what they forget from here on is the same.
    for daemon in (parted, whole):
        daemon.learn(*fleeting(300, first=9000))
    assert by_name(parted) == by_name(whole)


def test_rejected_messages_make_nobody_forget(start):
    """Bad messages with new names among good ones leave the weights and names of the good ones."""
    good = fleeting(600)
    alone, among = start(FULL), start(FULL)
    alone.learn(*good)
    mixed = [message for i, line in enumerate(good) for message in (line, f"1 | bad{i} worse{i}:x", "1 | even once3:nan")]
    stats = among.learn(*mixed)
    assert sum(stats["rejected"].values()) == 1200
    assert by_name(among) == by_name(alone)


def test_lower_limit_after_a_restart(start):
    """What is known stays, and new features take the places of those that are zero, with events and counts."""
    daemon = start(FULL)
    daemon.learn(*fleeting(200))
    daemon.stop()
    again = start(FULL | {"limits.features": 10}, state=daemon.state)
    known = again.stats()["features"]
    assert known > 20
    stats = again.learn(*fleeting(300, first=5000))
    assert stats["features"] <= 100 and stats["room"]["refused"] == 0 and stats["room"]["forgotten"] >= 250
    assert "once5299" in by_name(again)


def test_whatever_finds_no_room_is_counted(start):
    """Also of a message that names more at once than could ever find room."""
    settings = {"limits.features": 3, "penalty.l1": 0, "penalty.l2": 0}
    daemon = start(settings)
    stats = daemon.learn("1 | a b c d e f g h i j")
    assert stats["features"] == 3 and stats["room"] == {"forgotten": 0, "refused": 7}
    row = numpy.ones((1, 10), dtype="<f4")
    arrayed = start(settings)
    assert arrayed.learn(arrays.dense(row, y=row[:, 0]))["room"] == {"forgotten": 0, "refused": 7}


def test_duplicates_make_nobody_forget(start):
    """What comes again long after its features were forgotten does not bring them back."""
    def sample(number: int) -> dict:
        return {"source": "pump", "seq": number, "y": number % 2 * 4, "x": {f"once{number}": 1, "even": 1}}

    numbers = range(600)
    alone, among = start(FULL), start(FULL)
    alone.learn(*[sample(i) for i in numbers])
    mixed = [message for i in numbers for message in (
        sample(i), sample(i // 3), [sample(i // 2), sample(i // 5)])]
    stats = among.learn(*mixed)
    assert stats["step"] == 600 and stats["sequences"]["duplicates"] == 3 * 600
    assert stats["room"] == alone.stats()["room"]
    assert by_name(among) == by_name(alone)


def test_hashed_arrays_are_as_hashed_text(start):
    """Columns that share a weight add up, as names do in text."""
    generator = numpy.random.default_rng(3)
    settings = {"features.space": "hashed", "features.bits": 3}
    by_arrays, by_text = start(settings), start(settings)
    for _ in range(20):
        x = generator.normal(size=(5, 12)).astype("<f4")
        y = generator.normal(size=5).astype("<f4")
        by_arrays.learn(arrays.dense(x, y=y))
        by_text.learn([{"y": float(b), "x": [float(v) for v in a]} for a, b in zip(x, y, strict=True)])
    assert by_arrays.coefficients()["values"] == by_text.coefficients()["values"]


def test_interactions_are_features(start):
    """Products learned as such, and spelled out by the sender."""
    generator = random.Random(4)
    daemon, spelled = start({"features.interactions": ["user*item", "user*user"]}), start()
    for _ in range(200):
        age, price = generator.randrange(1, 9) / 4, generator.randrange(2, 9) / 2
        label = age * price
        daemon.learn(f"{label} |user age:{age} |item price:{price}")
        spelled.learn(
            f"{label} |user age:{age} |item price:{price} "
            f"| user^age*item^price:{age * price}" + (f" user^age*user^age:{age * age}" if age != 1 else ""))
    assert by_name(daemon) == by_name(spelled)
    assert set(by_name(daemon)) == {"user^age", "item^price", "user^age*item^price", "user^age*user^age"}


@pytest.mark.parametrize(("interaction", "flag"), [("user*item", "ui"), ("item*item", "ii")])
def test_interactions_agree_with_vowpal_wabbit(start, interaction, flag):
    """Each prediction made before its line is learned, beside that of `vw -q`."""
    daemon = start({
        "ingest.router.bind": "tcp://127.0.0.1:*", "ingest.router.predict": True, "features.interactions": [interaction],
        "penalty.l1": 0, "penalty.l2": 0, "learning_rate.schedule": "constant", "learning_rate.initial": 0.1,
        "learning_rate.update": "gradient"})
    # Its squared loss lacks the half.
    peer = Workspace(
        f"--quiet --bit_precision 24 --min_prediction -1e6 --max_prediction 1e6 --sgd --power_t 0 --learning_rate 0.05 "
        f"--quadratic {flag}")
    asker = connected(daemon.context, zmq.REQ, daemon.endpoint("ingest.router.bind"))
    generator = random.Random(7)
    for _ in range(300):
        # No value is 1, whose square either side leaves out in ways of its own.
        user = [f"u{i}:{generator.choice([0.5, -0.25, 0.75])}" for i in generator.sample(range(6), 2)]
        item = [f"i{i}:{generator.choice([0.5, -0.5, 0.25])}" for i in generator.sample(range(6), 3)]
        line = f"{generator.choice([-1, 0.5, 2])} |user {' '.join(user)} |item {' '.join(item)}"
        asker.send_string(line)
        ours = received_json(asker)["predictions"][0]
        example = peer.example(line)
        peer.learn(example)
        assert ours == pytest.approx(example.get_simplelabel_prediction(), abs=1e-4)
        peer.finish_example(example)
    peer.finish()
    assert abs(ours) > 1e-3
