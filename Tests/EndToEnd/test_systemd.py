"""The notification protocol of systemd, sd_notify(3), heard on a real socket; and the unit file."""

import shutil
import signal
import socket
import subprocess

import pytest

from daemon import LIMIT, ROOT
from streams import random_samples


@pytest.fixture(params=["path", "abstract"])
def notifications(request, short_path):
    """A socket such as systemd offers, and its name for NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(LIMIT)
        path = f"{short_path}/notify"
        listener.bind(path if request.param == "path" else "\0" + path)
        yield listener, path if request.param == "path" else "@" + path


def words(listener: socket.socket) -> list[str]:
    """The assignments of the next datagram."""
    return listener.recv(65536).decode().split("\n")


def all_until(listener: socket.socket, wanted: str) -> list[str]:
    heard = []
    while wanted not in heard:
        heard += words(listener)
    return heard


def waiting(listener: socket.socket) -> list[str]:
    """What has come and was not heard yet."""
    heard = []
    listener.setblocking(False)
    try:
        while True:
            heard += words(listener)
    except BlockingIOError:
        return heard


def test_a_whole_life(start, notifications):
    listener, name = notifications
    daemon = start()
    daemon.learn(*random_samples(30))
    daemon.stop()

    daemon = start(
        {"query.bind": "tcp://127.0.0.1:*", "publish.every_seconds": 0.02}, state=daemon.state, ready=False,
        environment={"NOTIFY_SOCKET": name})
    before_ready = all_until(listener, "READY=1")[:-1]
    assert not any(word.startswith(("READY", "STOPPING")) for word in before_ready)
    # At this moment the sockets are bound and the model is restored; the log says where.
    ready = daemon.wait_for_log(lambda line: line["message"] == "ready")
    daemon.endpoints = {"query.bind": [ready["query.bind"]]}
    assert daemon.stats()["step"] == 30

    status = words(listener)[0]
    assert status.startswith("STATUS=step 30, ")
    daemon.process.send_signal(signal.SIGTERM)
    heard = all_until(listener, "STOPPING=1")
    assert "READY=1" not in heard
    assert daemon.wait() == 0
    after = waiting(listener)
    assert not any(word.startswith(("READY", "STOPPING")) for word in after)


def test_ready_is_not_said_by_a_failed_start(start, notifications, tmp_path):
    listener, name = notifications
    taken = start().endpoint("query.bind")
    daemon = start({"query.bind": taken}, ready=False, environment={"NOTIFY_SOCKET": name})
    assert daemon.wait() == 69
    assert "READY=1" not in waiting(listener)


def test_a_listener_that_is_gone(start, short_path):
    daemon = start(environment={"NOTIFY_SOCKET": f"{short_path}/nobody"})
    assert daemon.learn(*random_samples(10))["step"] == 10
    assert daemon.stop() == 0


def test_a_listener_that_does_not_listen(start, notifications):
    """Its queue is full; the daemon goes on all the same, and answers."""
    listener, name = notifications
    daemon = start({"publish.every_seconds": 0.02}, environment={"NOTIFY_SOCKET": name})
    all_until(listener, "READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender, pytest.raises(BlockingIOError):
        sender.setblocking(False)
        while True:
            sender.sendto(b"STATUS=", name.replace("@", "\0"))
    # Time for more than one line of status.
    before = daemon.stats()["uptime_seconds"]
    daemon.wait_until(lambda stats: stats["uptime_seconds"] > before + 2.5)
    waiting(listener)
    assert daemon.stop() == 0


UNIT = ROOT / "deploy/systemd/whittled.service"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_the_unit_file(tmp_path):
    """Verified in a root directory of its own, where the program that it names exists."""
    unit = tmp_path / "etc/systemd/system" / UNIT.name
    program = tmp_path / "usr/bin/whittled"
    for path in (unit, program):
        path.parent.mkdir(parents=True)
    shutil.copy(UNIT, unit)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", "--man=no", f"--root={tmp_path}", UNIT.name],
        capture_output=True, text=True, timeout=LIMIT)
    assert (ended.returncode, ended.stderr) == (0, "")
