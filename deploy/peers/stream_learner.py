"""Programs that predict and learn samples one by one over ZeroMQ, as people write them: the peers of `bench path`.

Reads commands from standard input, a line each, and answers each with one line:

    bind       binds a ROUTER socket to any free port      the endpoint
    serve N    answers N samples with their predictions    ok

A sample is {"y": target, "x": {name: value, …}}; each is predicted, then learned, then answered.
"""

import argparse
import json
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import zmq


def river() -> Callable[[dict[str, float], float], float]:
    from river import linear_model, optim

    model = linear_model.LinearRegression(optimizer=optim.SGD(0.01), l2=0.001)

    def learn(features: dict[str, float], target: float) -> float:
        prediction = model.predict_one(features)
        model.learn_one(features, target)
        return prediction

    return learn


def scikit() -> Callable[[dict[str, float], float], float]:
    import numpy
    from sklearn.linear_model import SGDRegressor

    model = SGDRegressor(penalty="elasticnet", alpha=0.001)
    started = False

    def learn(features: dict[str, float], target: float) -> float:
        nonlocal started
        # The names' order does not change, so that no vectorizer has to look at them.
        row = numpy.fromiter(features.values(), numpy.float64, len(features)).reshape(1, -1)
        prediction = float(model.predict(row)[0]) if started else 0.0
        model.partial_fit(row, (target,))
        started = True
        return prediction

    return learn


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("learner", choices=["river", "scikit"])
    settings = parser.parse_args()
    # Ctrl-C ends the benchmark, and with it this program's input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    learn = {"river": river, "scikit": scikit}[settings.learner]()
    socket = zmq.Context().socket(zmq.ROUTER)
    socket.linger = 0
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "bind":
            port = socket.bind_to_random_port("tcp://127.0.0.1")
            print(f"tcp://127.0.0.1:{port}", flush=True)
            continue
        for _ in range(int(arguments[0])):
            *envelope, payload = socket.recv_multipart()
            sample = json.loads(payload)
            prediction = learn(sample["x"], sample["y"])
            socket.send_multipart([*envelope, json.dumps({"predictions": [prediction]}).encode()])
        print("ok", flush=True)
    # A benchmark that was interrupted has left it behind.
    shutil.rmtree(settings.directory, ignore_errors=True)


if __name__ == "__main__":
    main()
