"""Samples over ROUTER, each message answered, from foreign clients (pyzmq)."""

import itertools
import json

import numpy
import pytest
import scipy.sparse
import zmq

import arrays
from checkpoint_file import CheckpointFile, bits
from daemon import connected, received_json
from streams import as_classes, random_samples

ROUTER = "ingest.router.bind"


@pytest.fixture
def daemon(start):
    return start({ROUTER: "tcp://127.0.0.1:*"})


def client(daemon, kind: int = zmq.DEALER) -> zmq.Socket:
    return connected(daemon.context, kind, daemon.endpoint(ROUTER))


def model(daemon) -> dict:
    return CheckpointFile.read(daemon.checkpoint()["file"]).content()


def encoded(sample) -> bytes:
    return json.dumps(sample).encode()


def test_req(daemon):
    asker = client(daemon, zmq.REQ)
    for step, sample in enumerate(random_samples(50), 1):
        asker.send_json(sample)
        assert received_json(asker) == {"ok": True, "samples": 1, "step": step}
    asker.send_json(random_samples(7) + [{"x": {"f1": 1}}, {"y": 1, "x": {"f1": 1}, "weight": 0}])
    assert received_json(asker) == {"ok": True, "samples": 7, "unlearned": 2, "step": 57}
    asker.send(b"1 2 3 | a")
    answer = received_json(asker)
    assert not answer["ok"]
    assert answer["error"]["code"] == "broken_text" and "initial prediction" in answer["error"]["message"]
    stats = daemon.stats()
    assert (stats["messages"], stats["step"], stats["rejected"]) == (52, 57, {"broken_text": 1})


@pytest.mark.parametrize("before", [[], [b""], [b"job", b""]], ids=["bare", "delimited", "correlated"])
def test_a_dealer_sends_all_before_it_reads(daemon, before):
    dealer = client(daemon)
    samples = random_samples(100)
    count = 10_000
    for sample in itertools.islice(itertools.cycle(samples), count):
        dealer.send_multipart([*before, encoded(sample)])
    for step in range(1, count + 1):
        *envelope, answer = dealer.recv_multipart()
        assert envelope == before
        assert json.loads(answer) == {"ok": True, "samples": 1, "step": step}


