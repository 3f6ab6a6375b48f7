"""`kill -9` at random moments, time and again over one stream: the model is the one of a daemon that was never killed.

WHITTLE_KILLS is how many kills there are in all, WHITTLE_SEED repeats a run's choice of moments."""

import json
import os
import random
import signal
import subprocess
import time

import numpy
import pytest
import zmq

import arrays
from checkpoint_file import CheckpointFile, assert_told, files
from daemon import Daemon, connected, frames
from oracle import DenseLearner
from reference import assert_is_the_stream
from sender import ROUTER, Sender, cycled, numbered
from streams import random_samples

KILLS = int(os.environ.get("WHITTLE_KILLS", "200"))
SAMPLES = random_samples(500)

# Small files and many checkpoints, so that kills come upon every change from one to the next.
BUSY = {
    ROUTER: "tcp://127.0.0.1:*", "journal.segment_bytes": 4096, "checkpoint.every_samples": 40,
    "publish.every_samples": 50}


def as_json(number: int) -> list[bytes]:
    return frames(SAMPLES[number % len(SAMPLES)])


def as_text(number: int) -> list[bytes]:
    sample = SAMPLES[number % len(SAMPLES)]
    features = " ".join(f"{name}:{value}" for name, value in sample["x"].items())
    return frames(f"{sample['y']} |a {features} once{number % 700}")


def as_arrays(number: int) -> list[bytes]:
    generator = numpy.random.default_rng(number % 100)
    x = generator.normal(size=(4, 12)).astype("<f4")
    return arrays.dense(x, y=x[:, 0] - 2 * x[:, 5] + generator.normal(size=4).astype("<f4"))


def as_forgotten_names(number: int) -> list[bytes]:
    """Most of its features never come again, and make room for others."""
    parity = "odd" if number % 2 else "even"
    return frames({"y": number % 2 * 4, "x": {parity: 1, f"once{number}": 1, f"f{number % 90}": 1}})


def as_delayed(number: int) -> list[bytes]:
    """Of three messages one waits for its target, one is whole, and one brings a target, some of them too late."""
    sample = SAMPLES[number % len(SAMPLES)]
    match number % 3:
        case 0:
            return frames({"x": sample["x"], "id": f"s{number}"})
        case 1:
            return frames(sample)
        case _:
            return frames({"y": sample["y"], "id": f"s{number - (8 if number % 4 else 44)}"})


# What is acknowledged when, how the journal is synced, and streams that leave all kinds of things in a checkpoint.
CASES = {
    "json": (as_json, {
        "ingest.router.acknowledge": "durable", "journal.sync": "always", "penalty.l1": 0.05, "penalty.l2": 0.01}),
    "text, hashed, adagrad": (as_text, {
        "ingest.router.acknowledge": "journaled", "journal.sync": "interval", "features.space": "hashed",
        "features.bits": 9, "features.names": 50, "model.optimizer": "adagrad", "penalty.l1": 0.01}),
    "arrays, indexed, ftrl": (as_arrays, {
        "ingest.router.acknowledge": "durable", "journal.sync": "interval", "journal.interval_seconds": 0.005,
        "features.space": "indexed", "features.width": 12, "model.optimizer": "ftrl", "penalty.l1": 0.5}),
    "a full dictionary": (as_forgotten_names, {
        "ingest.router.acknowledge": "journaled", "journal.sync": "always", "limits.features": 100, "penalty.l1": 0.2,
        "penalty.l2": 0, "learning_rate.initial": 0.05}),
    "targets that come later": (as_delayed, {
        "ingest.router.acknowledge": "durable", "journal.sync": "interval", "journal.interval_seconds": 0.002,
        "delayed.samples": 12, "model.optimizer": "normalized", "ingest.router.predict": True}),
    "averaged, few checkpoints": (as_json, {
        "ingest.router.acknowledge": "journaled", "journal.sync": "none", "learning_rate.average_from": 100,
        "checkpoint.every_samples": 900, "checkpoint.keep": 1}),
    "a period": (as_json, {
        "ingest.router.acknowledge": "durable", "journal.sync": "always", "penalty.period": 7, "penalty.l1": 0.2,
        "penalty.threshold": 0.5, "journal.segment_bytes": 1 << 20}),
}


@pytest.fixture
def chance():
    seed = int(os.environ.get("WHITTLE_SEED") or random.randrange(1 << 32))
    print(f"seed {seed}")
    return random.Random(seed)


