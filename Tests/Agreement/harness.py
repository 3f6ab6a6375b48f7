"""The learner in a process of its own: requests and answers are lines of JSON on a pipe."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("WHITTLE_BIN", ROOT / ".build/debug")).resolve() / "learning-harness"


@dataclass
class Learned:
    """What was learned from a request."""

    # One a column.
    coefficients: numpy.ndarray
    intercept: float
    steps: int
    # The margins of the last pass, each before its row was learned, where the request asked for them.
    progressive: numpy.ndarray | None
    # The margins of the rows to predict.
    predictions: numpy.ndarray | None


class Harness:
    def __init__(self):
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def learn(
        self, x: numpy.ndarray, y: numpy.ndarray, configuration: dict, *, importances: numpy.ndarray | None = None,
        names: list[str] | None = None, passes: int = 1, shuffle_seed: int | None = None, progressive: bool = False,
        predict: numpy.ndarray | None = None,
    ) -> Learned:
        """A new model that learns the rows; `configuration` has the shape that a checkpoint holds."""
        request = {
            "configuration": configuration, "features": listed(x), "targets": y.tolist(),
            "importances": None if importances is None else importances.tolist(), "names": names, "passes": passes,
            "shuffle_seed": shuffle_seed, "progressive": progressive,
            "predict": None if predict is None else listed(predict),
        }
        answer = self.ask(request)
        return Learned(
            coefficients=numpy.array(answer["coefficients"]), intercept=answer["intercept"], steps=answer["steps"],
            progressive=array_or_none(answer.get("progressive")), predictions=array_or_none(answer.get("predictions")))

    def decode(self, message: str, form: str) -> dict:
        """A message's rows, how many samples are not to be learned, and where it is rejected the reason."""
        return self.ask({"decode": message, "format": form})

    def ask(self, request: dict) -> dict:
        self.process.stdin.write(json.dumps(request, allow_nan=False) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        # The reason is on standard error, which pytest shows.
        assert line, f"the request was refused, and the learner ended with {self.process.wait()}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        code = self.process.wait()
        self.process.stdout.close()
        assert code == 0, f"the learner ended with {code}"


def listed(rows: numpy.ndarray) -> list:
    """The values as the learner takes them: Float32."""
    return rows.astype(numpy.float32).tolist()


def array_or_none(values: list | None) -> numpy.ndarray | None:
    return None if values is None else numpy.array(values)
