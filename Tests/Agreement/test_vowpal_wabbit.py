"""Without a penalty, Vowpal Wabbit and whittle define the same steps: same data, same predictions."""

import numpy
import pytest

import vowpal

# What is promised: no prediction differs by more. Vowpal Wabbit's arithmetic is Float32, which costs about 1e-5 here.
TOLERANCE = 1e-4
# Its invariant logistic update takes W(eˣ) from an approximation with an error of up to 9e-5, every time.
APPROXIMATE_TOLERANCE = 2e-3

ROWS = 2000
COLUMNS = 10

LOSSES = ["squared", "logistic", "hinge", "quantile"]


@pytest.fixture(scope="module")
def stream():
    """Rows with absent features, and targets that a line explains in part."""
    random = numpy.random.default_rng(3)
    x = random.normal(size=(ROWS, COLUMNS)).astype(numpy.float32)
    x[random.random(x.shape) < 0.4] = 0
    return x, x @ random.normal(size=COLUMNS) + 1 + random.normal(size=ROWS)


def importances(weighted: bool) -> numpy.ndarray:
    return numpy.random.default_rng(4).choice([0.5, 1, 3], size=ROWS) if weighted else numpy.ones(ROWS)


def compare(learn, stream, loss: str, update: str, rate: float, weighted: bool) -> float:
    """The largest difference of two predictions of one row."""
    x, y = stream
    if loss in ("logistic", "hinge"):
        y = numpy.sign(y)
    # Vowpal Wabbit's squared loss lacks the half.
    flags = f"--power_t 0 --learning_rate {rate / 2 if loss == 'squared' else rate} --loss_function {loss}"
    flags += " --sgd" if update == "gradient" else " --invariant"
    if loss == "quantile":
        flags += " --quantile_tau 0.3"
    theirs = vowpal.progressive(flags, x, y, importances(weighted))
    ours = learn(
        x, y, {
            "loss": loss, "loss_parameters": {"quantile": 0.3, "delta": 1, "epsilon": 0}, "penalty": {"l1": 0, "l2": 0},
            "learning_rate": {"schedule": "constant", "initial": rate, "update": update},
        }, importances=importances(weighted), progressive=True)
    assert ours.steps == ROWS
    assert numpy.ptp(theirs) > 1, "a model that predicts the same for all rows shows nothing"
    return float(numpy.abs(ours.progressive - theirs).max())


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_update(learn, stream, measured, loss, weighted):
    difference = compare(learn, stream, loss, "gradient", 0.02, weighted)
    measured(f"largest difference from Vowpal Wabbit, gradient, {loss}", difference)
    assert difference <= TOLERANCE


# At the larger step size, gradient updates of the squared loss with these importance weights would diverge.
@pytest.mark.parametrize("rate", [0.02, 0.5])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_invariant_update(learn, stream, measured, loss, weighted, rate):
    difference = compare(learn, stream, loss, "invariant", rate, weighted)
    measured(f"largest difference from Vowpal Wabbit, invariant, {loss}", difference)
    assert difference <= (APPROXIMATE_TOLERANCE if loss == "logistic" else TOLERANCE)
