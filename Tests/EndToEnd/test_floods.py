"""Peers that mean no good, or mean well and come in thousands: the door stays shut, and who was let in is not disturbed."""

import contextlib
import json
import os
import resource
import signal
import socket as sockets
import struct
import threading

import pytest
import zmq

from daemon import LIMIT, Daemon, connected, limited, received_json
from keys import Key, KeyRing, refused

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
READY = b"\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH"


def address(endpoint: str) -> tuple[str, int]:
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    return host, int(port)


def raw(endpoint: str, *sent: bytes) -> sockets.socket:
    """A connection of bytes, without any library that keeps to the protocol."""
    connection = sockets.create_connection(address(endpoint), LIMIT)
    for part in sent:
        connection.sendall(part)
    return connection


def is_cut_off(connection: sockets.socket) -> bool:
    """Waits for the other side to end the connection."""
    connection.settimeout(LIMIT)
    with contextlib.suppress(ConnectionError):
        while connection.recv(65536):
            pass
    return True


class GoodClient:
    """Sends samples one after the other, each once the last was acknowledged, over one connection, for as long as it is told to."""

    def __init__(self, context: zmq.Context, endpoint: str, keys: KeyRing | None = None):
        self.socket = limited(context, zmq.REQ)
        if keys:
            keys.show(self.socket, keys.clients["ingest"])
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.socket.connect(endpoint)
        self.acknowledged = 0
        self.failure: Exception | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self):
        self._thread.start()
        return self

    def _send(self):
        try:
            while not self._is_over.is_set():
                self.socket.send_json({"y": 1, "x": {"a": 1}})
                assert received_json(self.socket)["ok"]
                self.acknowledged += 1
        except Exception as failure:
            self.failure = failure

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    @property
    def was_disturbed(self) -> bool:
        return self.failure is not None or self.monitor.poll(0) != 0


def descriptors(daemon: Daemon) -> int:
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


