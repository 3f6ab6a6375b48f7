"""What scikit-learn writes as svmlight text is learned as the same samples in JSON."""

import numpy
import pytest
import scipy.sparse
from sklearn.datasets import dump_svmlight_file

from test_whittle_feed import fed, model

ROWS, COLUMNS = 40, 30


def samples() -> tuple[scipy.sparse.csr_array, numpy.ndarray]:
    """Rows of Float32s, of which some are empty, and targets that are written in full."""
    random = numpy.random.default_rng(5)
    x = random.normal(size=(ROWS, COLUMNS)) * (random.random((ROWS, COLUMNS)) < 0.2)
    x[[0, 17, ROWS - 1]] = 0
    return scipy.sparse.csr_array(x.astype(numpy.float32).astype(float)), random.integers(-8000, 8000, ROWS) / 1000


def as_json(x: scipy.sparse.csr_array, y: numpy.ndarray, first: int) -> list[dict]:
    return [
        {"y": target, "x": {str(column + first): value for column, value in zip(row.indices, row.data, strict=True)}}
        for row, target in zip((x[[i]] for i in range(len(y))), y, strict=True)]


@pytest.mark.parametrize("comment", [None, "by hand | not by a program\nöfter mal was Neues"])
@pytest.mark.parametrize("zero_based", [False, True])
@pytest.mark.parametrize("queries", [False, True])
def test_what_scikit_learn_writes(start, tmp_path, zero_based, comment, queries):
    x, y = samples()
    path = tmp_path / "samples.svmlight"
    dump_svmlight_file(
        x, y, str(path), zero_based=zero_based, comment=comment, query_id=numpy.arange(ROWS) // 7 if queries else None)
    expected, pushed = start(), start()
    expected.learn(*as_json(x, y, first=0 if zero_based else 1))
    stats = pushed.learn(path.read_bytes())
    assert (stats["step"], stats["rejected"]) == (ROWS, {})
    assert model(pushed) == model(expected)
    for batch, messages in [(1, ROWS), (7, 6)]:
        daemon = start()
        fed(daemon, path, "--batch", batch, messages=messages)
        assert model(daemon) == model(expected)


def test_fixed_format(start):
    daemon = start({"ingest.format": "svmlight"})
    stats = daemon.learn("1 2:0.5", "1 | 2:0.5")
    assert (stats["step"], stats["rejected"]) == (1, {"feature_name": 1})
