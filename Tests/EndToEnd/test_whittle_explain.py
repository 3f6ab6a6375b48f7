"""`whittle explain`: a prediction as the sum of what its features contribute."""

import json

import pytest

from streams import random_samples
from tool import whittle

X = {"f1": 2.0, "f2": -1.0, "f4": 0.5, "unheard-of": 1.0}
ARGUMENTS = [f"{name}={value}" for name, value in X.items()]


@pytest.fixture(scope="module")
def daemon(start_shared):
    daemon = start_shared({"penalty.l1": 0.02})
    daemon.learn(*random_samples(1234))
    return daemon


def contributions(daemon) -> dict[str, float]:
    """From the coefficients, which are another question."""
    told = daemon.coefficients()
    coefficients = dict(zip(told["names"], told["values"], strict=True))
    return {name: coefficients[name] * value for name, value in X.items() if name in coefficients}


def rows(text: str) -> dict[str, list[str]]:
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("NAME"))
    cells = (line.split() for line in lines[begin + 1:] if line and not line.startswith("unknown"))
    return {row[0]: row[1:] for row in cells}


def test_for_people(daemon):
    expected = contributions(daemon)
    text = whittle(daemon, "explain", *ARGUMENTS, "--digits", 9).stdout
    table = rows(text)
    by_weight = sorted(expected, key=lambda name: -abs(expected[name]))
    assert list(table) == [*by_weight, "intercept", "total"]
    for name, contribution in expected.items():
        assert float(table[name][0]) == X[name]
        assert float(table[name][2]) == pytest.approx(contribution, rel=1e-6)
    intercept, total = float(table["intercept"][0]), float(table["total"][0])
    assert intercept == pytest.approx(daemon.coefficients()["intercept"], rel=1e-8)
    assert total == pytest.approx(intercept + sum(expected.values()), rel=1e-6)
    assert total == pytest.approx(daemon.ask("predict", x=X)["margin"], rel=1e-8)
    assert "unknown to the model, and counted as zero: unheard-of" in text
    assert "█" in text


@pytest.mark.parametrize("form", [ARGUMENTS, ["--json-sample", json.dumps(X)]], ids=["names", "json"])
def test_as_json(daemon, form):
    answer = daemon.ask("explain", x=X)
    assert answer.pop("ok") and answer.pop("protocol") == 1
    told = whittle(daemon, "explain", *form, "--json").stdout
    assert json.loads(told) == answer
    less = json.loads(whittle(daemon, "explain", *form, "--top", 1, "--json").stdout)
    assert less == answer | {key: answer[key][:1] for key in ("names", "values", "coefficients", "contributions")}


def test_only_the_heaviest(daemon):
    expected = sorted(contributions(daemon).values(), key=abs)
    table = rows(whittle(daemon, "explain", *ARGUMENTS, "--top", 1, "--digits", 9).stdout)
    assert len(table) == 4
    assert table["2"][0] == "others"
    assert float(table["2"][1]) == pytest.approx(sum(expected[:-1]), rel=1e-6)


def test_nothing_is_learned(daemon):
    before = daemon.coefficients()
    whittle(daemon, "explain", *ARGUMENTS)
    assert daemon.coefficients() == before


def test_of_a_checkpoint(daemon, tmp_path):
    """The same numbers as the daemon's for the same step, from its state directory alone; and of an earlier one."""
    expected = daemon.ask("explain", x=X)
    written = daemon.ask("checkpoint")
    assert written["step"] == expected["step"]
    told = json.loads(whittle(None, "explain", *ARGUMENTS, "--state", daemon.state, "--json").stdout)
    assert told == {key: value for key, value in expected.items() if key not in ("ok", "protocol")}
    by_path = whittle(None, "explain", *ARGUMENTS, "--at", daemon.state / written["file"], "--json").stdout
    assert json.loads(by_path) == told
    daemon.learn(*random_samples(99))
    earlier = whittle(daemon, "explain", *ARGUMENTS, "--at", f"step:{written['step']}").stdout
    assert f"step {written['step']:,}" in earlier


def test_of_a_checkpoint_with_interactions(start):
    daemon = start({"features.interactions": ["u*i"], "penalty.l1": 0})
    daemon.learn(*(
        {"y": number % 3, "x": {"u": {"a": number % 2 + 1}, "i": {"b": number % 5 + 1}}} for number in range(50)))
    sample = {"u": {"a": 2}, "i": {"b": 3}}
    expected = daemon.ask("explain", x=sample)
    daemon.ask("checkpoint")
    daemon.kill()
    told = whittle(None, "explain", "--json-sample", json.dumps(sample), "--state", daemon.state, "--json").stdout
    assert json.loads(told) == {key: value for key, value in expected.items() if key not in ("ok", "protocol")}
    assert len(json.loads(told)["names"]) == 3


def test_a_sample_that_a_checkpoint_cannot_explain(daemon):
    daemon.ask("checkpoint")
    failed = whittle(None, "explain", "a=1e300", "--state", daemon.state, code=65)
    assert "the sample: " in failed.stderr
