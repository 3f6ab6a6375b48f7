"""Random sparse streams through the whole daemon equal the dense learner of oracle.py."""

from collections.abc import Callable

import numpy
import pytest

from oracle import DenseLearner
from streams import as_classes, random_samples

FEATURES = 12
COUNT = 400
# Weights live in Float32 in the daemon, in Float64 in the oracle.
TOLERANCE = 1e-5


def schedule(name: str, l1: float, l2: float) -> tuple[Callable[[int], float], dict]:
    """A step size as a function of the steps before it, and the settings that ask the daemon for it."""
    match name:
        case "constant":
            return lambda steps: 0.02, {"initial": 0.02}
        case "inverse_scaling":
            return lambda steps: 0.05 / (steps + 1) ** 0.25, {"initial": 0.05, "power": 0.25}
        case "optimal":
            return lambda steps: 1 / ((l1 + l2) * (steps + 300)), {"t0": 300}


def dense(x: dict) -> numpy.ndarray:
    row = numpy.zeros(FEATURES)
    for name, value in x.items():
        # As it is decoded: feature values are Float32.
        row[int(name[1:])] = numpy.float32(value)
    return row


def weighted_samples(seed: int, loss: str) -> list[dict]:
    samples = random_samples(COUNT, FEATURES, seed=seed)
    if loss == "logistic":
        samples = as_classes(samples)
    weights = numpy.random.default_rng(seed).choice([0.5, 1, 2], COUNT).tolist()
    return [sample | {"weight": weight} for sample, weight in zip(samples, weights, strict=True)]


def compare(daemon, learner, measured, name: str) -> None:
    answer = daemon.coefficients()
    ours = numpy.zeros(FEATURES)
    for feature, value in zip(answer["names"], answer["values"], strict=True):
        ours[int(feature[1:])] = value
    difference = float(max(numpy.abs(ours - learner.w).max(), abs(answer["intercept"] - learner.b)))
    measured(f"largest difference from the dense learner, {name}", difference)
    assert difference <= TOLERANCE
    assert (ours[learner.w == 0] == 0).all(), (ours, learner.w)
    assert (learner.w[ours == 0] == 0).all(), (ours, learner.w)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("name", ["constant", "inverse_scaling", "optimal"])
@pytest.mark.parametrize(
    "l1, l2, threshold, period",
    [
        (0.2, 0, None, 1), (0, 0.1, None, 1), (0.2, 0.1, None, 1), (0.2, 0.1, 0.3, 1), (0.2, 0, 0.3, 1),
        (0.2, 0, None, 7), (0.2, 0.1, None, 7), (0.2, 0.1, 0.3, 10), (0.2, 0, 0.3, 10),
    ],
)
def test_stream(start, measured, seed, loss, name, l1, l2, threshold, period):
    samples = weighted_samples(seed, loss)
    rate, settings = schedule(name, l1, l2)
    daemon = start({f"learning_rate.{key}": value for key, value in settings.items()} | {
        "learning_rate.schedule": name, "model.loss": loss, "penalty.l1": l1, "penalty.l2": l2,
        "penalty.threshold": threshold or "none", "penalty.period": period,
    })
    learner = DenseLearner(FEATURES, rate=rate, l1=l1, l2=l2, threshold=threshold, period=period, loss=loss)
    for sample in samples:
        learner.learn(dense(sample["x"]), sample["y"], sample["weight"])
    daemon.learn(*samples)
    compare(daemon, learner, measured, f"{loss} loss")


def test_no_penalty_and_no_intercept(start, measured):
    samples = weighted_samples(9, "squared")
    daemon = start({
        "learning_rate.schedule": "constant", "learning_rate.initial": 0.02, "penalty.l1": 0, "penalty.l2": 0,
        "model.intercept": False,
    })
    learner = DenseLearner(FEATURES, rate=lambda steps: 0.02, intercept=False)
    for sample in samples:
        learner.learn(dense(sample["x"]), sample["y"], sample["weight"])
    daemon.learn(*samples)
    compare(daemon, learner, measured, "no penalty, no intercept")


def test_other_penalty_after_a_restart(start, measured):
    """A new λ holds from the restart on, and what was owed before is paid at the old one."""
    samples = weighted_samples(5, "squared")
    rate = {"learning_rate.schedule": "constant", "learning_rate.initial": 0.02}
    learner = DenseLearner(FEATURES, rate=lambda steps: 0.02, l1=0.2, l2=0.1)
    daemon = start(rate | {"penalty.l1": 0.2, "penalty.l2": 0.1})
    for sample in samples[:200]:
        learner.learn(dense(sample["x"]), sample["y"], sample["weight"])
    daemon.learn(*samples[:200])
    assert daemon.stop() == 0
    learner.l1, learner.l2 = 0.4, 0.0
    daemon = start(rate | {"penalty.l1": 0.4, "penalty.l2": 0}, state=daemon.state)
    for sample in samples[200:]:
        learner.learn(dense(sample["x"]), sample["y"], sample["weight"])
    daemon.learn(*samples[200:])
    compare(daemon, learner, measured, "other penalty after a restart")


def test_small_steps_keep_the_penalty(start, measured):
    """What L1 takes at one step is far below Float32's resolution of a weight: rounding must not add up to a bias."""
    random = numpy.random.default_rng(3)
    rows = random.normal(size=(1000, FEATURES))
    targets = rows @ random.normal(size=FEATURES) * 0.3 + 0.1 * random.normal(size=1000)
    passes, eta, l1 = 40, 1e-4, 0.01
    daemon = start({
        "learning_rate.schedule": "constant", "learning_rate.initial": eta, "penalty.l1": l1, "penalty.l2": 0,
    })
    learner = DenseLearner(FEATURES, rate=lambda steps: eta, l1=l1)
    for _ in range(passes):
        for row, target in zip(rows.astype(numpy.float32).astype(float), targets, strict=True):
            learner.learn(row, target)
    message = [
        {"y": float(target), "x": {f"f{i}": float(value) for i, value in enumerate(row)}}
        for row, target in zip(rows, targets, strict=True)
    ]
    daemon.learn(*[message] * passes)
    compare(daemon, learner, measured, "small steps")
