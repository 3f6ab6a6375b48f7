"""Which coefficients are zero: the lasso's support along its path."""

from typing import NamedTuple

import numpy
import pytest

import data
from batch import minimum
from optimizers import falling

# What is promised, for every λ.
LEAST_F1 = 0.95

# λ1 as shares of the least one that leaves no coefficient.
PATH = numpy.geomspace(0.9, 0.01, 10)


class Learner(NamedTuple):
    configuration: dict
    period: int
    passes: int
    # No coefficient differs by more.
    tolerance: float


# FTRL's weights are zero where the sum of all gradients is below the sum of all penalties: noise averages out.
#
# SGD's weights move with every sample, so gravity has to act on what a whole pass has done: a period of one pass. A
# coefficient's mean within the pass is then at the minimum, and its end half a pull, ηλ1·442/2, below; hence the small
# last step (η = 5e-6). The last two λ leave directions of little curvature, where steps of that size are slow.
LEARNERS = {
    "sgd": Learner(
        {"learning_rate": falling(0.3, 0.75) | {"update": "invariant"}}, period=442, passes=5000, tolerance=0.02),
    "ftrl": Learner(
        {"optimizer": "ftrl", "learning_rate": {"initial": 0.05}}, period=1, passes=2000, tolerance=0.002),
}


def f1(ours: numpy.ndarray, theirs: numpy.ndarray) -> float:
    """The harmonic mean of precision and recall of what is not zero."""
    return 2 * numpy.sum((ours != 0) & (theirs != 0)) / (numpy.sum(ours != 0) + numpy.sum(theirs != 0))


@pytest.mark.parametrize("optimizer", LEARNERS)
def test_lasso_path(learn, measured, optimizer):
    samples = data.named("diabetes")
    strongest = numpy.abs(samples.x.T @ (samples.y - samples.y.mean())).max() / len(samples.y)
    configuration, period, passes, tolerance = LEARNERS[optimizer]
    supports = set()
    for share in PATH:
        l1 = share * strongest
        expected = minimum(samples, l1, 0)
        learned = learn(
            samples.x, samples.y, configuration | {"penalty": {"l1": l1, "l2": 0, "period": period}}, passes=passes,
            shuffle_seed=1)
        agreement = f1(learned.coefficients, expected.coefficients)
        difference = float(numpy.abs(learned.coefficients - expected.coefficients).max())
        measured(f"largest 1 - F1 of the support along the path, {optimizer}", 1 - agreement)
        measured(f"largest difference from the lasso along the path, {optimizer}", difference)
        assert agreement >= LEAST_F1, f"λ1 = {l1}: {learned.coefficients} instead of {expected.coefficients}"
        assert difference <= tolerance, f"λ1 = {l1}: {learned.coefficients} instead of {expected.coefficients}"
        supports.add(int(numpy.sum(expected.coefficients != 0)))
    assert len(supports) > 4, "a path that hardly changes shows nothing"
