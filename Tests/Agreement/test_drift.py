"""Drift of the loss: ADWIN and Page and Hinkley's test beside River's, on the same losses.

`LossDrift.md` has the figures of the last test; run this file as a program to write them anew.
"""

import re
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy
import pytest
from river import drift

from harness import ROOT, Harness

ARTICLE = ROOT / "Sources/OnlineLearning/OnlineLearning.docc/LossDrift.md"


def losses_file(directory: Path, losses: numpy.ndarray) -> str:
    path = directory / "losses"
    losses.astype("<f8").tofile(path)
    return str(path)


def ours(harness: Harness, detector: str, path: str, **more) -> tuple[list[int], list[int]]:
    answer = harness.ask({"drift": detector, "losses": path} | more)
    return answer["found"], answer["ages"]


def rivers(detector, losses: numpy.ndarray) -> tuple[list[int], list[int]]:
    """At which losses River's detector, which begins anew by itself, tells of drift; and the lengths of its windows."""
    found, widths = [], []
    for place, loss in enumerate(losses.tolist()):
        detector.update(loss)
        if detector.drift_detected:
            found.append(place)
            widths.append(int(getattr(detector, "width", 0)))
    return found, widths


def stretches(seed: int) -> numpy.ndarray:
    """Numbers of which mean and spread change now and then."""
    random = numpy.random.default_rng(seed)
    parts = [
        numpy.clip(random.normal(random.random(), random.choice([0, 0.05, 0.3]), random.integers(50, 3000)), 0, 1)
        for _ in range(30)]
    return numpy.concatenate(parts)


# Loss by loss, with equal parameters


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("delta", [0.002, 0.1])
def test_adwin_is_rivers(harness, tmp_path, delta, seed):
    numbers = stretches(seed)
    found, widths = ours(harness, "adwin", losses_file(tmp_path, numbers), delta=delta)
    assert (found, widths) == rivers(drift.ADWIN(delta=delta), numbers)
    assert len(found) > 10


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold, allowance", [(50, 0.005), (5, 0.05)])
def test_page_hinkley_is_rivers(harness, tmp_path, threshold, allowance, seed):
    numbers = stretches(seed)
    found, _ = ours(
        harness, "page_hinkley", losses_file(tmp_path, numbers), threshold=threshold, allowance=allowance)
    assert found == rivers(drift.PageHinkley(threshold=threshold, delta=allowance, mode="up"), numbers)[0]
    assert len(found) > 3


# A learner's losses


@dataclass(frozen=True)
class Stream:
    """A linear stream of ten features, learned with the daemon's defaults, whose truth changes or not."""

    name: str
    # By how much squared losses rise.
    factor: float = 1
    # Samples that the change takes.
    over: int = 1
    loss: str = "squared"
    noise: str = "normal"
    # The noise grows so that squared losses rise as much, and nothing can be learned of that.
    lasts: bool = False

    def losses(self, harness: Harness, directory: Path, samples: int, seed: int, change: int) -> numpy.ndarray:
        path = directory / "learned"
        harness.ask({
            "changing": str(path), "configuration": {"loss": self.loss}, "samples": samples, "seed": seed,
            "from": change, "over": self.over, "step": 0 if self.lasts else (self.factor - 1) ** 0.5,
            "noise": self.noise, "louder": self.factor ** 0.5 if self.lasts else 1})
        return numpy.fromfile(path)


CHANGE = 20_000
SAMPLES = 40_000
SEEDS = range(1, 8)
STATIONARY = 1_000_000

CHANGING = [
    *(Stream(f"sudden, ×{factor:g}", factor) for factor in (1.25, 1.5, 2, 4, 10)),
    *(Stream(f"over 5,000 samples, ×{factor:g}", factor, 5000) for factor in (2, 10, 100)),
    *(Stream(f"louder for good, ×{factor:g}", factor, lasts=True) for factor in (1.1, 1.25, 1.5, 2)),
    *(Stream(f"sudden, ×{factor:g}, heavy tails", factor, noise="heavy") for factor in (4, 10)),
    *(Stream(f"sudden, ×{factor:g}, logistic", factor, loss="logistic") for factor in (4, 10)),
]
STEADY = [
    Stream("squared"), Stream("squared, heavy tails", noise="heavy"), Stream("logistic", loss="logistic"),
    Stream("hinge", loss="hinge"),
]
DETECTORS = ["whittle", "whittle, ADWIN alone", "whittle, Page–Hinkley alone", "River ADWIN", "River Page–Hinkley"]


def found_by(detector: str, harness: Harness, directory: Path, losses: numpy.ndarray) -> list[int]:
    match detector:
        case "River ADWIN":
            return rivers(drift.ADWIN(), losses)[0]
        case "River Page–Hinkley":
            return rivers(drift.PageHinkley(mode="up"), losses)[0]
    name = {"whittle": "blocks", DETECTORS[1]: "blocks_adwin", DETECTORS[2]: "blocks_page_hinkley"}[detector]
    return ours(harness, name, losses_file(directory, losses))[0]


def delay_row(stream: Stream, harness: Harness, directory: Path) -> list[str]:
    """For each detector, the median delay over the streams in which it found the change, and where not all, how many."""
    cells = []
    runs = [stream.losses(harness, directory, SAMPLES, seed, CHANGE) for seed in SEEDS]
    for detector in DETECTORS:
        delays = []
        for losses in runs:
            after = [place - CHANGE + 1 for place in found_by(detector, harness, directory, losses) if place >= CHANGE]
            delays += after[:1]
        cells.append(
            "–" if not delays else f"{round(statistics.median_low(delays)):,}"
            + ("" if len(delays) == len(SEEDS) else f" ({len(delays)} of {len(SEEDS)})"))
    return [stream.name, *cells]


def alarm_row(stream: Stream, harness: Harness, directory: Path) -> list[str]:
    losses = stream.losses(harness, directory, STATIONARY, 1, STATIONARY)
    return [stream.name, *(f"{len(found_by(detector, harness, directory, losses)):,}" for detector in DETECTORS)]


def table(first: str, rows: list[list[str]]) -> str:
    lines = [[first, *DETECTORS], ["---"] * (len(DETECTORS) + 1), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def tables(harness: Harness, directory: Path) -> list[str]:
    return [
        table("change", [delay_row(stream, harness, directory) for stream in CHANGING]),
        table("loss", [alarm_row(stream, harness, directory) for stream in STEADY]),
    ]


def in_article(text: str) -> list[str]:
    return re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)


@pytest.fixture(scope="module")
def figures(harness, tmp_path_factory):
    return tables(harness, tmp_path_factory.mktemp("drift"))


def test_the_article_has_these_figures(figures):
    assert in_article(ARTICLE.read_text()) == figures


def cells(text: str) -> dict[str, list[str]]:
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in text.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


def test_no_false_alarms(figures):
    for name, alarms in cells(figures[1]).items():
        assert alarms[:3] == ["0", "0", "0"], name


def test_large_changes_are_found_soon(figures):
    delays = cells(figures[0])
    for factor, longest in (("2", 300), ("4", 100), ("10", 100)):
        assert int(delays[f"sudden, ×{factor}"][0].replace(",", "")) <= longest


if __name__ == "__main__":
    process = Harness()
    with tempfile.TemporaryDirectory() as place:
        new = iter(tables(process, Path(place)))
        ARTICLE.write_text(re.sub(r"(?:^\|.*\n)+", lambda _: next(new), ARTICLE.read_text(), flags=re.MULTILINE))
    process.close()