def test_rejected_ones_in_between_keep_the_order(daemon):
    dealer = client(daemon)
    samples = random_samples(300)
    broken = [b"", b"nonsense", b'{"y": 1, "x": {"a": "', b'{"y": 1e400, "x": {"a": 1}}', b"\xff\xfe | a"]
    for number, sample in enumerate(samples):
        payload = broken[number // 3 % len(broken)] if number % 3 == 1 else encoded(sample)
        dealer.send_multipart([str(number).encode(), b"", payload])
    step = 0
    for number in range(len(samples)):
        correlation, delimiter, answer = dealer.recv_multipart()
        assert (correlation, delimiter) == (str(number).encode(), b"")
        answer = json.loads(answer)
        if number % 3 == 1:
            assert not answer["ok"] and answer["error"]["code"] and answer["error"]["message"]
        else:
            step += 1
            assert answer == {"ok": True, "samples": 1, "step": step}
    assert sum(daemon.stats()["rejected"].values()) == 100


@pytest.mark.parametrize("settings", [
    {}, {"model.loss": "logistic", "penalty.l1": 0.001}, {"model.optimizer": "adagrad"},
    {"model.optimizer": "ftrl", "penalty.l1": 0.5}, {"learning_rate.average_from": 20},
], ids=str)
def test_predictions_are_those_of_queries_made_before(start, settings):
    daemon = start({ROUTER: "tcp://127.0.0.1:*", "ingest.router.predict": True, **settings})
    samples = random_samples(60)
    if settings.get("model.loss") == "logistic":
        samples = as_classes(samples)
    asker = client(daemon, zmq.REQ)
    for number, sample in enumerate(samples):
        expected = daemon.ask("predict", x=sample["x"])
        # One in four has no target: it is predicted and not learned.
        if number % 4 == 3:
            sample = {"x": sample["x"]}
        asker.send_json(sample)
        answer = received_json(asker)
        assert answer["step"] == expected["step"] + answer["samples"]
        assert answer["predictions"] == pytest.approx([expected["prediction"]], rel=1e-5, abs=1e-6)
    assert daemon.stats()["step"] == 45


def test_predictions_of_a_batch_follow_each_other(start):
    """As if each of its samples had been asked for and learned alone."""
    one, all_at_once = (start({ROUTER: "tcp://127.0.0.1:*", "ingest.router.predict": True}) for _ in range(2))
    samples = [sample if number % 5 else {"x": sample["x"]} for number, sample in enumerate(random_samples(200))]
    alone = client(one)
    for sample in samples:
        alone.send_json(sample)
    expected = [received_json(alone)["predictions"][0] for _ in samples]
    batch = client(all_at_once)
    batch.send_json(samples)
    answer = received_json(batch)
    assert (answer["samples"], answer["unlearned"]) == (160, 40)
    assert answer["predictions"] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert model(one) == model(all_at_once)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_predictions_for_arrays(start, is_sparse):
    """As those for the same samples in JSON, and new columns are learned on the way."""
    settings = {ROUTER: "tcp://127.0.0.1:*", "ingest.router.predict": True}
    by_json, by_arrays = start(settings), start(settings)
    random = numpy.random.default_rng(8)
    x = random.integers(1, 9, (40, 6)).astype("<f4")
    y = random.normal(size=40)
    weight = numpy.where(numpy.arange(40) % 5 == 0, 0, 1).astype("<f8")
    (one, other) = client(by_json), client(by_arrays)
    for rows in (range(0, 20), range(20, 40)):
        samples = [
            {"y": float(y[row]), "weight": weight[row], "x": {str(column): float(x[row, column]) for column in range(6)}}
            for row in rows]
        part = slice(rows.start, rows.stop)
        one.send_json(samples)
        values = scipy.sparse.csr_array(x[part]) if is_sparse else x[part]
        form = arrays.sparse if is_sparse else arrays.dense
        other.send_multipart(form(values, y=y[part], weight=weight[part]))
        expected, answer = received_json(one), received_json(other)
        assert answer == expected and (answer["samples"], answer["unlearned"]) == (16, 4)
    assert by_arrays.coefficients() == by_json.coefficients()
    # Without targets there is nothing to learn, but to predict.
    other.send_multipart(arrays.dense(x[:3]))
    one.send_json([{"x": {str(column): float(x[row, column]) for column in range(6)}} for row in range(3)])
    assert received_json(other) == received_json(one)


@pytest.mark.parametrize("predict", [False, True])
def test_the_weights_are_those_that_pushed_samples_make(start, predict):
    samples = random_samples(1000)
    pushed = start()
    pushed.learn(*samples)
    asked = start({ROUTER: "tcp://127.0.0.1:*", "ingest.router.predict": predict})
    dealer = client(asked)
    for sample in samples:
        dealer.send_json(sample)
    for _ in samples:
        assert received_json(dealer)["ok"]
    assert bits(asked.coefficients()["values"]) == bits(pushed.coefficients()["values"])
    assert model(asked) == model(pushed)


def test_clients_that_go_away(daemon):
    """Whatever became of their answers, others are served, and the daemon ends well."""
    for number in range(20):
        dealer = client(daemon)
        for sample in random_samples(200, seed=number):
            dealer.send_json(sample)
        received_json(dealer)
        dealer.close(linger=0)
    asker = client(daemon, zmq.REQ)
    asker.send_json(random_samples(1)[0])
    answer = received_json(asker)
    assert answer["ok"] and answer["step"] >= 21
    assert daemon.stop() == 0


def test_the_daemon_connects(start, context):
    dealer = context.socket(zmq.DEALER)
    dealer.rcvtimeo = 60_000
    port = dealer.bind_to_random_port("tcp://127.0.0.1")
    daemon = start({"ingest.pull.bind": None, "ingest.router.connect": f"tcp://127.0.0.1:{port}"})
    dealer.send_json(random_samples(1)[0])
    assert received_json(dealer) == {"ok": True, "samples": 1, "step": 1}
    assert daemon.stop() == 0


def test_rejected_messages_are_told_to_subscribers(start, context):
    daemon = start({ROUTER: "tcp://127.0.0.1:*", "publish.every_seconds": 0, "publish.every_samples": 1,
                    "publish.rejects_per_second": 1000})
    subscriber = connected(context, zmq.SUB, daemon.endpoint("publish.bind"))
    subscriber.subscribe("")
    asker = client(daemon, zmq.REQ)
    while not subscriber.poll(20):
        asker.send(b"1 | a")
        assert received_json(asker)["ok"]
    asker.send(b'{"y": 1, "x": {"a": [}}')
    error = received_json(asker)["error"]
    while (publication := subscriber.recv_multipart())[0] != b"event":
        pass
    event = json.loads(publication[1])
    assert event["event"] == "message_rejected" and event["message"] == error["message"]
    assert (event["reason"], event["first_text"]) == (error["code"], '{"y": 1, "x": {"a": [}}')
    assert event["unpublished_before"] == 0 and event["step"] == daemon.stats()["step"]
