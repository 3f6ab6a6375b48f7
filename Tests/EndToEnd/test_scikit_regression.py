"""scikit-learn's SGDRegressor, fed a row at a time, is an oracle: same data, same coefficients, same zeros."""

import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import SGDRegressor

from scikit import check, payloads, standardized

RATE = 0.005
PASSES = 3


@pytest.fixture(scope="module")
def diabetes():
    x, y = load_diabetes(return_X_y=True, scaled=False)
    return standardized(x), standardized(y)


def fitted(x, y, **parameters) -> SGDRegressor:
    model = SGDRegressor(eta0=RATE, fit_intercept=True, **parameters)
    for _ in range(PASSES):
        for row in range(len(y)):
            model.partial_fit(x[row : row + 1], y[row : row + 1])
    return model


# λ1 and λ2, and whether coefficients end at exactly zero. λ2 is small because the two differ in their order:
# scikit-learn decays by 1 - ηλ2 before the gradient, whittle by exp(-ηλ2) after it.
@pytest.mark.parametrize(
    "penalty, l1, l2, zeros",
    [
        ("l1", 0.05, 0, False),
        ("l1", 0.08, 0, True),
        ("l1", 0.12, 0, True),
        ("l2", 0, 1e-3, False),
        ("elasticnet", 0.08, 1e-3, True),
        ("elasticnet", 0.12, 1e-3, True),
    ],
)
def test_constant_rate(start, measured, diabetes, penalty, l1, l2, zeros):
    x, y = diabetes
    daemon = start({
        "learning_rate.schedule": "constant", "learning_rate.initial": RATE, "penalty.l1": l1, "penalty.l2": l2,
        "penalty.period": 1,
    })
    stats = daemon.learn(*payloads(x, y, PASSES))
    assert stats["step"] == PASSES * len(y)
    model = fitted(x, y, learning_rate="constant", penalty=penalty, alpha=l1 + l2, l1_ratio=l1 / (l1 + l2))
    check(daemon, model, measured, f"squared loss, constant, {penalty} λ1={l1} λ2={l2}", zeros=zeros)


def test_inverse_scaling(start, measured, diabetes):
    x, y = diabetes
    daemon = start({
        "learning_rate.schedule": "inverse_scaling", "learning_rate.initial": RATE, "learning_rate.power": 0.1,
        "penalty.l1": 0.1, "penalty.l2": 1e-3,
    })
    daemon.learn(*payloads(x, y, PASSES))
    model = fitted(
        x, y, learning_rate="invscaling", power_t=0.1, penalty="elasticnet", alpha=0.101, l1_ratio=0.1 / 0.101)
    check(daemon, model, measured, "squared loss, inverse scaling, elasticnet", zeros=True)


def test_without_intercept(start, measured, diabetes):
    x, y = diabetes
    daemon = start({
        "learning_rate.schedule": "constant", "learning_rate.initial": RATE, "penalty.l1": 0.05, "penalty.l2": 0,
        "model.intercept": False,
    })
    daemon.learn(*payloads(x, y + 1, 1))
    model = SGDRegressor(eta0=RATE, fit_intercept=False, learning_rate="constant", penalty="l1", alpha=0.05)
    for row in range(len(y)):
        model.partial_fit(x[row : row + 1], y[row : row + 1] + 1)
    assert daemon.coefficients()["intercept"] == 0
    check(daemon, model, measured, "squared loss, no intercept, l1", zeros=bool((model.coef_ == 0).any()))


def test_importance_weights(start, measured, diabetes):
    x, y = diabetes
    daemon = start({
        "learning_rate.schedule": "constant", "learning_rate.initial": RATE, "penalty.l1": 0.05, "penalty.l2": 0,
    })
    weights = [0.5 + row % 3 for row in range(len(y))]
    rows = payloads(x, y, 1)
    daemon.learn(*(row | {"weight": weight} for row, weight in zip(rows, weights, strict=True)))
    model = SGDRegressor(eta0=RATE, learning_rate="constant", penalty="l1", alpha=0.05)
    for row, weight in enumerate(weights):
        model.partial_fit(x[row : row + 1], y[row : row + 1], sample_weight=[weight])
    check(daemon, model, measured, "squared loss, importance weights, l1", zeros=True)
