"""The same samples in every format, by every way into the daemon, are the same weights, to the last bit."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest
import scipy.sparse
import zmq

from arrays import dense, sparse
from checkpoint_file import CheckpointFile, bits
from daemon import Daemon, await_subscription, bound, connected, frames, received_json
from test_whittle_feed import fed
from tool import whittle

ROWS, COLUMNS, BATCH = 90, 11, 9
ENDPOINTS = {"ingest.router.bind": "tcp://127.0.0.1:*", "ingest.sub.bind": "tcp://127.0.0.1:*"}
LEARNING = {"penalty.l1": 0.02, "penalty.l2": 0.01, "penalty.period": 7}
FLAT = {"json.layout": "flat"}


def matrix(zeros: float) -> numpy.ndarray:
    """Numbers that every format writes exactly: Float32s of few digits, some of them tiny or huge."""
    random = numpy.random.default_rng(6)
    x = random.integers(1, 1000, size=(ROWS, COLUMNS)) * random.choice([-1, 1], size=(ROWS, COLUMNS)) / 256
    x[:, 3] *= 2.0**-20
    x[random.random(x.shape) < zeros] = 0
    assert (x.astype("<f4") == x).all()
    return x


# Without any zero a row of a matrix is the same in all formats; with zeros all but dense ones leave them out.
MATRICES = {"full": matrix(0), "sparse": matrix(0.6)}
Y = numpy.random.default_rng(7).integers(-4000, 4000, size=ROWS) / 128


def samples(x: numpy.ndarray) -> list[dict]:
    """As the names of positions, which is how all formats but those by name see them."""
    return [
        {"y": target, "x": {str(column): row[column] for column in numpy.flatnonzero(row).tolist()}}
        for row, target in zip(x.tolist(), Y.tolist(), strict=True)]


def flat(sample: dict) -> dict:
    return {"y": sample["y"], **sample["x"]}


def vw(sample: dict) -> str:
    return f"{sample['y']!r} |" + "".join(f" {name}:{value!r}" for name, value in sample["x"].items())


def svmlight(sample: dict) -> str:
    return f"{sample['y']!r}" + "".join(f" {name}:{value!r}" for name, value in sample["x"].items())


def batches(items: list) -> Iterator[list]:
    return (items[at : at + BATCH] for at in range(0, len(items), BATCH))


def rows() -> Iterator[slice]:
    return (slice(at, at + BATCH) for at in range(0, ROWS, BATCH))


def enveloped(payloads: list) -> list[list[bytes]]:
    return [[json.dumps({"source": "s", "seq": seq}).encode(), *frames(p)] for seq, p in enumerate(payloads)]


# Each makes messages of a matrix. Batches have one size, whatever the format; samples alone are another size.
FORMS = {
    "JSON nested": samples,
    "JSON arrays of records": lambda x: list(batches(samples(x))),
    "JSON lines": lambda x: ["\n".join(map(json.dumps, batch)) for batch in batches(samples(x))],
    "JSON by position": lambda x: [s | {"x": [s["x"].get(str(i)) for i in range(COLUMNS)]} for s in samples(x)],
    "JSON flat": lambda x: list(map(flat, samples(x))),
    "JSON flat lines": lambda x: ["\n".join(json.dumps(flat(s)) for s in batch) for batch in batches(samples(x))],
    "VW text": lambda x: ["\n".join(map(vw, batch)) for batch in batches(samples(x))],
    "svmlight": lambda x: ["\n".join(map(svmlight, batch)) for batch in batches(samples(x))],
    "VW text in envelopes": lambda x: enveloped(list(map(vw, samples(x)))),
    "dense": lambda x: [dense(x[at].astype("<f4"), y=Y[at]) for at in rows()],
    "dense float64": lambda x: [dense(x[at], y=Y[at].astype("<f4")) for at in rows()],
    "CSR": lambda x: [sparse(scipy.sparse.csr_array(x[at].astype("<f4")), y=Y[at]) for at in rows()],
    "CSR float64": lambda x: [sparse(scipy.sparse.csr_array(x[at]), y=Y[at]) for at in rows()],
}


def weights(daemon: Daemon) -> dict[str, bytes]:
    """Every coefficient's bits, by its name, and the rest of the learner's state."""
    file = CheckpointFile.read(daemon.checkpoint()["file"])
    assert file.step == ROWS
    by_name = dict(zip(file.names, map(bits, file.tensors["coefficients"]), strict=True))
    assert len(by_name) == COLUMNS
    return by_name | {"state": file.metadata["state"]}


@pytest.fixture(scope="module")
def expected(start_shared) -> dict[str, dict]:
    """The weights of each matrix, sent as JSON by PUSH, a sample a message."""
    weights_of = {}
    for kind, x in MATRICES.items():
        daemon = start_shared(LEARNING)
        assert daemon.learn(*samples(x))["rejected"] == {}
        weights_of[kind] = weights(daemon)
        # There is something to compare, and the matrices are not alike.
        assert any(value != bits(0) for value in weights_of[kind].values())
    assert weights_of["full"] != weights_of["sparse"]
    return weights_of


def push(daemon: Daemon, messages: list) -> None:
    daemon.learn(*messages)


def publish(daemon: Daemon, messages: list) -> None:
    publisher = connected(daemon.context, zmq.XPUB, daemon.endpoint("ingest.sub.bind"))
    await_subscription(publisher, b"")
    before = daemon.stats()["messages"]
    for message in messages:
        publisher.send_multipart(frames(message))
    daemon.wait_until(lambda stats: stats["messages"] == before + len(messages))


def deal(daemon: Daemon, messages: list) -> None:
    dealer = connected(daemon.context, zmq.DEALER, daemon.endpoint("ingest.router.bind"))
    for message in messages:
        dealer.send_multipart(frames(message))
    assert sum(received_json(dealer)["samples"] for _ in messages) == ROWS


CASES = [("full", send, form) for send in (push, publish, deal) for form in FORMS]
CASES += [("sparse", push, form) for form in FORMS if not form.startswith("dense")]


@pytest.mark.parametrize("kind, send, form", CASES)
def test_sent_by_pyzmq(start, expected, kind, send, form):
    daemon = start(LEARNING | ENDPOINTS | (FLAT if "flat" in form else {}))
    send(daemon, FORMS[form](MATRICES[kind]))
    assert daemon.stats()["rejected"] == {}
    assert weights(daemon) == expected[kind]


def test_sent_in_every_way_at_once(start, expected):
    """One model learns from all formats and sockets in turn."""
    daemon = start(LEARNING | ENDPOINTS)
    x = MATRICES["full"]
    forms = [form for form in FORMS if "flat" not in form and len(FORMS[form](x)) == ROWS // BATCH]
    for number in range(ROWS // BATCH):
        message = FORMS[forms[number % len(forms)]](x)[number]
        if number % 3 == 2:
            dealer = connected(daemon.context, zmq.DEALER, daemon.endpoint("ingest.router.bind"))
            dealer.send_multipart(frames(message))
            assert received_json(dealer)["samples"] == BATCH
        else:
            daemon.learn(message)
    assert weights(daemon) == expected["full"]


def table(x: numpy.ndarray) -> list[str]:
    """A CSV file's lines; a cell of nothing is no feature."""
    header = ",".join(["y", *map(str, range(COLUMNS))])
    return [header] + [
        ",".join([repr(s["y"]), *(repr(s["x"][str(i)]) if str(i) in s["x"] else "" for i in range(COLUMNS))])
        for s in samples(x)]


