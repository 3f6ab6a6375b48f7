"""Checkpoints as Python's safetensors package reads them, when they are written, and which are kept."""

import json

import numpy
import pytest

from checkpoint_file import CheckpointFile, bits, checksum, files
from streams import random_samples

SAMPLES = random_samples(300)


def assert_tidy(state, *, checkpoints: int) -> None:
    """Nothing but checkpoints, the journal and the lock lies in a state directory."""
    names = sorted(path.name for path in state.iterdir() if not path.name.startswith("catalog.sqlite"))
    assert names == sorted([path.name for path in files(state)] + ["journal", "lock"])
    assert len(files(state)) == checkpoints


@pytest.mark.parametrize("period", [1, 7])
def test_content(start, period):
    daemon = start({"penalty.l1": 0.2, "penalty.l2": 0.01, "penalty.period": period})
    daemon.learn(*SAMPLES, {"y": 1, "x": {"größe": 1, "a b|:\"c\n": 2}})
    answer = daemon.checkpoint()
    checkpoint = CheckpointFile.read(answer["file"])
    told = daemon.coefficients()
    assert checkpoint.step == answer["step"] == told["step"] == 301
    assert checkpoint.names == told["names"]
    assert bits(checkpoint.tensors["coefficients"]) == bits(told["values"])
    assert checkpoint.state["learner"]["intercept"] == told["intercept"]
    assert 0 < told["active_set"] < told["features"]

    expected = {"coefficients": "float32", "values": "float32", "epochs": "uint32", "marks": "float64",
                "names": "uint8", "name_ends": "int64"}
    assert {name: tensor.dtype.name for name, tensor in checkpoint.tensors.items()} == expected
    for name in expected.keys() - {"names"}:
        assert checkpoint.tensors[name].shape == (14,)
    assert checkpoint.metadata["format"] == "whittle checkpoint"
    assert checkpoint.metadata["format_version"] == "3"
    assert float(checkpoint.metadata["time"]) > 1.7e9
    configuration = json.loads(checkpoint.metadata["configuration"])
    assert configuration["penalty"] == {
        "l1": 0.2, "l2": 0.01, "period": period, "penalize": "raw", "factors": []}
    assert configuration["loss"] == "squared"
    assert_tidy(daemon.state, checkpoints=1)


def test_checksum(start):
    """The documented CRC-32C, computed by the book."""
    daemon = start()
    daemon.learn(*SAMPLES)
    path = daemon.checkpoint()["file"]
    with open(path, "rb") as file:
        content = file.read()
    assert CheckpointFile.read(path).metadata["checksum"] == checksum(content)


def test_an_empty_model(start):
    checkpoint = CheckpointFile.read(start().checkpoint()["file"])
    assert checkpoint.step == 0
    assert all(tensor.size == 0 for tensor in checkpoint.tensors.values())


def newest_step(stats: dict) -> int | None:
    return stats["checkpoint"]["step"] if "checkpoint" in stats else None


def test_every_n_samples(start):
    daemon = start({"checkpoint.every_samples": 50, "checkpoint.keep": 100})
    for number in range(1, 5):
        daemon.learn(*SAMPLES[:50])
        daemon.wait_until(lambda stats, step=50 * number: newest_step(stats) == step)
    assert [CheckpointFile.read(path).step for path in files(daemon.state)] == [50, 100, 150, 200]


def test_every_few_seconds(start):
    daemon = start({"checkpoint.every_seconds": 0.05})
    daemon.learn(*SAMPLES)
    line = daemon.wait_for_log(
        lambda line: line["message"] == "checkpoint written" and line["step"] == str(len(SAMPLES)))
    assert CheckpointFile.read(line["file"]).step == len(SAMPLES)


def test_an_unchanged_model_is_not_written_again(start):
    daemon = start({"checkpoint.every_seconds": 0.01, "checkpoint.keep": 100})
    daemon.learn(SAMPLES[0])
    daemon.wait_until(lambda stats: newest_step(stats) == 1)
    written = len(files(daemon.state))
    uptime = daemon.stats()["uptime_seconds"]
    daemon.wait_until(lambda stats: stats["uptime_seconds"] > uptime + 0.3)
    assert len(files(daemon.state)) == written
    assert daemon.stop() == 0
    assert len(files(daemon.state)) == written


@pytest.mark.parametrize("keep", [1, 3])
def test_retention(start, keep):
    daemon = start({"checkpoint.keep": keep})
    for number in range(6):
        daemon.learn(SAMPLES[number])
        daemon.checkpoint()
    assert daemon.stop() == 0
    assert [CheckpointFile.read(path).step for path in files(daemon.state)] == list(range(7 - keep, 7))
    assert_tidy(daemon.state, checkpoints=keep)


def test_learning_goes_on_while_checkpoints_are_written(start):
    daemon = start({"checkpoint.every_samples": 1, "checkpoint.keep": 2})
    assert daemon.learn(*SAMPLES)["step"] == len(SAMPLES)
    assert daemon.stop() == 0
    assert CheckpointFile.read(files(daemon.state)[-1]).step == len(SAMPLES)
    assert_tidy(daemon.state, checkpoints=2)


def test_all_numbers_are_finite_whatever_comes(start):
    """The largest samples there are: updates are held back, counted, and the checkpoint stays readable."""
    daemon = start({"learning_rate.schedule": "constant", "learning_rate.initial": 1})
    daemon.learn(*[{"y": sign * 3.4e38, "x": {"a": sign * 3.4e38, "b": 1e-45}} for sign in (1, -1, 1, 1)])
    assert daemon.stats()["clamped_updates"] > 0
    checkpoint = CheckpointFile.read(daemon.checkpoint()["file"])
    assert all(numpy.isfinite(tensor).all() for tensor in checkpoint.tensors.values())
    before = daemon.coefficients()
    assert daemon.stop() == 0
    assert start(daemon.settings, state=daemon.state).coefficients() == before
