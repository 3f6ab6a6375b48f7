"""`whittle` asks a real daemon: text for people, `--json` for programs, and what it does when nothing is right."""

import json
import subprocess

import pytest
import zmq

from daemon import LIMIT, MILLISECONDS, PROGRAMS, bound, clean_environment
from streams import random_samples
from tool import variables, whittle


@pytest.fixture(scope="module")
def daemon(start_shared):
    daemon = start_shared({"penalty.l1": 0.2, "publish.every_seconds": 0.05})
    daemon.learn(*random_samples(1234))
    return daemon


def as_json(daemon, *arguments) -> dict:
    ended = whittle(daemon, *arguments, "--json")
    assert ended.stdout.count("\n") == 1
    return json.loads(ended.stdout)


def wire(daemon, op: str, **fields) -> dict:
    answer = daemon.ask(op, **fields)
    assert answer.pop("ok") and answer.pop("protocol") == 1
    return answer


def test_coefficients(daemon):
    lines = whittle(daemon, "coefficients").stdout.splitlines()
    told = daemon.coefficients()
    assert lines[0].startswith("step 1,234 ")
    assert f"active {told['active_set']} of 12 features" in lines[0]
    listed = [line.split()[0] for line in lines if line.startswith("f")]
    pairs = sorted(zip(told["names"], told["values"], strict=True), key=lambda pair: -abs(pair[1]))
    assert listed == [name for name, _ in pairs]


@pytest.mark.parametrize("arguments, fields", [([], {}), (["--top", "3"], {"top": 3}),
                                               (["f3", "f1"], {"names": ["f3", "f1"]})])
def test_coefficients_as_json(daemon, arguments, fields):
    assert as_json(daemon, "coefficients", *arguments) == wire(daemon, "coefficients", **fields)


def test_digits(daemon):
    told = daemon.coefficients(top=1)["values"][0]
    for digits in (1, 2, 6):
        shown = whittle(daemon, "coefficients", "--top", 1, "--digits", digits).stdout.split()[-1]
        assert shown == f"{told:.{digits}g}"
    rmse = daemon.stats()["validation"]["overall"]["rmse"]
    assert f"root mean squared error    {rmse:.2g} " in whittle(daemon, "stats", "--digits", 2).stdout
    margin = wire(daemon, "predict", x={"f1": 2})["margin"]
    assert f"{margin:.2g}" in whittle(daemon, "predict", "f1=2", "--digits", 2).stdout.split()


def test_stats(daemon):
    text = whittle(daemon, "stats").stdout
    assert "1,234" in text and "active set" in text
    answer, told = as_json(daemon, "stats"), wire(daemon, "stats")
    for moving in ("uptime_seconds", "samples_per_second"):
        assert answer.pop(moving) >= 0 and told.pop(moving) >= 0
    for stats in (answer, told):
        stats.get("checkpoint", {}).pop("age_seconds", None)
        # Each of the two came over one of its own.
        assert stats.pop("connections").keys() == {"pull", "publish", "query"}
    assert answer == told


def test_predict(daemon):
    told = wire(daemon, "predict", x={"f1": 2, "color": "red", "on": True})
    assert as_json(daemon, "predict", "f1=2", "color=red", "on=true") == told
    assert as_json(daemon, "predict", "--json-sample", '{"f1": 2, "color": "red", "on": true}') == told
    assert told["unknown_features"] == 2
    assert f"{told['prediction']:.6g}" in whittle(daemon, "predict", "f1=2").stdout
    assert as_json(daemon, "predict", "--values", "-1,2") == wire(daemon, "predict", x=[-1, 2])


def test_checkpoint(daemon):
    answer = as_json(daemon, "checkpoint")
    assert answer.keys() == {"step", "file", "bytes", "seconds"}
    assert answer["step"] == 1234
    text = whittle(daemon, "checkpoint").stdout
    assert daemon.stats()["checkpoint"]["file"] in text


