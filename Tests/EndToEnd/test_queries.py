"""Every operation of the query socket and every way to get it wrong, asked by foreign clients (pyzmq)."""

import json
import math

import pytest
import zmq

from daemon import connected, received_json
from streams import as_classes, random_samples


@pytest.fixture(scope="module")
def daemon(start_shared):
    """One that has learned; no test below changes its model."""
    daemon = start_shared({"penalty.l1": 0.2})
    daemon.learn(*random_samples(300))
    return daemon


def test_stats(daemon):
    stats = daemon.stats()
    assert stats["ok"] is True
    assert stats["health"] == "ok"
    assert stats.get("problem") is None
    assert (stats["step"], stats["samples"]) == (300, 300)
    assert stats["loss"]["overall"] > 0 and stats["loss"]["recent"] > 0
    assert stats["features"] == 12
    assert 0 < stats["active_set"] < 12
    assert stats["sparsity"] == pytest.approx(1 - stats["active_set"] / 12)
    assert stats["step_size"] == pytest.approx(0.01 / 301**0.25)
    assert stats["clamped_updates"] == 0
    values = daemon.coefficients()["values"]
    assert stats["l1_norm"] == pytest.approx(sum(map(abs, values)))
    assert stats["l2_norm"] == pytest.approx(sum(value**2 for value in values) ** 0.5)
    assert stats["intercept"] == daemon.coefficients()["intercept"]


def test_stats_before_the_first_sample(start):
    stats = start().stats()
    assert (stats["step"], stats["features"], stats["active_set"], stats["sparsity"]) == (0, 0, 0, 0)
    assert stats["loss"].get("overall") is None
    assert stats.get("checkpoint") is None


def test_coefficients(daemon):
    answer = daemon.coefficients()
    assert answer["step"] == 300
    assert len(answer["names"]) == len(answer["values"]) == answer["features"] == 12
    assert answer["active_set"] == sum(value != 0 for value in answer["values"]) < 12


@pytest.mark.parametrize("top", [0, 1, 5, 12, 100])
def test_the_heaviest_coefficients(daemon, top):
    every = daemon.coefficients()
    answer = daemon.coefficients(top=top)
    assert len(answer["names"]) == min(top, 12)
    pairs = sorted(zip(every["names"], every["values"], strict=True), key=lambda pair: -abs(pair[1]))
    assert list(zip(answer["names"], answer["values"], strict=True)) == pairs[:top]


def test_coefficients_by_name(daemon):
    every = daemon.coefficients()
    by_name = dict(zip(every["names"], every["values"], strict=True))
    answer = daemon.coefficients(names=["f7", "f0", "f7"])
    assert answer["names"] == ["f7", "f0", "f7"]
    assert answer["values"] == [by_name[name] for name in answer["names"]]
    assert daemon.coefficients(names=[])["names"] == []


def test_predict(daemon):
    every = daemon.coefficients()
    by_name = dict(zip(every["names"], every["values"], strict=True))
    answer = daemon.ask("predict", x={"f1": 2, "f2": -1, "unheard-of": 5, "f9": None})
    margin = every["intercept"] + 2 * by_name["f1"] - by_name["f2"]
    assert answer == {
        "ok": True, "protocol": 1, "step": 300, "prediction": pytest.approx(margin), "margin": pytest.approx(margin),
        "unknown_features": 1,
    }
    assert daemon.stats()["features"] == 12


def test_predict_by_position(start):
    daemon = start()
    daemon.learn({"y": 1, "x": [1, 2]})
    by_position = daemon.ask("predict", x=[3, 4, 5])
    by_name = daemon.ask("predict", x={"0": 3, "1": 4})
    assert by_position["prediction"] == by_name["prediction"] != 0
    assert (by_position["unknown_features"], by_name["unknown_features"]) == (1, 0)


def test_predict_a_class(start):
    daemon = start({"model.loss": "logistic"})
    daemon.learn(*as_classes(random_samples(100)))
    answer = daemon.ask("predict", x={"f1": 1})
    assert answer["prediction"] == pytest.approx(1 / (1 + math.exp(-answer["margin"])))
    assert answer["margin"] != 0


def test_checkpoint(daemon):
    answer = daemon.checkpoint()
    assert answer["step"] == 300
    assert answer["bytes"] > 0 and answer["seconds"] >= 0
    stats = daemon.stats()["checkpoint"]
    assert (stats["step"], stats["file"]) == (300, answer["file"])
    assert stats["age_seconds"] >= 0


def test_configuration(daemon):
    answer = daemon.ask("configuration")
    assert answer["ok"]
    assert answer["configuration"]["penalty.l1"] == 0.2
    assert answer["origins"]["penalty.l1"] == "flag"
    assert answer["origins"]["penalty.l2"] == "default"
    assert answer["configuration"].keys() == answer["origins"].keys()
    assert {key: value for key, value in answer["endpoints"].items() if value} == daemon.endpoints
    assert answer["version"]


