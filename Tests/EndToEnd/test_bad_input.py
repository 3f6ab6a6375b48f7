"""Nothing that comes in harms the model or the daemon: each broken message is refused, counted, and that is all."""

import json

import numpy
import pytest
import zmq

from checkpoint_file import CheckpointFile
from daemon import FIXTURES, MILLISECONDS, connected
from streams import as_classes, random_samples

BROKEN = json.loads((FIXTURES / "broken-messages.json").read_text())
SAMPLES = random_samples(50)


@pytest.fixture(scope="module")
def daemons(start_shared):
    """A daemon with each loss that has learned something."""
    running = {}

    def daemon(loss: str):
        if loss not in running:
            running[loss] = start_shared({"model.loss": loss, "penalty.l1": 0.2, "penalty.period": 7})
            running[loss].learn(*(as_classes(SAMPLES) if loss == "logistic" else SAMPLES))
        return running[loss]

    return daemon


def model(daemon) -> dict:
    return CheckpointFile.read(daemon.checkpoint()["file"]).content()


def payload_of(entry: dict) -> bytes:
    return bytes.fromhex(entry["hex"]) if "hex" in entry else entry["text"].encode()


@pytest.mark.parametrize("entry", BROKEN, ids=lambda entry: entry["name"])
def test_broken_messages(daemons, entry):
    daemon = daemons(entry.get("loss", "squared"))
    before, rejected = model(daemon), daemon.stats()["rejected"]
    stats = daemon.learn([payload_of(entry)])
    reason = entry["reason"]
    assert stats["rejected"] == rejected | {reason: rejected.get(reason, 0) + 1}
    assert model(daemon) == before
    step = stats["step"]
    assert daemon.learn({"y": 1, "x": {"f1": 0.5}})["step"] == step + 1


@pytest.mark.parametrize(
    "entry", [entry for entry in BROKEN if entry["reason"] in ("broken_json", "broken_text")][::15],
    ids=lambda entry: entry["name"])
def test_the_log_says_what_was_wrong(start, entry):
    daemon = start()
    daemon.learn([payload_of(entry)])
    line = daemon.wait_for_log(lambda line: line["message"] == "message rejected")
    assert line["level"] == "warning"
    assert line["reason"] == entry["reason"]
    assert entry["says"] in line["problem"]


def test_the_log_is_not_flooded(start):
    daemon = start()
    daemon.learn(*["broken"] * 2000)
    daemon.stop()
    # One line a second: the daemon would have to be up for minutes to say more.
    assert 1 <= len(daemon.logged("message rejected")) < 200


@pytest.mark.parametrize("frames", [3, 4, 50])
def test_too_many_frames(start, frames):
    daemon = start()
    daemon.learn(SAMPLES[0])
    before = model(daemon)
    stats = daemon.learn([b"topic"] * (frames - 1) + [b'{"y": 1, "x": {"a": 1}}'])
    assert stats["rejected"] == {"frames": 1}
    assert model(daemon) == before
    assert daemon.learn([b"topic", b'{"y": 1, "x": {"a": 1}}'])["step"] == 2


@pytest.mark.parametrize(
    "setting, value, fits, exceeds",
    [
        ("message_bytes", 100, {"y": 1, "x": {"a": 1}}, {"y": 1, "x": {"a": 1}, "id": "n" * 100}),
        ("samples_per_message", 2, [{"y": 1, "x": {"a": 1}}] * 2, [{"y": 1, "x": {"a": 1}}] * 3),
        ("samples_per_message", 2, "1 | a\n1 | a", "1 | a\n1 | a\n1 | a"),
        ("features_per_sample", 3, {"y": 1, "x": [1, 2, 3]}, {"y": 1, "x": [1, 2, 3, 4]}),
        ("name_bytes", 3, {"y": 1, "x": {"abc": 1}}, {"y": 1, "x": {"abcd": 1}}),
        ("nesting_depth", 3, [{"y": 1, "x": {"a": 1}}], [{"y": 1, "x": {"a": [1]}}]),
    ],
    ids=lambda value: value if isinstance(value, str) and "|" not in value else "",
)
def test_limits(start, setting, value, fits, exceeds):
    daemon = start({f"limits.{setting}": value})
    assert daemon.learn(fits)["rejected"] == {}
    before = model(daemon)
    stats = daemon.learn(exceeds)
    assert stats["rejected"] == {"limit": 1}
    assert f"limits.{setting}" in daemon.wait_for_log(lambda line: line["message"] == "message rejected")["problem"]
    assert model(daemon) == before
    assert daemon.learn(fits)["step"] == 2 * stats["step"]


def test_a_message_too_large_to_take_in(start, context):
    """Its sender is disconnected, and others are served as before."""
    daemon = start({"limits.message_bytes": 1000})
    sender = connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind"))
    disconnected = sender.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    sender.send(b"x" * 1_000_000)
    assert disconnected.poll(MILLISECONDS)
    sender.disable_monitor()
    assert daemon.learn(SAMPLES[0])["step"] == 1


def test_many_broken_messages_between_good_ones(start):
    clean, disturbed = start(), start()
    clean.learn(*SAMPLES)
    disturbing = [payload_of(entry) for entry in BROKEN if "loss" not in entry]
    mixed = [message for number, sample in enumerate(SAMPLES) for message in (
        sample, *([part] for part in disturbing[number::50]))]
    stats = disturbed.learn(*mixed)
    assert sum(stats["rejected"].values()) == len(disturbing)
    assert model(disturbed) == model(clean)


def test_bytes_of_all_kinds(start):
    """Whatever is sent to it, it answers afterwards."""
    daemon = start()
    random = numpy.random.default_rng(1)
    noise = [random.bytes(int(random.integers(0, 300))) for _ in range(2000)]
    good = [json.dumps(sample).encode() for sample in SAMPLES]
    for _ in range(2000):
        text = bytearray(good[int(random.integers(len(good)))])
        text[int(random.integers(len(text)))] = int(random.integers(256))
        noise.append(bytes(text))
    stats = daemon.learn(*([message] for message in noise))
    assert stats["messages"] == len(noise)
    assert sum(stats["rejected"].values()) + stats["samples"] + stats["unlearned"] >= len(noise)
    assert daemon.learn(SAMPLES[0])["step"] == stats["step"] + 1
