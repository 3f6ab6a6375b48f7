"""Every optimizer with steps that bring it to the minimum, and how close."""

import copy
from dataclasses import dataclass

from data import Data


@dataclass(frozen=True)
class Steps:
    """How to learn, and how near the minimum that ends: relative to the largest coefficient, as in `difference`.

    What remains at the end is mostly noise, in proportion to the last step size. More passes leave less.
    """

    configuration: dict
    passes: int
    tolerance: float
    # Of all passes, the first that the average is over.
    averaging_from: int | None = None


def falling(initial: float, power: float) -> dict:
    return {"schedule": "inverse_scaling", "initial": initial, "power": power}


SQUARED = {
    "sgd": Steps({"optimizer": "sgd", "learning_rate": falling(0.05, 0.5)}, 2000, 0.01),
    "averaged sgd": Steps({"optimizer": "sgd", "learning_rate": falling(0.1, 0.5)}, 1000, 0.01, averaging_from=500),
    "adagrad": Steps({"optimizer": "adagrad", "learning_rate": falling(0.5, 0.2)}, 2000, 0.01),
    "normalized": Steps({"optimizer": "normalized", "learning_rate": falling(2, 0.2)}, 2000, 0.01),
    "ftrl": Steps({"optimizer": "ftrl", "learning_rate": {"initial": 0.1}}, 2000, 0.005),
}

# The bounded slope of the logistic loss bears large first steps, and its flat minimum needs them.
LOGISTIC = {
    "sgd": Steps({"optimizer": "sgd", "learning_rate": falling(50, 0.7)}, 2000, 0.02),
    "averaged sgd": Steps({"optimizer": "sgd", "learning_rate": falling(50, 0.7)}, 1000, 0.03, averaging_from=500),
    "adagrad": Steps({"optimizer": "adagrad", "learning_rate": falling(1, 0.1)}, 2000, 0.02),
    "normalized": Steps({"optimizer": "normalized", "learning_rate": falling(5, 0.1)}, 2000, 0.02),
    "ftrl": Steps({"optimizer": "ftrl", "learning_rate": {"initial": 1}}, 2000, 0.01),
}


def minimized(learn, data: Data, steps: Steps, penalty: dict, **more):
    """What the learner makes of the data in all these passes, in another order each time."""
    configuration = copy.deepcopy(steps.configuration) | {"loss": data.loss, "penalty": penalty}
    if steps.averaging_from is not None:
        configuration["averaging_start"] = steps.averaging_from * len(data.y)
    return learn(data.x, data.y, configuration, passes=steps.passes, shuffle_seed=1, **more)
