"""`whittle set` and `whittle reset`, and that what they did outlives `kill -9`."""

import json

import pytest

from streams import random_samples
from tool import whittle


SETTINGS = {"penalty.l1": 0.1, "journal.sync": "always"}


@pytest.fixture
def daemon(start):
    daemon = start(SETTINGS)
    daemon.learn(*random_samples(300))
    return daemon


def configured(daemon, key):
    report = daemon.ask(op="configuration")
    return report["configuration"][key], report["origins"][key]


def test_what_was_set_outlives_a_kill(daemon, start):
    assert configured(daemon, "penalty.l1")[0] == 0.1
    result = whittle(daemon, "set", "penalty.l1=0.25", "learning_rate.schedule=constant", "--json")
    answer = json.loads(result.stdout)
    assert answer["configuration"]["penalty.l1"] == 0.25 and answer["step"] == 300
    assert configured(daemon, "penalty.l1") == (0.25, "set")
    before = daemon.ask(op="coefficients")
    daemon.kill()
    daemon = start(SETTINGS, state=daemon.state)
    assert configured(daemon, "penalty.l1") == (0.25, "set")
    assert configured(daemon, "learning_rate.schedule") == ("constant", "set")
    assert daemon.ask(op="coefficients") == before
    result = whittle(daemon, "set", "--unset", "penalty.l1")
    assert "penalty.l1  " in result.stdout
    assert configured(daemon, "penalty.l1")[0] == 0.1


@pytest.mark.parametrize(
    "arguments, code, words",
    [
        ([], 64, "a setting is needed"),
        (["penalty.l1"], 64, "is not KEY=VALUE"),
        (["penalty.l1=1", "--unset", "penalty.l1"], 64, "set twice"),
        (["penalty.l1=-1"], 76, "expected a number of at least 0"),
        (["penalty.l3=1"], 76, "those that can be set: "),
    ],
)
def test_what_cannot_be_set(daemon, arguments, code, words):
    result = whittle(daemon, "set", *arguments, code=code)
    assert words in result.stderr, result.stderr
    assert configured(daemon, "penalty.l1")[1] != "set"


def test_reset_begins_anew_and_leaves_a_checkpoint(daemon, start):
    refused = whittle(daemon, "reset", code=64)
    assert "--yes" in refused.stderr
    assert daemon.stats()["step"] == 300
    result = whittle(daemon, "reset", "--yes")
    assert "after step 300" in result.stdout and "-step-300.safetensors" in result.stdout
    assert daemon.stats()["step"] == 0 and daemon.stats()["features"] == 0
    daemon.learn(*random_samples(20))
    daemon.wait_for_journal()
    daemon.kill()
    daemon = start(SETTINGS, state=daemon.state)
    assert daemon.stats()["step"] == 20
