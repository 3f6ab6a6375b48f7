"""Progressive validation, held against scikit-learn's metrics of the predictions that the daemon gave out itself."""

import numpy
import pytest
from sklearn import metrics

TOLERANCE = 1e-6


def progressive(daemon, samples: list[dict]) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Asks for each prediction before the sample is learned. Returns margins, targets and importance weights."""
    margins = []
    for sample in samples:
        margins.append(daemon.ask(op="predict", x=sample["x"])["margin"])
        daemon.learn(sample)
    return (numpy.array(margins), numpy.array([sample["y"] for sample in samples], float),
            numpy.array([sample.get("weight", 1) for sample in samples], float))


def samples(count: int, classes: bool) -> list[dict]:
    random = numpy.random.default_rng(5)
    drawn = []
    for _ in range(count):
        x = random.normal(size=4)
        y = float(x @ [1.0, -2.0, 0.5, 0.0] + 0.3 + random.normal())
        weight = float(random.integers(1, 4))
        drawn.append({"y": int(y > 0) if classes else y, "x": x.tolist(), "weight": weight})
    return drawn


def test_regression(start):
    daemon = start({"learning_rate.initial": 0.05})
    predicted, y, weight = progressive(daemon, samples(400, classes=False))
    told = daemon.stats()["validation"]["overall"]
    mse = metrics.mean_squared_error(y, predicted, sample_weight=weight)
    assert told["loss"] == pytest.approx(mse / 2, rel=TOLERANCE)
    assert told["rmse"] == pytest.approx(mse**0.5, rel=TOLERANCE)
    assert told["mae"] == pytest.approx(metrics.mean_absolute_error(y, predicted, sample_weight=weight), rel=TOLERANCE)
    assert told["r2"] == pytest.approx(metrics.r2_score(y, predicted, sample_weight=weight), rel=TOLERANCE)
    best = numpy.average(y, weights=weight)
    assert told["best_constant_loss"] == pytest.approx(numpy.average((y - best) ** 2, weights=weight) / 2, rel=TOLERANCE)
    assert told["loss"] < told["best_constant_loss"]
    assert "accuracy" not in told and "auc" not in told


def test_classification(start):
    daemon = start({"model.loss": "logistic", "learning_rate.initial": 0.2})
    margins, y, weight = progressive(daemon, samples(400, classes=True))
    told = daemon.stats()["validation"]["overall"]
    probability = 1 / (1 + numpy.exp(-margins))
    assert told["loss"] == pytest.approx(metrics.log_loss(y, probability, sample_weight=weight), rel=TOLERANCE)
    assert told["accuracy"] == pytest.approx(metrics.accuracy_score(y, margins > 0, sample_weight=weight), rel=TOLERANCE)
    exact = metrics.roc_auc_score(y, probability, sample_weight=weight)
    assert abs(told["auc"] - exact) <= told["auc_error"] + 1e-9
    assert told["auc_error"] < 0.01
    share = numpy.average(y, weights=weight)
    assert told["base_rate"] == pytest.approx(share, rel=TOLERANCE)
    assert told["mean_prediction"] == pytest.approx(numpy.average(probability, weights=weight), rel=TOLERANCE)
    constant = metrics.log_loss(y, numpy.full(len(y), share), sample_weight=weight)
    assert told["best_constant_loss"] == pytest.approx(constant, rel=TOLERANCE)
    assert 0 <= told["calibration_error"] < 0.2
    assert "rmse" not in told


def test_window_and_recent_forget(start):
    """A stream that becomes predictable: the shorter the memory, the smaller the loss."""
    daemon = start({"validation.window": 80, "validation.half_life": 10, "penalty.l1": 0, "penalty.l2": 0})
    noisy = samples(300, classes=False)
    daemon.learn(*noisy)
    daemon.learn(*[{"y": 0.0, "x": [0, 0, 0, 0]}] * 200)
    told = daemon.stats()["validation"]
    assert told["window"]["loss"] < 0.05 * told["overall"]["loss"]
    assert told["recent"]["loss"] < 0.05 * told["overall"]["loss"]
    assert daemon.stats()["loss"]["recent"] == told["recent"]["loss"]


@pytest.mark.parametrize("loss", [
    "squared", "huber", "quantile", "epsilon_insensitive", "poisson", "logistic", "hinge", "squared_hinge"])
@pytest.mark.parametrize("update", ["gradient", "invariant"])
def test_every_loss_learns(start, loss, update):
    classes = loss in ("logistic", "hinge", "squared_hinge")
    stream = samples(1500, classes)
    if loss == "poisson":
        random = numpy.random.default_rng(6)
        stream = [s | {"y": int(random.poisson(numpy.exp(0.3 * s["x"][0] - 0.4 * s["x"][1])))} for s in stream]
    daemon = start({"model.loss": loss, "learning_rate.update": update, "learning_rate.initial": 0.02})
    daemon.learn(*stream)
    told = daemon.stats()["validation"]["recent"]
    assert told["loss"] < 0.9 * told["best_constant_loss"]
    assert daemon.stats()["clamped_updates"] == 0


def test_invariant_update_survives_a_step_size_that_gradients_do_not(start):
    stream = samples(500, classes=False)
    losses = {}
    for update in ("gradient", "invariant"):
        daemon = start({
            "learning_rate.update": update, "learning_rate.schedule": "constant", "learning_rate.initial": 2,
            "penalty.l1": 0, "penalty.l2": 0})
        daemon.learn(*stream)
        losses[update] = daemon.stats()["validation"]["recent"]["loss"]
    assert losses["gradient"] > 1e6
    assert losses["invariant"] < 5
