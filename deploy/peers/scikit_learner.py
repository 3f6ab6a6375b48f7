"""scikit-learn's learner, timed on request: the peer of `bench learner`.

Reads commands from standard input, a line each, and answers each with one line:

    load ROWS COLUMNS sparse|dense   takes a stream from the files of the directory          ok
    learn FORMAT PENALTY             one bulk partial_fit over all rows, going on            its seconds
    check PENALTY                    one pass from zero; leaves coefficients in the          the intercept
                                     directory, as Float64
"""

import argparse
import shutil
import signal
import sys
import time
from pathlib import Path

import numpy
import scipy.sparse
import sklearn
from sklearn.linear_model import SGDClassifier


class Peer:
    def __init__(self, settings: argparse.Namespace):
        self.settings = settings
        self.directory: Path = settings.directory
        self.rows: dict[str, numpy.ndarray | scipy.sparse.csr_array] = {}
        self.targets = numpy.empty(0)
        self.classifiers: dict[tuple[str, str], SGDClassifier] = {}

    def load(self, rows: str, columns: str, kind: str) -> str:
        self.classifiers.clear()
        self.rows.clear()
        shape = int(rows), int(columns)
        values = numpy.fromfile(self.directory / "values", numpy.float32)
        self.targets = numpy.fromfile(self.directory / "targets", numpy.float64)
        if kind == "sparse":
            features = numpy.fromfile(self.directory / "features", numpy.int32)
            ends = numpy.fromfile(self.directory / "row_ends", numpy.int64)
            starts = numpy.concatenate([[0], ends]).astype(numpy.int32)
            self.rows["float32"] = scipy.sparse.csr_array((values, features, starts), shape)
        else:
            self.rows["float32"] = values.reshape(shape)
        self.rows["float64"] = self.rows["float32"].astype(numpy.float64)
        return "ok"

    def learn(self, form: str, penalty: str) -> str:
        key = form, penalty
        if key not in self.classifiers:
            self.classifiers[key] = self.classifier(penalty, fit_intercept=True)
        return repr(self.seconds(self.classifiers[key], form))

    def check(self, penalty: str) -> str:
        # On sparse rows scikit-learn moves the intercept by a hundredth of its gradient, so it is left out there.
        sparse = scipy.sparse.issparse(self.rows["float64"])
        classifier = self.classifier(penalty, fit_intercept=not sparse)
        self.seconds(classifier, "float64")
        classifier.coef_.tofile(self.directory / "coefficients")
        return repr(float(classifier.intercept_[0]))

    def classifier(self, penalty: str, *, fit_intercept: bool) -> SGDClassifier:
        return SGDClassifier(
            loss="log_loss", penalty=None if penalty == "none" else penalty, alpha=self.settings.alpha,
            l1_ratio=self.settings.l1_ratio, learning_rate="constant", eta0=self.settings.rate,
            fit_intercept=fit_intercept, shuffle=False)

    def seconds(self, classifier: SGDClassifier, form: str) -> float:
        rows, targets = self.rows[form], self.targets
        start = time.perf_counter()
        classifier.partial_fit(rows, targets, classes=(-1.0, 1.0))
        return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("alpha", type=float)
    parser.add_argument("l1_ratio", type=float)
    parser.add_argument("rate", type=float)
    parser.add_argument("--assume-finite", action="store_true", help="look for no NaN or infinity in the rows")
    settings = parser.parse_args()
    sklearn.set_config(assume_finite=settings.assume_finite)
    # Ctrl-C ends the benchmark, and with it this program's input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    peer = Peer(settings)
    commands = {"load": peer.load, "learn": peer.learn, "check": peer.check}
    for line in sys.stdin:
        command, *arguments = line.split()
        print(commands[command](*arguments), flush=True)
    # A benchmark that was interrupted has left it behind.
    shutil.rmtree(settings.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
