"""The notification protocol of systemd, sd_notify(3), heard on a real socket."""

import os
import signal
import socket

import pytest

from daemon import LIMIT
from notifications import NotifySocket
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

    # It is told once, as long as it stays the same.
    status = next((word for word in before_ready if word.startswith("STATUS=step")), None) or words(listener)[0]
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


@pytest.fixture
def notify(short_path):
    with NotifySocket(f"{short_path}/notify") as socket:
        yield socket


def watched(start, notify, seconds: float, **more):
    environment = {"NOTIFY_SOCKET": notify.name, "WATCHDOG_USEC": str(int(seconds * 1e6))} | more
    daemon = start({"publish.every_seconds": 0}, environment=environment)
    notify.until("READY=1")
    return daemon


def test_the_watchdog_hears_of_an_idle_daemon_and_of_a_busy_one(start, notify):
    daemon = watched(start, notify, 0.6)
    for _ in range(5):
        notify.until("WATCHDOG=1")
    for sample in random_samples(300):
        daemon.push(sample)
    daemon.wait_until(lambda stats: stats["step"] == 300)
    notify.until("WATCHDOG=1")
    assert daemon.stop() == 0
    heard = notify.waiting()
    assert "STOPPING=1" in heard and any(word.startswith("EXTEND_TIMEOUT_USEC=") for word in heard)


def test_the_watchdog_hears_nothing_of_a_stopped_daemon(start, notify):
    daemon = watched(start, notify, 0.3)
    notify.until("WATCHDOG=1")
    daemon.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.process.pid, os.WSTOPPED)
    notify.waiting()
    assert notify.next(2) is None
    daemon.process.send_signal(signal.SIGCONT)
    notify.until("WATCHDOG=1")


def test_a_watchdog_for_somebody_else(start, notify):
    daemon = watched(start, notify, 0.01, WATCHDOG_PID="1")
    daemon.learn(*random_samples(50))
    assert daemon.stop() == 0
    assert "WATCHDOG=1" not in notify.waiting()


def test_the_status_tells_what_goes_on(start, notify):
    daemon = watched(start, notify, 60)
    daemon.learn(*random_samples(50))
    text = notify.status(lambda text: "step 50" in text)
    assert "samples/s" in text and "recent loss" in text


def test_a_long_recovery_is_not_cut_off(start, notify):
    """Whoever supervises it hears that it gets on, and with what."""
    daemon = start({"journal.sync": "always"})
    daemon.learn(*random_samples(500))
    daemon.wait_for_journal()
    daemon.process.kill()
    daemon.wait()
    daemon = start(
        {"journal.sync": "always"}, state=daemon.state, environment={"NOTIFY_SOCKET": notify.name}, ready=False)
    heard = notify.until("READY=1")
    assert any(word.startswith("EXTEND_TIMEOUT_USEC=") for word in heard)
    assert any(word.startswith("STATUS=starting: ") for word in heard)
