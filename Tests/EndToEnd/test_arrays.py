"""Arrays as pyzmq users send them: the same samples as JSON are the same model, to the last bit."""

import json

import numpy
import pytest
import scipy.sparse
import zmq
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

from arrays import dense, description, sparse
from checkpoint_file import CheckpointFile
from daemon import await_subscription, bound, connected

ROWS, COLUMNS = 60, 23
DTYPES = ["<f4", "<f8", "<i4", "<i8", "<u4"]


def model(daemon) -> dict:
    return CheckpointFile.read(daemon.checkpoint()["file"]).content()


def matrix(dtype: str) -> numpy.ndarray:
    random = numpy.random.default_rng(7)
    x = random.normal(size=(ROWS, COLUMNS))
    x[random.random(x.shape) < 0.3] = 0
    if dtype[1] != "f":
        x = numpy.abs(numpy.round(x)) if dtype[1] == "u" else numpy.round(x)
    return x.astype(dtype)


TARGETS = numpy.random.default_rng(8).normal(size=ROWS)
WEIGHTS = numpy.random.default_rng(9).integers(0, 3, size=ROWS).astype("<f4")


def by_position(x, y=None, weight=None) -> list[dict]:
    samples = [{"x": row.tolist()} for row in x]
    for name, values in (("y", y), ("weight", weight)):
        if values is not None:
            samples = [sample | {name: value} for sample, value in zip(samples, values.tolist(), strict=True)]
    return samples


def by_name(x: scipy.sparse.csr_array, y) -> list[dict]:
    samples = []
    for row, target in enumerate(y.tolist()):
        range = slice(x.indptr[row], x.indptr[row + 1])
        samples.append({"y": target, "x": dict(zip(map(str, x.indices[range]), x.data[range].tolist(), strict=True))})
    return samples


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 7, ROWS])
def test_dense(start, dtype, size):
    x = matrix(dtype)
    arrays, texts = start(), start()
    arrays.learn(*(dense(x[at : at + size], y=TARGETS[at : at + size], weight=WEIGHTS[at : at + size])
                   for at in range(0, ROWS, size)))
    texts.learn(by_position(x, TARGETS, WEIGHTS))
    stats = arrays.stats()
    assert (stats["samples"], stats["unlearned"]) == (int((WEIGHTS > 0).sum()), int((WEIGHTS == 0).sum()))
    assert stats["rejected"] == {}
    assert model(arrays) == model(texts)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("index", ["<i4", "<i8", "<u4"])
def test_csr(start, dtype, index):
    x = scipy.sparse.csr_array(matrix(dtype))
    x.indices, x.indptr = x.indices.astype(index), x.indptr.astype(index)
    arrays, texts = start({"ingest.format": "arrays"}), start()
    arrays.learn(sparse(x, y=TARGETS), [b"topic", *sparse(x, y=TARGETS)])
    texts.learn(by_name(x, TARGETS), by_name(x, TARGETS))
    assert arrays.stats()["step"] == 2 * ROWS
    assert model(arrays) == model(texts)


def test_csr_in_any_order(start):
    """scipy does not keep columns in order; what is learned does not depend on it."""
    x = scipy.sparse.csr_array(matrix("<f4"))
    order = numpy.concatenate([numpy.arange(a, b)[::-1] for a, b in zip(x.indptr, x.indptr[1:], strict=False)])
    reversed_rows = scipy.sparse.csr_array((x.data[order], x.indices[order], x.indptr), shape=x.shape)
    arrays, texts = start(), start()
    arrays.learn(sparse(reversed_rows, y=TARGETS))
    texts.learn(by_name(reversed_rows, TARGETS))
    assert arrays.stats()["step"] == ROWS
    assert model(arrays) == model(texts)


def test_the_recipe_of_pyzmq(start):
    """Its documentation sends a header with dtype and shape, and the array; targets are another frame here."""
    x, y = matrix("<f4"), TARGETS.astype("<f4")
    header = json.dumps({"dtype": str(x.dtype), "shape": x.shape}).encode()
    arrays, texts = start(), start()
    stats = arrays.learn([header, x.tobytes()])
    assert (stats["step"], stats["unlearned"], stats["features"]) == (0, ROWS, 0)
    arrays.learn([header, x.tobytes(), y.tobytes()])
    texts.learn(by_position(x, y))
    assert model(arrays) == model(texts)


@pytest.mark.parametrize("copy", [True, False])
def test_the_recipe_of_pyzmq_to_the_letter(start, copy):
    """Arrays themselves are sent, without a copy of their bytes if one likes, and may be large."""
    x = numpy.random.default_rng(3).normal(size=(500, 200)).astype("<f4")
    y = x[:, 0].copy()
    arrays, texts = start(), start()
    texts.learn(by_position(x, y))
    socket = connected(arrays.context, zmq.PUSH, arrays.endpoint("ingest.pull.bind"))
    socket.send_json({"dtype": str(x.dtype), "shape": x.shape}, zmq.SNDMORE)
    socket.send(x, zmq.SNDMORE, copy=copy)
    socket.send(y, copy=copy)
    assert arrays.wait_until(lambda stats: stats["messages"] == 1)["step"] == 500
    assert model(arrays) == model(texts)


