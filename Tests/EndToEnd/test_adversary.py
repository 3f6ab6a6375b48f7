"""An adversary on the same socket: thousands of damaged messages among valid ones change nothing about the model."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy
import pytest
import scipy.sparse

import damage
from arrays import dense, sparse
from checkpoint_file import CheckpointFile
from streams import random_samples

MUTATIONS = 10_000
SAMPLES = random_samples(200)
JSON = [json.dumps(sample).encode() for sample in SAMPLES]
Y = numpy.array([sample["y"] for sample in SAMPLES])
X = numpy.array([[sample["x"].get(f"f{i}", 0) for i in range(12)] for sample in SAMPLES])
CSR = scipy.sparse.csr_array(X)


def features(sample: dict, prefix: str) -> str:
    return " ".join(f"{prefix}{name[1:]}:{value!r}" for name, value in sample["x"].items())


LINES = [f"{sample['y']!r} 'tag|n {features(sample, 'f')}".encode() for sample in SAMPLES]


@dataclass
class Case:
    """Valid messages of a format, and what is sure of damaged ones."""

    format: str
    valid: list[list[bytes]]
    is_broken: Callable[[list[bytes]], bool]


CASES = {
    "JSON": Case("json", [[message] for message in JSON], damage.is_broken_json),
    "JSON lines": Case(
        "json", [[b"\n".join(JSON[at : at + 3])] for at in range(len(JSON))], damage.is_broken_lines),
    "VW text": Case("vw", [[line] for line in LINES], damage.is_broken_vw),
    "svmlight": Case(
        "svmlight", [[f"{sample['y']!r} qid:7 {features(sample, '')} # tail\n".encode()] for sample in SAMPLES],
        damage.is_broken_svmlight),
    "dense arrays": Case(
        "arrays", [dense(X[at : at + 2].astype("<f4"), y=Y[at : at + 2]) for at in range(len(X))],
        damage.is_broken_arrays),
    "CSR arrays": Case(
        "arrays", [sparse(CSR[at : at + 2], y=Y[at : at + 2].astype("<f4")) for at in range(len(X))],
        damage.is_broken_arrays),
    # Those that are damaged have the numbers of valid ones that are yet to come.
    "envelopes": Case(
        "vw",
        [[b"topic"] * (at % 2) + [json.dumps({"source": f"s{at % 3}", "seq": at // 3}).encode(), line]
         for at, line in enumerate(LINES)], damage.is_broken_enveloped),
}


@pytest.mark.parametrize("name", CASES)
def test_damaged_messages_among_valid_ones(start, name):
    case = CASES[name]
    seed = list(CASES).index(name) + 1
    chance = random.Random(seed)
    damaged = []
    while len(damaged) < MUTATIONS:
        message = damage.mutated(chance.choice(case.valid), chance)
        if case.is_broken(message):
            damaged.append(message)
    share = MUTATIONS // len(case.valid)
    stream = []
    for at, message in enumerate(case.valid):
        stream += [*damaged[at * share : (at + 1) * share], message]
    assert not any(map(case.is_broken, case.valid))
    settings = {"ingest.format": case.format, "penalty.l1": 0.01, "penalty.l2": 0.01}
    alone, attacked = start(settings), start(settings)
    expected = alone.learn(*case.valid)
    stats = attacked.learn(*stream)
    assert stats["messages"] == MUTATIONS + len(case.valid), f"seed {seed}"
    assert sum(stats["rejected"].values()) == MUTATIONS, f"seed {seed}"
    assert stats["step"] == expected["step"] >= len(case.valid)
    assert stats["sequences"] == expected["sequences"]
    assert stats["health"] == "ok"

    def content(daemon) -> dict:
        return CheckpointFile.read(daemon.checkpoint()["file"]).content()

    assert content(attacked) == content(alone), f"seed {seed}"