def test_configuration(daemon):
    assert as_json(daemon, "configuration") == wire(daemon, "configuration")
    text = whittle(daemon, "configuration").stdout
    assert any(line.split() == ["penalty.l1", "0.2", "flag"] for line in text.splitlines())
    assert daemon.endpoint("query.bind") in text


def test_watch(daemon):
    ended = whittle(daemon, "watch", "--count", 3)
    lines = ended.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("step 1,234 ") for line in lines)


def test_watch_as_json(daemon):
    lines = whittle(daemon, "watch", "--count", 4, "--json").stdout.splitlines()
    publications = [json.loads(line) for line in lines]
    assert len(publications) == 4
    assert {publication["topic"] for publication in publications} == {"coefficients", "stats"}
    for publication in publications:
        keys = publication.keys() - {"topic", "epoch", "sequence"}
        if publication["topic"] == "stats":
            assert keys == wire(daemon, "stats").keys()
        else:
            assert keys == wire(daemon, "coefficients").keys()


def test_the_flag_wins_over_the_environment(daemon, short_path):
    nowhere = f"ipc://{short_path}/nobody"
    ended = whittle(daemon, "stats", "--query", nowhere, "--timeout", 0.2, code=69)
    assert nowhere in ended.stderr
    assert ended.stdout == ""
    ended = whittle(daemon, "watch", "--subscribe", nowhere, "--timeout", 0.2, code=69)
    assert nowhere in ended.stderr


@pytest.mark.parametrize(
    "operation", [["stats"], ["coefficients"], ["predict", "a=1"], ["checkpoint"], ["configuration"]])
def test_no_daemon(operation, short_path):
    ended = whittle(None, *operation, "--query", f"ipc://{short_path}/nobody", "--timeout", 0.2, code=69)
    assert "is whittled running" in ended.stderr


def test_refused(daemon):
    ended = whittle(daemon, "coefficients", "unheard-of", code=76)
    assert "unheard-of" in ended.stderr and "unknown_feature" in ended.stderr


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", b"[]", b'{"ok": true}', b'{"step": 3}', b'{"ok": false}'], ids=repr)
def test_an_answer_that_is_none(context, answer):
    """Something else listens at the query endpoint."""
    router, endpoint = bound(context, zmq.ROUTER)
    tool = subprocess.Popen(
        [PROGRAMS / "whittle", "stats", "--query", endpoint], env=clean_environment(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    try:
        assert router.poll(MILLISECONDS)
        *envelope, _ = router.recv_multipart()
        router.send_multipart([*envelope, answer])
        stdout, stderr = tool.communicate(timeout=LIMIT)
    finally:
        tool.kill()
        tool.wait(LIMIT)
    assert (tool.returncode, stdout) == (76, "")
    assert endpoint in stderr


@pytest.mark.parametrize(
    "arguments",
    [["--top", "-1", "coefficients"], ["coefficients", "--top", "1", "f1"], ["predict"], ["predict", "a"],
     ["predict", "a=1", "--values", "1"], ["predict", "--json-sample", "{"], ["watch", "--count", "0"], ["nonsense"],
     ["coefficients", "--digits", "0"], ["stats", "--digits", "18"], ["stats", "stray"],
     ["stats", "--timeout", "0"], ["stats", "--query", "nonsense"]],
    ids=" ".join)
def test_wrong_usage(arguments):
    ended = whittle(None, *arguments, code=64)
    assert ended.stdout == ""
    assert ended.stderr.startswith("whittle: ")


@pytest.mark.parametrize("arguments", [["--help"], ["feed", "--help"], ["help", "watch"], ["--version"]], ids=" ".join)
def test_help(arguments):
    ended = whittle(None, *arguments)
    assert ended.stdout and not ended.stderr


def test_a_full_disk(daemon):
    """The answer cannot be written, and that is said."""
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [PROGRAMS / "whittle", "stats"], env=clean_environment(**variables(daemon)), stdout=full,
            stderr=subprocess.PIPE, text=True, timeout=LIMIT)
    assert ended.returncode == 74
    assert "cannot write" in ended.stderr