WORDS = [f"word{i % 7} the {'common ' * (i % 3)} word{i % 5} größe{i}" for i in range(ROWS)]
RECORDS = [{"city": f"c{i % 6}", "area": i / 7, "rooms": i % 4, "garden": i % 2 == 0} for i in range(ROWS)]


@pytest.mark.parametrize(
    "vectorizer, items",
    [
        (DictVectorizer(), RECORDS),
        (DictVectorizer(dtype=numpy.float32, sort=False), RECORDS),
        (CountVectorizer(), WORDS),
        (CountVectorizer(ngram_range=(1, 2), dtype=numpy.int32), WORDS),
        (TfidfVectorizer(), WORDS),
        (TfidfVectorizer(dtype=numpy.float32), WORDS),
        (HashingVectorizer(n_features=2**18), WORDS),
        (HashingVectorizer(n_features=2**31 - 2, alternate_sign=False, norm=None), WORDS),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value),
)
def test_what_scikit_learn_vectorizes(start, vectorizer, items):
    """Matrices as they come, whole and by slices."""
    x = vectorizer.fit_transform(items)
    assert x.format == "csr" and x.nnz > ROWS
    arrays, texts = start({"penalty.l1": 0.01}), start({"penalty.l1": 0.01})
    arrays.learn(sparse(x, y=TARGETS), *(sparse(x[at : at + 7], y=TARGETS[at : at + 7]) for at in range(0, ROWS, 7)))
    texts.learn(by_name(x, TARGETS), by_name(x, TARGETS))
    assert (arrays.stats()["step"], arrays.stats()["rejected"]) == (2 * ROWS, {})
    assert model(arrays) == model(texts)


@pytest.mark.parametrize(
    "made",
    [
        lambda x: scipy.sparse.csr_matrix(x),
        lambda x: scipy.sparse.coo_array(x).tocsr(),
        lambda x: scipy.sparse.lil_array(x).tocsr(),
        lambda x: scipy.sparse.csc_array(x).tocsr(),
        lambda x: scipy.sparse.csr_array(x)[::-1][::-1],
        lambda x: scipy.sparse.hstack([scipy.sparse.csr_array(x[:, :9]), x[:, 9:]], format="csr"),
        lambda x: scipy.sparse.vstack([scipy.sparse.csr_array(x[:9]), x[9:]], format="csr"),
        lambda x: scipy.sparse.csr_array(x) + scipy.sparse.csr_array(x.shape, dtype=x.dtype),
        lambda x: scipy.sparse.csr_array(x) @ scipy.sparse.diags_array(numpy.ones(COLUMNS)).tocsr(),
        lambda x: scipy.sparse.csr_array(x) * 0.5,
    ],
    ids=["matrix", "of COO", "of LIL", "of CSC", "reversed twice", "hstack", "vstack", "sum", "product", "scaled"],
)
def test_what_scipy_makes(start, made):
    """Stored zeros, columns in any order and indices of any width included."""
    x = made(matrix("<f8"))
    arrays, texts = start(), start()
    arrays.learn(sparse(x, y=TARGETS))
    texts.learn(by_name(x, TARGETS))
    assert (arrays.stats()["step"], arrays.stats()["rejected"]) == (ROWS, {})
    assert model(arrays) == model(texts)


def test_formats_in_turn(start):
    """Arrays, JSON and text in one stream are samples of one model."""
    x = matrix("<f8")
    mixed, texts = start(), start()
    for at in range(0, ROWS, 3):
        features = " ".join(f"{i}:{value!r}" for i, value in enumerate(x[at + 2].tolist()))
        text = f"{TARGETS.tolist()[at + 2]!r} | {features}"
        mixed.learn(dense(x[at : at + 1], y=TARGETS[at : at + 1]), by_position(x, TARGETS)[at + 1], text)
    texts.learn(by_position(x, TARGETS))
    assert mixed.stats()["rejected"] == {}
    assert model(mixed) == model(texts)


def test_published_arrays(start, context):
    publisher, endpoint = bound(context, zmq.XPUB)
    subscriber = start({"ingest.sub.connect": endpoint, "ingest.sub.topics": "train"})
    texts = start()
    await_subscription(publisher, b"train")
    x = matrix("<f4")
    publisher.send_multipart([b"train.1", *dense(x, y=TARGETS)])
    subscriber.wait_until(lambda stats: stats["step"] == ROWS)
    texts.learn(by_position(x, TARGETS))
    assert model(subscriber) == model(texts)


def test_after_a_restart(start):
    x = matrix("<f4")
    first, whole = start(), start()
    first.learn(dense(x[:30], y=TARGETS[:30]))
    assert first.stop() == 0
    second = start(state=first.state)
    second.learn(sparse(scipy.sparse.csr_array(x[30:]), y=TARGETS[30:]))
    whole.learn(dense(x[:30], y=TARGETS[:30]), sparse(scipy.sparse.csr_array(x[30:]), y=TARGETS[30:]))
    assert second.stats()["step"] == ROWS
    assert model(second) == model(whole)


