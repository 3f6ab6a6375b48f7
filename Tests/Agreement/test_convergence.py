"""After many passes the learner is where scikit-learn's batch solvers are, whatever the optimizer."""

import pytest

import data
from batch import minimum
from optimizers import LOGISTIC, SQUARED, minimized

# Lasso, Ridge, ElasticNet; LogisticRegression with the same three penalties. λ1 and λ2, in units of the strength.
PENALTIES = {"l1": (1, 0), "l2": (0, 1), "elastic net": (1, 1)}
# Strong enough for some zeros, weak enough for the correlated features to show.
STRENGTHS = {"diabetes": 0.05, "breast cancer": 0.01, "digits 3 against 8": 0.01}

CASES = [("diabetes", optimizer) for optimizer in SQUARED]
CASES += [("breast cancer", optimizer) for optimizer in LOGISTIC]
# A few pixels are dark in all but one or two images. `normalized` moves their weights each time as far as it does any
# other's, and takes eight times the passes to calm down.
CASES += [("digits 3 against 8", optimizer) for optimizer in LOGISTIC if optimizer != "normalized"]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("name, optimizer", CASES)
def test_convergence(learn, measured, name, optimizer, penalty):
    samples = data.named(name)
    l1, l2 = (STRENGTHS[name] * share for share in PENALTIES[penalty])
    expected = minimum(samples, l1, l2)
    steps = (SQUARED if samples.loss == "squared" else LOGISTIC)[optimizer]
    learned = minimized(learn, samples, steps, {"l1": l1, "l2": l2})
    difference = expected.difference(learned)
    measured(f"largest difference from scikit-learn's minimum, {name}, {optimizer}, {penalty}", difference)
    assert difference <= steps.tolerance
    if optimizer == "ftrl":
        # The other optimizers' weights move with every sample that has the feature.
        assert ((learned.coefficients == 0) == (expected.coefficients == 0)).all()
