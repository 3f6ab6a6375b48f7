"""Few files and sockets may be open: `ulimit -n`."""

import os
import resource
import subprocess

import pytest
import zmq

from daemon import DEFAULTS, LIMIT, PROGRAMS, clean_environment, connected, flags
from streams import random_samples

KIND = resource.RLIMIT_NOFILE


def limited_to(soft: int, hard: int):
    """Runs in the daemon's process before the daemon does."""
    return lambda: resource.setrlimit(KIND, (soft, hard))


@pytest.mark.parametrize("limit", [8, 12, 20, 32, 63])
def test_too_few_to_live(tmp_path, limit):
    ended = subprocess.run(
        [PROGRAMS / "whittled", *flags(DEFAULTS | {"state.directory": tmp_path / "state"})],
        env=clean_environment(), capture_output=True, text=True, timeout=LIMIT, preexec_fn=limited_to(limit, limit))
    assert ended.returncode == 71, ended
    assert f"only {limit} files" in ended.stderr and "LimitNOFILE" in ended.stderr
    assert not (tmp_path / "state").exists()


def test_the_soft_limit_is_raised(start):
    before = resource.getrlimit(KIND)
    resource.setrlimit(KIND, (256, before[1]))
    try:
        daemon = start()
    finally:
        resource.setrlimit(KIND, before)
    assert resource.prlimit(daemon.process.pid, KIND) == (before[1], before[1])


def test_more_connections_than_files(start, context):
    """Learning, questions and checkpoints go on for those that are connected; when files are free again, all are served."""
    daemon = start({"http.bind": []})
    daemon.push(random_samples(1)[0])
    daemon.wait_until(lambda stats: stats["step"] == 1)
    before = resource.prlimit(daemon.process.pid, KIND)
    # Room for eight connections besides what is open.
    limit = len(os.listdir(f"/proc/{daemon.process.pid}/fd")) + 8
    resource.prlimit(daemon.process.pid, KIND, (limit, before[1]))
    # So many that some find no file.
    pushers = [connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind")) for _ in range(40)]
    for number, pusher in enumerate(pushers):
        pusher.send_json({"y": 1.0, "x": {f"f{number}": 1.0}})
    reached = daemon.wait_until(lambda stats: stats["step"] >= 4)["step"]
    daemon.push(random_samples(1)[0])
    assert daemon.wait_until(lambda stats: stats["step"] > reached)["step"] < 42
    resource.prlimit(daemon.process.pid, KIND, before)
    daemon.wait_until(lambda stats: stats["step"] == 42)
    assert daemon.stop() == 0