FILES = {
    "jsonl": lambda x: list(map(json.dumps, samples(x))),
    "flat.jsonl": lambda x: [json.dumps(flat(sample)) for sample in samples(x)],
    "vw": lambda x: list(map(vw, samples(x))),
    "svmlight": lambda x: list(map(svmlight, samples(x))),
    "csv": table,
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "kind, way, batch",
    [("full", "file", 1), ("full", "stdin", 7), ("full", "router", 7), ("full", "publish", 7), ("sparse", "file", 7)])
def test_sent_by_whittle_feed(start, expected, tmp_path: Path, file, kind, way, batch):
    daemon = start(LEARNING | ENDPOINTS | (FLAT if file == "flat.jsonl" else {}))
    text = "\n".join(FILES[file](MATRICES[kind])) + "\n"
    path = tmp_path / f"samples.{file}"
    path.write_text(text)
    messages = -(-ROWS // batch)
    match way:
        case "file":
            fed(daemon, path, "--batch", batch, messages=messages)
        case "stdin":
            fed(daemon, "--format", file.split(".")[-1], "--batch", batch, stdin=text, messages=messages)
        case "router":
            whittle(daemon, "feed", path, "--batch", batch, "--router", daemon.endpoint("ingest.router.bind"))
        case "publish":
            endpoint = daemon.endpoint("ingest.sub.bind")
            fed(daemon, path, "--batch", batch, "--publish", endpoint, messages=messages)
    assert weights(daemon) == expected[kind]
