"""What must not make a difference, and what must: units of features, copies for weights, the order of samples."""

import numpy
import pytest

import data

NONE = {"l1": 0, "l2": 0}
ALL_LOSSES = [
    "squared", "huber", "quantile", "epsilon_insensitive", "poisson", "logistic", "hinge", "squared_hinge",
]


def largest(difference: numpy.ndarray) -> float:
    return float(numpy.abs(difference).max())


@pytest.fixture(scope="module")
def units():
    """A factor for each column of the diabetes data, from 10⁻⁶ to 10⁶."""
    return numpy.array([1e6, 1e-6, 1, 1e3, 1e-3, 1e6, 1e-6, 1e-2, 1e2, 1])


# A rescaled value is rounded to Float32 anew: 6e-8 of it, at every step.
UNITS_TOLERANCE = 1e-5


@pytest.mark.parametrize("penalty", [NONE, {"l1": 0.05, "l2": 0.05, "penalize": "scaled"}], ids=["none", "scaled"])
@pytest.mark.parametrize("update", ["invariant", "gradient"])
@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_normalized_does_not_see_units(learn, measured, units, loss, update, penalty):
    samples = data.named("diabetes")
    y = samples.y if loss == "squared" else numpy.sign(samples.y)
    configuration = {
        "loss": loss, "optimizer": "normalized", "learning_rate": {"update": update, "initial": 0.1},
        "penalty": penalty,
    }
    weights = numpy.random.default_rng(5).choice([0.5, 1, 3], size=len(y))
    # The predictions are of values larger than any that was learned.
    plain, rescaled = (
        learn(x, y, configuration, importances=weights, progressive=True, predict=2 * x)
        for x in (samples.x, samples.x * units))
    assert numpy.ptp(plain.progressive) > 0.5, "a model that predicts the same for all rows shows nothing"
    difference = max(
        largest(plain.progressive - rescaled.progressive), largest(plain.predictions - rescaled.predictions))
    measured("largest difference of predictions by normalized in other units", difference)
    assert difference <= UNITS_TOLERANCE
    assert largest(rescaled.coefficients * units - plain.coefficients) <= UNITS_TOLERANCE


@pytest.mark.parametrize("loss", ALL_LOSSES)
def test_weight_is_copies(learn, measured, loss):
    """Under importance-invariant updates, weight h is h copies of the sample; under gradient updates it is not."""
    random = numpy.random.default_rng(6)
    x = random.normal(size=(500, 8)).astype(numpy.float32)
    y = x @ random.normal(size=8) + random.normal(size=500)
    if loss == "poisson":
        y = random.poisson(numpy.exp(0.1 * y)).astype(float)
    elif loss in ("logistic", "hinge", "squared_hinge"):
        y = numpy.sign(y)
    copies = random.integers(1, 6, size=500)

    def difference(update: str) -> float:
        configuration = {
            "loss": loss, "penalty": NONE,
            "learning_rate": {"schedule": "constant", "initial": 0.05, "update": update},
        }
        weighted = learn(x, y, configuration, importances=copies.astype(float))
        copied = learn(x.repeat(copies, axis=0), y.repeat(copies), configuration)
        assert copied.steps == copies.sum() > weighted.steps
        return max(largest(weighted.coefficients - copied.coefficients), abs(weighted.intercept - copied.intercept))

    invariant = difference("invariant")
    measured(f"largest difference of weights and copies, {loss}", invariant)
    # Weights are rounded to Float32 once a step, and copies are more steps.
    assert invariant <= 1e-5
    assert difference("gradient") > 1e-3


def test_order_is_kept(learn, measured):
    """All rows in one batch, against the textbook's steps one after the other."""
    samples = data.named("diabetes")

    def textbook(x: numpy.ndarray, y: numpy.ndarray) -> tuple[numpy.ndarray, float]:
        coefficients, intercept = numpy.zeros(x.shape[1]), 0.0
        for row, target in zip(x, y, strict=True):
            push = 0.05 * (row @ coefficients + intercept - target)
            coefficients, intercept = coefficients - push * row, intercept - push
        return coefficients, intercept

    configuration = {"penalty": NONE, "learning_rate": {"schedule": "constant", "initial": 0.05}}
    ours = learn(samples.x, samples.y, configuration)
    coefficients, intercept = textbook(samples.x, samples.y)
    difference = max(largest(ours.coefficients - coefficients), abs(ours.intercept - intercept))
    measured("largest difference from the textbook's steps in order", difference)
    assert difference <= 1e-6 * numpy.abs(coefficients).max()
    # In another order they lead elsewhere.
    assert largest(textbook(samples.x[::-1], samples.y[::-1])[0] - coefficients) > 1e-2