class Killer:
    """Starts a daemon on one state directory again and again, and kills it."""

    def __init__(self, start, settings: dict, sender: Sender, chance: random.Random):
        self.start, self.settings, self.sender, self.chance = start, settings, sender, chance
        self.state = None
        self.start_seconds = 0.05
        self.hits = {}
        self.checked = set()

    def daemon(self, *, ready: bool = True) -> Daemon:
        begun = time.monotonic()
        daemon = self.start(self.settings, state=self.state, ready=ready)
        if ready:
            self.start_seconds = time.monotonic() - begun
        self.state = daemon.state
        return daemon

    def at_start(self) -> Daemon:
        """Before it is ready, or soon after: also in the middle of recovery."""
        daemon = self.daemon(ready=False)
        self._run_for(daemon, 1.3 * self.start_seconds)
        return daemon

    def in_mid_stream(self) -> Daemon:
        daemon = self._streaming(self.chance.randint(0, 80))
        self._run_for(daemon, 0.003)
        return daemon

    def in_a_checkpoint(self) -> Daemon:
        return self._streaming(150, until=".unfinished-")

    def in_a_rotation(self) -> Daemon:
        return self._streaming(150, until="journal/.unfinished-")

    def at_shutdown(self) -> Daemon:
        daemon = self._streaming(self.chance.randint(0, 40))
        daemon.process.send_signal(signal.SIGTERM)
        self._run_for(daemon, 0.25)
        return daemon

    def _run_for(self, daemon: Daemon, most: float) -> None:
        """Lets it run for any time up to so many seconds."""
        try:
            daemon.process.wait(self.chance.random() * most)
        except subprocess.TimeoutExpired:
            return

    def _streaming(self, count: int, until: str | None = None) -> Daemon:
        """A daemon that has acknowledged so many more messages, or has such a file on disk, and then got some more."""
        daemon = self.daemon()
        sender = self.sender
        sender.connect(daemon)
        last = sender.acknowledged + count
        while sender.acknowledged < last:
            sender.fill(last + Sender.WINDOW)
            sender.take(0.0001 if until else 1)
            if until and any(self.state.glob(f"{until}*")):
                break
        sender.fill(last + Sender.WINDOW)
        return daemon

    def kill(self) -> None:
        moment = self.chance.choice(
            [self.at_start, self.in_mid_stream, self.in_a_checkpoint, self.in_a_rotation, self.at_shutdown])
        daemon = moment()
        daemon.kill()
        self.sender.close()
        # One that was asked to stop may have done so.
        possible = [-signal.SIGKILL, 0] if moment == self.at_shutdown else [-signal.SIGKILL]
        assert daemon.process.returncode in possible, daemon.log[-3:] + daemon.stray_lines
        assert not [line for line in daemon.log if line["level"] in ("error", "critical")], daemon.log
        unfinished = "unfinished" if any(self.state.glob("**/.unfinished-*")) else "finished"
        self.hits[moment.__name__, unfinished] = self.hits.get((moment.__name__, unfinished), 0) + 1
        self.check_files()

    def check_files(self) -> None:
        """Whatever has a checkpoint's name is one that anybody can read."""
        for path in set(files(self.state)) - self.checked:
            assert CheckpointFile.read(path).step == int(path.stem.split("-")[-1])
            self.checked.add(path)


@pytest.mark.parametrize("case", CASES)
def test_killed_time_and_again(start, context, chance, measured, case):
    payload, settings = CASES[case]
    settings = BUSY | settings
    sender = Sender(context, numbered(payload))
    killer = Killer(start, settings, sender, chance)
    begun = time.monotonic()
    kills = -(-KILLS // len(CASES))
    for _ in range(kills):
        killer.kill()
    daemon = killer.daemon()
    sender.connect(daemon)
    sender.send(sender.acknowledged + 100)
    told = daemon.coefficients()
    assert daemon.stop() == 0
    assert not list(killer.state.glob("**/.unfinished-*"))
    checkpoint = CheckpointFile.read(files(killer.state)[-1])
    assert_told(checkpoint, told)
    killer.check_files()
    assert_is_the_stream(start, settings, sender, checkpoint)
    print(f"{kills} kills, {sender.acknowledged} messages, {sender.duplicates} samples twice: {killer.hits}")
    measured(f"seconds a kill, {case}", (time.monotonic() - begun) / kills)


def dense(x: dict, features: int = 12) -> numpy.ndarray:
    row = numpy.zeros(features)
    for name, value in x.items():
        # As it is decoded.
        row[int(name[1:])] = numpy.float32(value)
    return row


@pytest.mark.parametrize("sync", ["interval", "always", "none", "off"])
def test_what_comes_back_of_pushed_messages_is_a_prefix(start, context, chance, sync):
    """Nobody promised anything for a message that is not answered; but there are none without those before them."""
    settings = {
        "journal.sync": sync, "journal.segment_bytes": 4096, "checkpoint.every_samples": 150, "penalty.l1": 0.05,
        "penalty.l2": 0.01, "learning_rate.schedule": "constant", "learning_rate.initial": 0.02}
    message = cycled([frames(sample) for sample in SAMPLES])
    learner = DenseLearner(12, rate=lambda _: 0.02, l1=0.05, l2=0.01)
    state, position = None, 0
    for _ in range(max(5, KILLS // 40)):
        daemon = start(settings, state=state)
        state = daemon.state
        recovered = CheckpointFile.read(daemon.checkpoint()["file"])
        # Checkpoints are asked for at every start: there is no going back behind the last.
        assert int(recovered.metadata["position"]) >= position
        for number in range(position + 1, int(recovered.metadata["position"]) + 1):
            sample = json.loads(message(number)[0])
            learner.learn(dense(sample["x"]), sample["y"])
        position = int(recovered.metadata["position"])
        assert recovered.step == position == learner.steps
        ours = numpy.zeros(12)
        for name, value in zip(recovered.names, recovered.tensors["coefficients"], strict=True):
            ours[int(name[1:])] = value
        assert numpy.abs(ours - learner.w).max() <= 1e-5
        assert recovered.state["learner"]["intercept"] == pytest.approx(learner.b, abs=1e-5)
        pusher = connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind"))
        count = chance.randint(1, 400)
        for number in range(position + 1, position + count + 1):
            pusher.send_multipart(message(number))
        if position == 0 or chance.random() < 0.8:
            least = position + chance.randint(1, count)
            daemon.wait_until(lambda stats, least=least: stats["step"] >= least)
        daemon.kill()
        pusher.close(linger=0)
    assert position > 0 or sync == "off"