BROKEN = [
    (b"", "bad_request", "valid JSON"),
    (b"{", "bad_request", "valid JSON"),
    (b"\xff\xfe", "bad_request", "valid JSON"),
    (b"3", "bad_request", "JSON object"),
    (b"[]", "bad_request", "JSON object"),
    (b'"stats"', "bad_request", "JSON object"),
    (b"null", "bad_request", ""),
    (b"{}", "bad_request", 'has no "op"'),
    (b'{"op": 3}', "bad_request", "must be a string"),
    (b'{"op": null}', "bad_request", "must be a string"),
    (b'{"op": "forget"}', "unknown_operation", 'no operation "forget"; known operations: predict, explain, coefficients'),
    (b'{"op": "stats", "top": 3}', "unknown_field", 'no field "top"; known fields: none'),
    (b'{"op": "coefficients", "tpo": 3}', "unknown_field", "known fields: names, top, like, active, limit, cursor, binary"),
    (b'{"op": "coefficients", "top": -1}', "bad_request", "at least 0"),
    (b'{"op": "coefficients", "top": 1.5}', "bad_request", "whole number"),
    (b'{"op": "coefficients", "top": "3"}', "bad_request", "whole number"),
    (b'{"op": "coefficients", "names": "f1"}', "bad_request", "array of strings"),
    (b'{"op": "coefficients", "names": [1]}', "bad_request", "array of strings"),
    (b'{"op": "coefficients", "names": ["f1"], "top": 1}', "bad_request", "exclude each other"),
    (b'{"op": "coefficients", "names": ["f1", "zz", "yy"]}', "unknown_feature", 'no feature "zz", "yy"'),
    (b'{"op": "predict"}', "bad_request", 'needs "x"'),
    (b'{"op": "predict", "x": 3}', "bad_request", "an object by name or an array by position"),
    (b'{"op": "predict", "x": {"a": {}, "a": 1}}', "bad_request", 'feature "a"'),
    (b'{"op": "predict", "x": {"a": 1e39}}', "bad_request", "1e+39"),
    (b'{"op": "predict", "x": {"f1": 1, "f1": 2}}', "bad_request", "twice"),
    (b'{"op": "predict", "x": {}, "y": 1}', "unknown_field", "known fields: x, samples, arrays, binary"),
]


@pytest.mark.parametrize("question, code, says", BROKEN, ids=[question.decode("latin-1") for question, *_ in BROKEN])
def test_wrong_questions(daemon, question, code, says):
    asker = connected(daemon.context, zmq.REQ, daemon.endpoint("query.bind"))
    asker.send(question)
    answer = received_json(asker)
    assert answer["ok"] is False
    assert answer["error"]["code"] == code, answer
    assert says in answer["error"]["message"]
    assert daemon.stats()["step"] == 300


@pytest.mark.parametrize("delimiter", [[], [b""]], ids=["bare", "delimited"])
def test_dealer_asks_many_questions_at_once(daemon, delimiter):
    dealer = connected(daemon.context, zmq.DEALER, daemon.endpoint("query.bind"))
    for top in range(12):
        dealer.send_multipart([*delimiter, json.dumps({"op": "coefficients", "top": top}).encode()])
    sizes = []
    for _ in range(12):
        *envelope, answer = dealer.recv_multipart()
        assert envelope == delimiter
        sizes.append(len(json.loads(answer)["names"]))
    assert sorted(sizes) == list(range(12))


def test_too_many_frames(daemon):
    for kind in (zmq.REQ, zmq.DEALER):
        asker = connected(daemon.context, kind, daemon.endpoint("query.bind"))
        asker.send_multipart([b'{"op":', b'"stats"}', b"more"])
        if kind == zmq.DEALER:
            assert received_json(asker)["error"]["code"] == "bad_request"
    assert daemon.stats()["ok"]


def test_askers_that_go_away(daemon):
    """Those who do not wait for their answers harm nobody."""
    for _ in range(20):
        asker = connected(daemon.context, zmq.DEALER, daemon.endpoint("query.bind"))
        asker.send(b'{"op": "coefficients"}')
        asker.close()
    assert daemon.stats()["ok"]


def test_over_ipc_and_tcp(start, short_path):
    daemon = start({"query.bind": [f"ipc://{short_path}/ask", "tcp://127.0.0.1:*"]})
    for endpoint in daemon.endpoints["query.bind"]:
        asker = connected(daemon.context, zmq.REQ, endpoint)
        asker.send(b'{"op": "stats"}')
        assert received_json(asker)["step"] == 0