@pytest.fixture
def many_files():
    """This process may open 10,000 connections; or as many as it may."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield min(10_000, before[1] - 1000)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("has_keys", [False, True], ids=["plain", "keys"])
def test_thousands_that_never_speak(start, context, tmp_path, many_files, has_keys):
    ring = KeyRing(tmp_path / "keys") if has_keys else None
    daemon = start((ring.settings if ring else {}) | {
        "ingest.router.bind": "tcp://127.0.0.1:*", "limits.connections": 200, "limits.handshake_seconds": 2})
    if ring:
        ring.admit(daemon)
    before = descriptors(daemon)
    endpoint = daemon.endpoint("ingest.router.bind")
    with GoodClient(context, endpoint, ring) as good, contextlib.ExitStack() as silent:
        daemon.wait_until(lambda stats: stats["samples"] > 0)
        most = 0
        for count in range(many_files):
            silent.enter_context(raw(endpoint))
            if count % 500 == 0:
                most = max(most, descriptors(daemon))
        first = daemon.stats()["samples"]
        stats = daemon.wait_until(
            lambda stats: refused(stats, "router", "too_many") + refused(stats, "router", "silence") == many_files)
        assert refused(stats, "router", "too_many") > many_files / 2 and refused(stats, "router", "silence") > 0
        stats = daemon.wait_until(lambda stats: stats["connections"]["router"]["open"] == 1 and stats["samples"] > first)
        assert stats["connections"]["router"]["accepted"] == many_files + 1
    assert not good.was_disturbed and good.acknowledged >= stats["samples"]
    # What is accepted and ended at once is open for a moment.
    assert most < before + 1000 and descriptors(daemon) < before + 50
    # There is room again.
    with GoodClient(context, endpoint, ring) as another:
        daemon.wait_until(lambda later: later["samples"] > stats["samples"] + 10)
    assert not another.was_disturbed


def test_a_flood_leaves_files_to_the_daemon(start):
    """However many connections are allowed: a checkpoint can still be written."""
    daemon = start({"limits.connections": 1_000_000}, prefix=["prlimit", "--nofile=300:300"])
    daemon.learn({"y": 1, "x": {"a": 1}})
    with contextlib.ExitStack() as silent:
        for _ in range(600):
            silent.enter_context(raw(daemon.endpoint("ingest.pull.bind")))
        daemon.wait_until(lambda stats: stats["connections"]["pull"]["accepted"] >= 600)
        assert daemon.checkpoint()["step"] == 1
        assert daemon.stats()["health"] == "ok"


@pytest.mark.parametrize("sent", [
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20, b"\xff" * 200, bytes(200), GREETING + b"\x04\xff" + b"x" * 300,
    GREETING.replace(b"NULL", b"PLAI") + bytes(100), b"\x16\x03\x01\x02\x00\x01" + os.urandom(200)],
    ids=["http", "ones", "zeros", "no command", "other mechanism", "tls"])
def test_other_protocols(start, context, sent):
    daemon = start({"limits.handshake_seconds": 1, "ingest.router.bind": "tcp://127.0.0.1:*"})
    with GoodClient(context, daemon.endpoint("ingest.router.bind")) as good:
        for key in ("ingest.pull.bind", "query.bind", "publish.bind", "ingest.router.bind"):
            with raw(daemon.endpoint(key), sent) as connection:
                assert is_cut_off(connection)
        stats = daemon.wait_until(lambda stats: stats["samples"] > 10)
        # Without keys, ZMTP 1.0 begins like anything else: what came over it was no sample.
        assert stats["messages"] == stats["samples"] + sum(stats["rejected"].values())
    assert not good.was_disturbed


@pytest.mark.parametrize("door, size", [
    ("ingest.pull.bind", 1 << 62), ("ingest.pull.bind", 1 << 40), ("query.bind", 1 << 30), ("publish.bind", 8192)])
def test_oversized_frames(start, context, door, size):
    """Who announces more than he may is cut off before any memory is taken for it."""
    kind = {"ingest.pull.bind": b"PUSH", "query.bind": b"DEALER", "publish.bind": b"SUB"}[door]
    ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
    daemon = start({"ingest.router.bind": "tcp://127.0.0.1:*", "limits.message_bytes": 65536})
    with GoodClient(context, daemon.endpoint("ingest.router.bind")) as good:
        for _ in range(20):
            with raw(
                    daemon.endpoint(door), GREETING, b"\x04" + bytes([len(ready)]) + ready,
                    b"\x02" + struct.pack(">Q", size) + b"x" * 1000) as connection:
                assert is_cut_off(connection)
        name = {"ingest.pull.bind": "pull", "query.bind": "query", "publish.bind": "publish"}[door]
        opened = 1 if name == "query" else 0
        stats = daemon.wait_until(lambda stats: stats["connections"][name]["open"] == opened)
        assert stats["connections"][name]["accepted"] == 20 + opened
    assert not good.was_disturbed
    with open(f"/proc/{daemon.process.pid}/statm") as figures:
        assert int(figures.read().split()[1]) * os.sysconf("SC_PAGESIZE") < 1 << 30


def test_slow_senders(start, context):
    """Frames that come byte by byte hold up nobody, and are whole when they are there."""
    daemon = start({"ingest.router.bind": "tcp://127.0.0.1:*"})
    payloads = [b'{"y": 1, "x": {"slow%03d": 1}}' % number for number in range(100)]
    frames = [b"\x00" + bytes([len(payload)]) + payload for payload in payloads]
    with GoodClient(context, daemon.endpoint("ingest.router.bind")) as good, contextlib.ExitStack() as all_slow:
        slow = [all_slow.enter_context(raw(daemon.endpoint("ingest.pull.bind"), GREETING, READY)) for _ in frames]
        seen = 0
        for place in range(len(frames[0])):
            for connection, frame in zip(slow, frames):
                connection.sendall(frame[place:place + 1])
            # In between the other's samples are learned.
            seen = daemon.wait_until(lambda stats: stats["samples"] > seen)["samples"]
        # A connection that ends with something unread takes along what the daemon has not read yet: all must have come before.
        daemon.wait_until(lambda stats: stats["features"] == 101)
    assert not good.was_disturbed
    stats = daemon.wait_until(lambda stats: stats["messages"] == good.acknowledged + 100)
    assert not any(stats["rejected"].values())


def test_a_slow_handshake(start, context):
    """Whoever takes too long to say who he is is cut off, also when he says a byte now and then."""
    daemon = start({"limits.handshake_seconds": 0.5})
    with raw(daemon.endpoint("query.bind"), GREETING[:20]) as connection:
        connection.settimeout(0.05)
        with contextlib.suppress(ConnectionError):
            while True:
                with contextlib.suppress(TimeoutError):
                    if connection.recv(100) == b"":
                        break
                connection.sendall(b"\x00")
    daemon.wait_until(lambda stats: refused(stats, "query", "silence") == 1)


def test_too_many_subscriptions(start, context):
    daemon = start()
    greedy = limited(context, zmq.SUB)
    # By its high-water mark it would keep subscriptions to itself.
    greedy.sndhwm = 0
    greedy.connect(daemon.endpoint("publish.bind"))
    modest = connected(context, zmq.SUB, daemon.endpoint("publish.bind"))
    modest.subscribe(b"stats")
    for number in range(5000):
        greedy.subscribe(f"nothing {number}".encode())
    daemon.wait_until(lambda stats: refused(stats, "publish", "subscriptions") >= 1)
    assert modest.recv_multipart()[0] == b"stats"
    greedy.close()


def test_strangers_that_come_again_and_again(start, context, tmp_path):
    """Every attempt is counted, the log is not filled, and a good client's stream goes on."""
    ring = KeyRing(tmp_path / "keys")
    daemon = ring.admit(start(
        ring.settings | {"ingest.router.bind": "tcp://127.0.0.1:*", "limits.handshake_seconds": 0.25}))
    endpoint = daemon.endpoint("ingest.router.bind")
    with GoodClient(context, endpoint, ring) as good:
        strangers = []
        for _ in range(50):
            stranger = ring.show(context.socket(zmq.DEALER), Key.new())
            stranger.reconnect_ivl = 1
            stranger.connect(endpoint)
            strangers.append(stranger)
        stats = daemon.wait_until(lambda stats: refused(stats, "router", "unknown_key") >= 500)
        told = daemon.logged("a connection was refused")
        uptime = stats["uptime_seconds"]
        assert 0 < len(told) <= uptime + 1
        for stranger in strangers:
            stranger.close()
    assert not good.was_disturbed
    assert stats["samples"] > 0


