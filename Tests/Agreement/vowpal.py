"""Vowpal Wabbit, in this process, as the oracle."""

import numpy
from vowpalwabbit import Workspace


def progressive(flags: str, x: numpy.ndarray, y: numpy.ndarray, importances: numpy.ndarray) -> numpy.ndarray:
    """The prediction of each row, made before it is learned."""
    # Predictions are kept within the targets seen so far unless told; 2²⁰ places for a dozen features, so none collide.
    workspace = Workspace(f"--quiet --bit_precision 20 --min_prediction -1e6 --max_prediction 1e6 {flags}")
    predictions = []
    for values, target, importance in zip(x.tolist(), y.tolist(), importances.tolist(), strict=True):
        features = " ".join(f"f{column}:{value!r}" for column, value in enumerate(values) if value)
        example = workspace.example(f"{target!r} {importance!r} | {features}")
        workspace.learn(example)
        predictions.append(example.get_simplelabel_prediction())
        workspace.finish_example(example)
    workspace.finish()
    return numpy.array(predictions)
