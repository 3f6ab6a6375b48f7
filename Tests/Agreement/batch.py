"""scikit-learn's batch solvers, as minimizers of mean loss + λ1‖w‖₁ + (λ2/2)‖w‖²."""

from dataclasses import dataclass

import numpy
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, Ridge

from data import Data


@dataclass
class Minimum:
    """Coefficients, one a column, and the intercept, to about 1e-6."""

    coefficients: numpy.ndarray
    intercept: float

    def difference(self, learned) -> float:
        """The largest one over coefficients and intercept, relative to the largest coefficient."""
        coefficients = numpy.abs(learned.coefficients - self.coefficients).max()
        return float(max(coefficients, abs(learned.intercept - self.intercept)) / numpy.abs(self.coefficients).max())


def minimum(data: Data, l1: float, l2: float) -> Minimum:
    model = (regression if data.loss == "squared" else classification)(len(data.y), l1, l2).fit(data.x, data.y)
    return Minimum(model.coef_.ravel(), float(numpy.ravel(model.intercept_)[0]))


def regression(rows: int, l1: float, l2: float):
    precise = {"tol": 1e-12, "max_iter": 10**6}
    if l1 == 0:
        return Ridge(alpha=l2 * rows)
    return ElasticNet(alpha=l1 + l2, l1_ratio=l1 / (l1 + l2), **precise) if l2 > 0 else Lasso(alpha=l1, **precise)


def classification(rows: int, l1: float, l2: float) -> LogisticRegression:
    return LogisticRegression(
        C=1 / ((l1 + l2) * rows), l1_ratio=l1 / (l1 + l2), solver="saga" if l1 > 0 else "lbfgs", tol=1e-8,
        max_iter=10**6, random_state=1)
