"""What a sample may look like: the same sample in another form is the same model, to the last bit."""

import pytest

from checkpoint_file import CheckpointFile
from streams import random_samples


def model(daemon) -> dict:
    return CheckpointFile.read(daemon.checkpoint()["file"]).content()


def vw_line(sample: dict) -> str:
    features = " ".join(f"{name}:{value!r}" for name, value in sample["x"].items())
    return f"{sample['y']!r} | {features}"


def by_position(sample: dict) -> dict:
    return {"y": sample["y"], "x": [sample["x"].get(f"f{i}") for i in range(12)]}


def by_position_named(sample: dict) -> dict:
    return {"y": sample["y"], "x": {name.removeprefix("f"): value for name, value in sample["x"].items()}}


def in_batches(samples: list, size: int) -> list[list]:
    return [samples[start : start + size] for start in range(0, len(samples), size)]


SAMPLES = random_samples(60)
LINES = [vw_line(sample) for sample in SAMPLES]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(in_batches(SAMPLES, 7), id="JSON batches"),
        pytest.param([SAMPLES], id="one JSON batch"),
        pytest.param(LINES, id="VW lines"),
        pytest.param(["\n".join(LINES)], id="many VW lines in a message"),
        pytest.param(["\n".join(lines) + "\n\n" for lines in in_batches(LINES, 7)], id="VW with blank lines"),
        pytest.param(["\r\n".join(LINES) + "\r\n"], id="VW with the line ends of Windows"),
        pytest.param([s | {"id": i, "source": "s", "seq": i} for i, s in enumerate(SAMPLES)], id="with id and seq"),
        pytest.param([s | {"weight": 1} for s in SAMPLES], id="weight 1"),
        pytest.param([s | {"weight": None, "id": None} for s in SAMPLES], id="null fields"),
        pytest.param([sample | {"x": sample["x"] | {"absent": None}} for sample in SAMPLES], id="null features"),
    ],
)
def test_forms_of_the_same_stream(start, form):
    plain, other = start(), start()
    plain.learn(*SAMPLES)
    other.learn(*form)
    assert other.stats()["step"] == len(SAMPLES)
    assert model(plain) == model(other)


def test_by_position_is_by_the_positions_names(start):
    named, positional = start(), start()
    named.learn(*map(by_position_named, SAMPLES))
    positional.learn(*map(by_position, SAMPLES))
    assert model(named) == model(positional)


@pytest.mark.parametrize(
    "text, json",
    [
        ("1.5 2 | a:3 b", {"y": 1.5, "weight": 2, "x": {"a": 3, "b": 1}}),
        ("1 |ns a:3 b", {"y": 1, "x": {"ns^a": 3, "ns^b": 1}}),
        ("1 |ns:0.5 a:3 | b:2", {"y": 1, "x": {"ns^a": 1.5, "b": 2}}),
        ("-1e2 'tag |n a:1e-3 |m a", {"y": -100, "x": {"n^a": 0.001, "m^a": 1}}),
        ("1 tag| größe:2", {"y": 1, "x": {"größe": 2}}),
        ("1 | a:1 a:2", {"y": 1, "x": {"a": 3}}),
    ],
)
def test_text_lines_and_json(start, text, json):
    of_text, of_json = start(), start()
    of_text.learn(text)
    of_json.learn(json)
    assert of_text.stats()["step"] == 1
    ours, theirs = of_text.coefficients(), of_json.coefficients()
    assert ours["names"] == theirs["names"]
    # A feature named twice is two summands, so this is not to the last bit.
    assert ours["values"] == pytest.approx(theirs["values"], rel=1e-6)


def test_strings_booleans_and_nulls(start):
    daemon, plain = start(), start()
    daemon.learn({"y": 1, "x": {"color": "red", "on": True, "off": False, "gone": None}}, {"y": True, "x": {"a": 2}})
    plain.learn({"y": 1, "x": {"color=red": 1, "on": 1, "off": 0}}, {"y": 1, "x": {"a": 2}})
    assert model(daemon) == model(plain)
    assert daemon.coefficients()["names"] == ["color=red", "on", "off", "a"]


@pytest.mark.parametrize(
    "payload", [{"x": {"new": 1}}, {"y": None, "x": {"new": 1}}, {"y": 1, "weight": 0, "x": {"new": 1}}, "| new:1",
                "1 0 | new:1"], ids=str)
def test_samples_that_are_not_to_be_learned(start, payload):
    daemon = start()
    daemon.learn({"y": 1, "x": {"a": 1}})
    before = model(daemon)
    stats = daemon.learn(payload)
    assert (stats["step"], stats["unlearned"], stats["rejected"]) == (1, 1, {})
    assert model(daemon) == before


def test_a_sample_without_features_moves_the_intercept(start):
    daemon = start({"learning_rate.schedule": "constant", "learning_rate.initial": 0.25})
    daemon.learn({"y": 2, "x": {}}, "2 |")
    assert daemon.coefficients()["intercept"] == 0.5 + 0.25 * 1.5


@pytest.mark.parametrize("kind, good, bad", [
    ("json", {"y": 1, "x": {"a": 1}}, "1 | a:1"), ("vw", "1 | a:1", {"y": 1, "x": {"a": 1}})])
def test_fixed_format(start, kind, good, bad):
    daemon = start({"ingest.format": kind})
    stats = daemon.learn(good, bad)
    assert stats["step"] == 1
    assert sum(stats["rejected"].values()) == 1
