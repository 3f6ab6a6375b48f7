"""scikit-learn's bundled data, as every value is once the learner has rounded it to Float32."""

import functools
from dataclasses import dataclass

import numpy
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

from scikit import standardized


@dataclass(frozen=True)
class Data:
    """Rows and targets, and the loss that fits them."""

    x: numpy.ndarray
    y: numpy.ndarray
    loss: str


def rounded(x: numpy.ndarray) -> numpy.ndarray:
    return x.astype(numpy.float32).astype(float)


@functools.cache
def named(name: str) -> Data:
    match name:
        case "diabetes":
            x, y = load_diabetes(return_X_y=True, scaled=False)
            return Data(rounded(standardized(x)), standardized(y), "squared")
        case "breast cancer":
            x, y = load_breast_cancer(return_X_y=True)
            return Data(rounded(standardized(x)), y.astype(float), "logistic")
        case "digits 3 against 8":
            x, y = load_digits(return_X_y=True)
            kept = (y == 3) | (y == 8)
            return Data(rounded(x[kept] / 16), (y[kept] == 3).astype(float), "logistic")
    raise KeyError(name)