# Keys that are taken back


def test_a_revoked_key(start, context, tmp_path):
    """Who was let in before goes, and those who stay are not disturbed."""
    ring = KeyRing(tmp_path / "keys")
    (other, spy), own = (Key.new(), Key.new()), ring.clients
    ring.list("ingest", {"own": own["ingest"], "other": other})
    ring.list("publish", {"own": own["publish"], "spy": spy})
    ring.list("query", {"own": own["query"], "other": other})
    daemon = ring.admit(start(
        ring.settings | {"ingest.router.bind": "tcp://127.0.0.1:*", "publish.every_seconds": 0.05,
            "limits.handshake_seconds": 1}))
    reloaded = "the lists of keys were read anew"

    revoked = ring.connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind"), other)
    revoked.send_json({"y": 1, "x": {"before": 1}})
    daemon.wait_until(lambda stats: stats["samples"] == 1)
    asker = ring.connected(context, zmq.DEALER, daemon.endpoint("query.bind"), other)
    asker.send_multipart([b"", b'{"op": "stats"}'])
    assert json.loads(asker.recv_multipart()[-1])["ok"]
    subscribers = {}
    for name, key in (("own", own["publish"]), ("spy", spy)):
        subscribers[name] = ring.connected(context, zmq.SUB, daemon.endpoint("publish.bind"), key)
        subscribers[name].subscribe(b"stats")
        last = json.loads(subscribers[name].recv_multipart()[1])["sequence"]
    disconnected = subscribers["own"].get_monitor_socket(zmq.EVENT_DISCONNECTED)

    with GoodClient(context, daemon.endpoint("ingest.router.bind"), ring) as good:
        ring.list("ingest", {"own": own["ingest"]})
        ring.list("publish", {"own": own["publish"]})
        ring.list("query", {"own": own["query"]})
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for_log(lambda line: line["message"] == reloaded)

        stats = daemon.wait_until(lambda stats: refused(stats, "publish", "revoked_key") == 1)
        daemon.wait_until(lambda stats: refused(stats, "publish", "unknown_key") >= 2)
        while subscribers["spy"].poll(0):
            last = json.loads(subscribers["spy"].recv_multipart()[1])["sequence"]
        for _ in range(10):
            mine = json.loads(subscribers["own"].recv_multipart()[1])["sequence"]
        assert mine > last and not subscribers["spy"].poll(0)

        revoked.send_json({"y": 1, "x": {"after": 1}})
        asker.send_multipart([b"", b'{"op": "stats"}'])
        daemon.wait_until(
            lambda stats: refused(stats, "pull", "revoked_key") == 1 and refused(stats, "query", "revoked_key") == 1)
        daemon.wait_until(
            lambda stats: refused(stats, "pull", "unknown_key") >= 2 and refused(stats, "query", "unknown_key") >= 2)
        assert daemon.ask("coefficients", names=["after"])["error"]["code"] == "unknown_feature"
        assert not asker.poll(0)
    assert not good.was_disturbed and disconnected.poll(0) == 0

    # A list that cannot be used changes nothing.
    (tmp_path / "keys/ingest.pub").write_text("nonsense\n")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for_log(lambda line: "ingest.pub:1 does not hold a public key" in line.get("error", ""))
    before = daemon.stats()["samples"]
    assert daemon.learn({"y": 1, "x": {"a": 1}})["samples"] == before + 1
    # And who is listed again is let in again.
    ring.list("ingest", {"own": own["ingest"], "other": other})
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_until(lambda _: len(daemon.logged(reloaded)) == 2)
    revoked.send_json({"y": 1, "x": {"again": 1}})
    daemon.wait_until(lambda _: daemon.ask("coefficients", names=["again"])["ok"])


def test_an_administrator_who_is_none_any_more(start, context, tmp_path):
    ring = KeyRing(tmp_path / "keys")
    daemon = ring.admit(start(ring.settings))
    assert daemon.ask("checkpoint")["ok"]
    ring.list("query", {"the one who was": ring.clients["admin"]})
    ring.list("admin", {})
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_until(lambda _: daemon.logged("the lists of keys were read anew"))
    answer = daemon.ask("checkpoint")
    assert answer["error"]["code"] == "forbidden" and daemon.stats()["step"] == 0
