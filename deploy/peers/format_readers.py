"""Other readers of the formats, timed on request: the peers of `bench formats`.

Reads commands from standard input, a line each, and answers each with one line: the seconds it took, the seconds that
the processors worked, and how many samples there were.

    vw         Vowpal Wabbit reads the file `text` of the directory and learns it
    svmlight   scikit-learn reads it
    orjson     orjson reads it, a JSON array of samples a line
    json       Python's own json does
"""

import argparse
import json
import shutil
import signal
import sys
import time
from pathlib import Path


def vowpal_wabbit(text: Path, settings: argparse.Namespace) -> int:
    from vowpalwabbit import Workspace

    # Its squared loss lacks the half.
    workspace = Workspace(
        f"--data {text} --quiet --sgd --learning_rate {settings.rate / 2} --power_t 0 --l1 {settings.l1} --l2 {settings.l2}")
    samples = workspace.get_weighted_examples()
    workspace.finish()
    return int(samples)


def svmlight(text: Path, _: argparse.Namespace) -> int:
    from sklearn.datasets import load_svmlight_file

    samples, _ = load_svmlight_file(str(text))
    return samples.shape[0]


def orjson(text: Path, _: argparse.Namespace) -> int:
    import orjson

    with text.open("rb") as lines:
        return sum(len(orjson.loads(line)) for line in lines)


def plain_json(text: Path, _: argparse.Namespace) -> int:
    with text.open("rb") as lines:
        return sum(len(json.loads(line)) for line in lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    for name in ("l1", "l2", "rate"):
        parser.add_argument(name, type=float)
    settings = parser.parse_args()
    # Ctrl-C ends the benchmark, and with it this program's input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    readers = {"vw": vowpal_wabbit, "svmlight": svmlight, "orjson": orjson, "json": plain_json}
    for line in sys.stdin:
        wall, processor = time.perf_counter(), time.process_time()
        samples = readers[line.strip()](settings.directory / "text", settings)
        print(time.perf_counter() - wall, time.process_time() - processor, samples, flush=True)
    # A benchmark that was interrupted has left it behind.
    shutil.rmtree(settings.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
