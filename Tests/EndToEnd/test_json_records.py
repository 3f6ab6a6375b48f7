"""JSON records as others write them: flat ones, a record a line, nested values, and fields by other names."""

import json

import numpy
import pandas
import pytest

from checkpoint_file import CheckpointFile
from streams import random_samples
from tool import whittle

SAMPLES = random_samples(60)
FLAT = {"json.layout": "flat", "json.target": "price", "json.weight": "times", "json.ignore": "comment"}


def model(daemon) -> dict:
    return CheckpointFile.read(daemon.checkpoint()["file"]).content()


@pytest.fixture(scope="module")
def frame() -> pandas.DataFrame:
    """A table as people have it: numbers, whole numbers, gaps, words, yes and no."""
    random = numpy.random.default_rng(4)
    rows = 200
    area, rooms = random.normal(80, 20, rows), random.integers(1, 6, rows)
    return pandas.DataFrame({
        "area": area / 100,
        "rooms": rooms,
        "age": numpy.where(random.random(rows) < 0.2, numpy.nan, random.random(rows)),
        "city": random.choice(["Köln", "Aix", 'a "b"\\/c', ""], rows),
        "garden": random.random(rows) < 0.4,
        "comment": "sold",
        "times": random.choice([0.5, 1, 2], rows),
        "price": area / 50 + rooms / 4 + random.normal(0, 0.1, rows),
    })


def nested(line: str) -> dict:
    """A flat record in the form that needs no configuration."""
    record = json.loads(line)
    del record["comment"]
    return {"y": record.pop("price"), "weight": record.pop("times"), "x": record}


@pytest.mark.parametrize("lines_a_message", [1, 7, 1000])
def test_pandas(start, frame, lines_a_message):
    text = frame.to_json(orient="records", lines=True)
    lines = text.splitlines()
    flat, plain = start(FLAT), start()
    flat.learn(*("\n".join(lines[at:at + lines_a_message]) for at in range(0, len(lines), lines_a_message)))
    plain.learn(*map(nested, lines))
    assert flat.stats()["step"] == len(frame)
    names = flat.coefficients()["names"]
    cities = {"city=Köln", "city=Aix", 'city=a "b"\\/c', "city="}
    assert set(names) == {"area", "rooms", "age", "garden"} | cities
    assert model(flat) == model(plain)


def test_pandas_all_records_in_an_array(start, frame):
    flat, plain = start(FLAT), start()
    flat.learn(frame.to_json(orient="records"))
    plain.learn(*map(nested, frame.to_json(orient="records", lines=True).splitlines()))
    assert flat.stats()["step"] == len(frame)
    assert model(flat) == model(plain)


@pytest.mark.parametrize("batch", [1, 9])
def test_pandas_by_whittle_feed(start, frame, tmp_path, batch):
    path = tmp_path / "houses.jsonl"
    frame.to_json(path, orient="records", lines=True)
    fed, pushed = start(FLAT), start(FLAT)
    whittle(fed, "feed", path, "--batch", batch, "--wait", "--quiet")
    pushed.learn(path.read_text())
    assert fed.stats()["step"] == len(frame)
    assert model(fed) == model(pushed)


def test_lines_are_a_batch(start):
    daemon, plain = start(), start()
    daemon.learn("\n".join(map(json.dumps, SAMPLES[:30])) + "\n", "\r\n".join(map(json.dumps, SAMPLES[30:])))
    plain.learn(SAMPLES)
    assert daemon.stats()["step"] == len(SAMPLES)
    assert model(daemon) == model(plain)


def test_nested_values_have_paths_for_names(start):
    daemon, plain = start(), start()
    daemon.learn({"y": 1, "x": {"a": {"b": 1, "c": [2, {"d": "red"}]}, "e": [[True]]}}, {"y": 2, "x": [[3], {"f": 4}]})
    plain.learn(
        {"y": 1, "x": {"a.b": 1, "a.c[0]": 2, "a.c[1].d=red": 1, "e[0][0]": 1}}, {"y": 2, "x": {"0[0]": 3, "1.f": 4}})
    assert daemon.stats()["step"] == 2
    assert model(daemon) == model(plain)


def test_fields_by_other_names(start):
    settings = {
        "json.target": "label", "json.features": "columns", "json.weight": "none", "json.id": "row",
        "json.ignore": "weight,when"}
    daemon, plain = start(settings), start()
    daemon.learn(*(
        {"label": s["y"], "columns": s["x"], "weight": "heavy", "when": {"day": 3}, "row": i}
        for i, s in enumerate(SAMPLES)))
    plain.learn(*SAMPLES)
    assert daemon.stats()["step"] == len(SAMPLES)
    assert model(daemon) == model(plain)
    # What it is asked keeps its form.
    assert daemon.ask("predict", x=SAMPLES[0]["x"]) == plain.ask("predict", x=SAMPLES[0]["x"])


def test_a_question_to_a_daemon_with_flat_records(start):
    daemon = start({"json.layout": "flat"})
    daemon.learn({"y": 2, "a": {"b": 1}, "c": "red"})
    answer = daemon.ask("predict", x={"a": {"b": 1}, "c": "red", "y": 5})
    assert answer["ok"] and answer["unknown_features"] == 1


def test_a_rejected_line_is_named_with_its_place(start):
    daemon = start()
    lines = [json.dumps(sample) for sample in SAMPLES[:3]]
    stats = daemon.learn("\n".join([*lines, '{"y": "no number", "x": {}}', *lines]))
    assert (stats["step"], stats["rejected"]) == (0, {"target": 1})
    line = daemon.wait_for_log(lambda line: line["message"] == "message rejected")
    assert line["problem"] == 'line 4: "y" must be a number, not a string'
    assert int(line["position"]) == sum(len(text) + 1 for text in lines) + len('{"y": ')
