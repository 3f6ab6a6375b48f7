"""Penalties in units of the features' sizes, and of factors: the same minimum as scikit-learn's on features divided."""

from dataclasses import replace

import numpy
import pytest
from sklearn.linear_model import LinearRegression

import data
from batch import Minimum, minimum
from optimizers import SQUARED, minimized

# Powers of two, which Float32 takes without rounding. Neither so large nor so small that equal steps would not do.
SIZES = numpy.array([1, 0.5, 2, 1, 0.5, 1, 2, 1, 0.5, 2])


@pytest.fixture(scope="module")
def diabetes():
    return data.named("diabetes")


def divided(samples: data.Data, sizes: numpy.ndarray, l1: float, l2: float) -> Minimum:
    """The minimum over the features divided, in units of those."""
    return minimum(replace(samples, x=samples.x / sizes), l1, l2)


@pytest.mark.parametrize("l1, l2", [(0.05, 0), (0, 0.05), (0.05, 0.05)], ids=["l1", "l2", "elastic net"])
@pytest.mark.parametrize("optimizer", SQUARED)
def test_scaled(learn, measured, diabetes, optimizer, l1, l2):
    # Some values are absent, so that the root mean square differs from that of the values that are there.
    absent = numpy.random.default_rng(7).random(diabetes.x.shape) < 0.3
    samples = replace(diabetes, x=numpy.where(absent, 0, diabetes.x * SIZES))
    sizes = numpy.sqrt(numpy.mean(samples.x**2, axis=0))
    expected = divided(samples, sizes, l1, l2)
    steps = SQUARED[optimizer]
    learned = minimized(learn, samples, steps, {"l1": l1, "l2": l2, "penalize": "scaled"})
    learned.coefficients *= sizes
    difference = expected.difference(learned)
    measured(f"largest difference from scikit-learn's minimum, scaled penalty, {optimizer}", difference)
    assert difference <= steps.tolerance
    raw = minimum(samples, l1, l2)
    raw.coefficients *= sizes
    assert expected.difference(raw) > 10 * steps.tolerance, "raw penalties would do as well"


# By column: a name of its own, a prefix, a longer prefix that comes before it, and an unpenalized column.
NAMES = ["age", "sex", "bmi", "bp", "blood.tc", "blood.ldl", "blood.hdl", "blood.tch", "blood.ltg", "blood.glu"]
PATTERNS = {"age": 3, "blood.*": 2, "blood.l*": 0.5, "blood.hdl": 4}
FACTORS = numpy.array([3, 1, 1, 1, 2, 0.5, 4, 2, 0.5, 2])


def factors(patterns: dict[str, float]) -> list[dict]:
    return [{"pattern": pattern, "factor": factor} for pattern, factor in patterns.items()]


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("optimizer", SQUARED)
def test_factors(learn, measured, diabetes, optimizer, penalty):
    l1, l2 = (0.05, 0) if penalty == "l1" else (0, 0.05)
    # f|w| is |w′| and f w² is w′² for w′ = f w and √f w.
    sizes = FACTORS if penalty == "l1" else numpy.sqrt(FACTORS)
    expected = divided(diabetes, sizes, l1, l2)
    steps = SQUARED[optimizer]
    learned = minimized(
        learn, diabetes, steps, {"l1": l1, "l2": l2, "factors": factors(PATTERNS)}, names=NAMES)
    learned.coefficients *= sizes
    difference = expected.difference(learned)
    measured(f"largest difference from scikit-learn's minimum, factors, {optimizer}", difference)
    assert difference <= steps.tolerance
    plain = minimum(diabetes, l1, l2)
    plain.coefficients *= sizes
    assert expected.difference(plain) > 10 * steps.tolerance, "a penalty without factors would do as well"


@pytest.mark.parametrize("optimizer", SQUARED)
def test_unpenalized_column(learn, measured, diabetes, optimizer):
    x, y = diabetes.x, diabetes.y
    column = NAMES.index("blood.glu")
    others = numpy.delete(numpy.arange(10), column)
    # Frisch, Waugh and Lovell: once what the free column explains is taken out of all others, the lasso can do without.
    free = x[:, [column]]
    unexplained = x[:, others] - LinearRegression().fit(free, x[:, others]).predict(free)
    rest = y - LinearRegression().fit(free, y).predict(free)
    lasso = minimum(data.Data(unexplained, rest, "squared"), 0.15, 0)
    last = LinearRegression().fit(free, y - x[:, others] @ lasso.coefficients)
    expected = Minimum(numpy.insert(lasso.coefficients, column, last.coef_[0]), float(last.intercept_))
    assert minimum(diabetes, 0.15, 0).coefficients[column] == 0, "the penalty would not show"

    steps = SQUARED[optimizer]
    learned = minimized(
        learn, diabetes, steps, {"l1": 0.15, "l2": 0, "factors": factors({"blood.glu": 0})}, names=NAMES)
    difference = expected.difference(learned)
    measured(f"largest difference from scikit-learn's minimum, unpenalized column, {optimizer}", difference)
    assert difference <= steps.tolerance
