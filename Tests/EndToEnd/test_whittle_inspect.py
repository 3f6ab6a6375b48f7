"""`whittle inspect` reads checkpoints without a daemon."""

import json

import pytest

from checkpoint_file import CheckpointFile
from streams import random_samples
from tool import whittle


@pytest.fixture
def checkpoint(start):
    daemon = start({"penalty.l1": 0.2, "penalty.period": 7})
    daemon.learn(*random_samples(200))
    return daemon, daemon.checkpoint()["file"]


def test_as_json(checkpoint):
    daemon, file = checkpoint
    contents = json.loads(whittle(None, "inspect", file, "--json").stdout)
    told, stats = daemon.coefficients(), daemon.stats()
    assert contents["file"] == file
    assert contents["step"] == 200
    assert contents["loss"] == stats["loss"]
    assert (contents["features"], contents["active_set"]) == (told["features"], told["active_set"])
    assert contents["intercept"] == told["intercept"]
    listed = dict(zip(contents["names"], contents["values"], strict=True))
    assert listed == dict(zip(told["names"], told["values"], strict=True))
    assert contents["configuration"] == json.loads(CheckpointFile.read(file).metadata["configuration"])
    heaviest = json.loads(whittle(None, "inspect", file, "--json", "--top", 2).stdout)
    assert heaviest["names"] == daemon.coefficients(top=2)["names"]


def test_as_text(checkpoint):
    daemon, file = checkpoint
    text = whittle(None, "inspect", file).stdout
    assert file in text
    assert "step 200 " in text
    assert any(line.split() == ["penalty.period", "7"] for line in text.splitlines())
    name, value = daemon.coefficients(top=1)["names"][0], daemon.coefficients(top=1)["values"][0]
    assert any(line.split() == [name, f"{value:.6g}"] for line in text.splitlines())


def test_settings_left_to_the_optimizer(start):
    daemon = start({
        "model.optimizer": "normalized", "learning_rate.initial": 0.25, "penalty.penalize": "scaled",
        "penalty.factors": ["age=0", "sensor_*=0.5"]})
    file = daemon.checkpoint()["file"]
    lines = [line.split(maxsplit=1) for line in whittle(None, "inspect", file).stdout.splitlines()]
    for line in [
        ["model.optimizer", "normalized"], ["learning_rate.schedule", "auto (constant)"],
        ["learning_rate.update", "auto (invariant)"], ["learning_rate.initial", "0.25"],
        ["learning_rate.beta", "1"], ["learning_rate.average_from", "none"], ["penalty.penalize", "scaled"],
        ["penalty.factors", "age=0, sensor_*=0.5"],
    ]:
        assert line in lines, line


def test_damaged(checkpoint, tmp_path):
    _, file = checkpoint
    with open(file, "rb") as stored:
        content = bytearray(stored.read())
    content[-3] ^= 1
    (tmp_path / "damaged.safetensors").write_bytes(content)
    ended = whittle(None, "inspect", tmp_path / "damaged.safetensors", code=65)
    assert "checksum" in ended.stderr
    assert ended.stdout == ""


def test_not_a_checkpoint(tmp_path):
    (tmp_path / "notes.txt").write_text("notes")
    assert str(tmp_path / "notes.txt") in whittle(None, "inspect", tmp_path / "notes.txt", code=65).stderr


def test_missing(tmp_path):
    assert str(tmp_path / "missing") in whittle(None, "inspect", tmp_path / "missing", code=66).stderr


def test_wrong_usage(tmp_path):
    whittle(None, "inspect", code=64)
    whittle(None, "inspect", tmp_path / "a", "--top", "-1", code=64)
