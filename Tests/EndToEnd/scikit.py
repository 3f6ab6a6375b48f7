"""scikit-learn's data as streams, and the comparison of its coefficients with a daemon's."""

import numpy

# What is promised: no coefficient differs by more, absolutely and relative to the largest one.
TOLERANCE = 1e-5


def standardized(columns: numpy.ndarray) -> numpy.ndarray:
    return (columns - columns.mean(axis=0)) / columns.std(axis=0)


def payloads(x: numpy.ndarray, y: numpy.ndarray, passes: int) -> list[dict]:
    rows = [{"y": target, "x": row} for row, target in zip(x.tolist(), y.tolist(), strict=True)]
    return rows * passes


def learned(daemon, features: int) -> tuple[numpy.ndarray, float]:
    """The daemon's coefficients in the order of the columns, and its intercept."""
    answer = daemon.coefficients()
    by_name = dict(zip(answer["names"], answer["values"], strict=True))
    return numpy.array([by_name[str(column)] for column in range(features)]), answer["intercept"]


def largest_difference(ours: tuple[numpy.ndarray, float], model) -> float:
    """Over coefficients and intercept; absolute or relative to the largest coefficient, whichever is more."""
    coefficients, intercept = ours
    theirs = numpy.append(model.coef_.ravel(), model.intercept_)
    absolute = numpy.abs(numpy.append(coefficients, intercept) - theirs).max()
    return float(max(absolute, absolute / numpy.abs(model.coef_).max()))


def check(daemon, model, measured, name: str, *, tolerance: float = TOLERANCE, zeros: bool) -> None:
    ours = learned(daemon, model.coef_.size)
    difference = largest_difference(ours, model)
    measured(f"largest difference from scikit-learn, {name}", difference)
    assert difference <= tolerance
    zero = model.coef_.ravel() == 0
    assert zeros == bool(zero.any()), f"the case shows nothing about zeros: {model.coef_}"
    assert ((ours[0] == 0) == zero).all(), (ours[0], model.coef_)