X, Y = numpy.ones((2, 3), "<f4"), numpy.ones(2, "<f4")
CSR = scipy.sparse.csr_array(X)


def changed(arrays: scipy.sparse.csr_array, **members) -> scipy.sparse.csr_array:
    copy = arrays.copy()
    for name, value in members.items():
        setattr(copy, name, numpy.asarray(value, getattr(copy, name).dtype))
    return copy


@pytest.mark.parametrize(
    "frames, reason, says",
    [
        (dense(X.astype(">f4"), y=Y), "broken_arrays", 'send little endian, as by astype("<f4")'),
        (dense(X.astype("<f2"), y=Y), "broken_arrays", 'dtype "<f2" is not known'),
        (dense(X.astype(bool), y=Y), "broken_arrays", 'dtype "|b1" is not known'),
        (dense(X[0], y=Y), "broken_arrays", "x.reshape(1, -1)"),
        (dense(X, y=Y[:1]), "broken_arrays", "y has shape [1]"),
        (dense(X, y=Y)[:2], "frames", "the message has 2 frames"),
        ([*dense(X, y=Y)[:2], b"123"], "broken_arrays", "frame 3, y: the buffer has 3 bytes"),
        (dense(X * numpy.nan, y=Y), "feature_value", 'sample 1: the value of feature "0" is nan'),
        (dense(X, y=Y * numpy.inf), "target", "sample 1: the target is inf"),
        (dense(X, y=Y, weight=-Y), "importance", "sample 1: the importance weight is -1.0"),
        (dense(X[:0], y=Y[:0]), "empty", "holds no sample"),
        (sparse(changed(CSR, indices=[0, 1, 3, 0, 1, 2]), y=Y), "broken_arrays", "column 3 is out of range"),
        (sparse(changed(CSR, indices=[0, 1, 1, 0, 1, 2]), y=Y), "duplicate_field", "sum_duplicates()"),
        (sparse(changed(CSR, indptr=[0, 7, 6]), y=Y), "broken_arrays", "it must ascend to 6"),
        ([json.dumps({"dtype": "<f4", "shape": X.shape, "order": "F"}).encode(), X.tobytes()], "broken_arrays",
         "numpy.ascontiguousarray(x)"),
        ([json.dumps({"x": description(X), "Y": description(Y)}).encode(), X.tobytes(), Y.tobytes()], "unknown_field",
         'a header has no field "Y"'),
        ([b'{"x": ', X.tobytes(), Y.tobytes()], "broken_json", "frame 1, the header"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_broken_arrays(start, frames, reason, says):
    daemon, other = start(), start()
    for each in (daemon, other):
        each.learn(dense(X, y=Y))
    stats = daemon.learn(frames)
    assert stats["rejected"] == {reason: 1}
    assert says in daemon.wait_for_log(lambda line: line["message"] == "message rejected")["problem"]
    assert model(daemon) == model(other)
    assert daemon.learn(dense(X, y=Y))["step"] == 4


def test_damaged_arrays_between_good_ones(start):
    random = numpy.random.default_rng(11)
    clean, disturbed = start(), start()
    good = [dense(matrix("<f4")[at : at + 2], y=TARGETS[at : at + 2]) for at in range(0, ROWS, 2)]
    good += [sparse(scipy.sparse.csr_array(matrix("<f4")[at : at + 2]), y=TARGETS[at : at + 2])
             for at in range(0, ROWS, 2)]
    mixed = []
    for message in good:
        mixed.append(message)
        for _ in range(20):
            frames = [bytearray(frame) for frame in message]
            # Bytes that are no character of JSON, or a buffer that has lost its end: all of them are refused.
            if random.random() < 0.5:
                frames[0][random.integers(len(frames[0]))] = 0xFF
            else:
                del frames[random.integers(1, len(frames))][-int(random.integers(1, 4)) :]
            mixed.append([bytes(frame) for frame in frames])
    clean.learn(*good)
    stats = disturbed.learn(*mixed)
    assert sum(stats["rejected"].values()) == len(mixed) - len(good)
    assert model(disturbed) == model(clean)


@pytest.mark.parametrize(
    "setting, value, fits, exceeds",
    [
        ("message_bytes", 200, dense(X, y=Y), dense(numpy.ones((2, 30), "<f4"), y=Y)),
        ("samples_per_message", 2, dense(X, y=Y), dense(numpy.ones((3, 1), "<f4"), y=numpy.ones(3))),
        ("features_per_sample", 3, sparse(CSR, y=Y), dense(numpy.zeros((2, 4), "<f4"), y=Y)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_limits(start, setting, value, fits, exceeds):
    daemon = start({f"limits.{setting}": value})
    assert daemon.learn(fits)["rejected"] == {}
    before = model(daemon)
    assert daemon.learn(exceeds)["rejected"] == {"limit": 1}
    assert f"limits.{setting}" in daemon.wait_for_log(lambda line: line["message"] == "message rejected")["problem"]
    assert model(daemon) == before
