"""Clients that are slow, broken or many: each is got rid of, and neither the engine nor other clients notice."""

import http.client
import os
import re
import resource
import socket
import time
from pathlib import Path

import pytest

from daemon import LIMIT, Daemon
from web import Live, get, raw, read_all, request, wait_until

SAMPLES = [{"y": i % 7, "x": {f"feature {j:04}": (i * j) % 5 for j in range(50)}} for i in range(200)]


def resident_bytes(daemon: Daemon) -> int:
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def descriptors(daemon: Daemon) -> int:
    return len(list(Path(f"/proc/{daemon.process.pid}/fd").iterdir()))


def threads(daemon: Daemon) -> int:
    return len(list(Path(f"/proc/{daemon.process.pid}/task").iterdir()))


@pytest.mark.parametrize("bytes_sent", [
    b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12"],
    ids=["nothing", "a letter", "no end", "half a body"])
def test_half_a_request_is_not_waited_for_for_long(start, bytes_sent):
    daemon = start()
    with raw(daemon) as connection:
        connection.sendall(bytes_sent)
        began = time.monotonic()
        read_all(connection)
        assert time.monotonic() - began < 30
    assert get(daemon, "/readyz").text == "ready\n"


@pytest.mark.parametrize("head", [
    b"\x00\x01\x02\x03\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n name: folded\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], ids=lambda head: head[:24].decode("latin-1").encode("unicode_escape").decode())
def test_what_is_no_request(start_shared, head):
    daemon = one(start_shared)
    with raw(daemon) as connection:
        connection.sendall(head)
        reply = read_all(connection)
    # The page itself may come before what is wrong with a body is seen.
    assert reply == b"" or re.match(rb"HTTP/1\.1 (400|403|200|405) ", reply), reply[:200]
    assert get(daemon, "/readyz").text == "ready\n"


SHARED: list[Daemon] = []


def one(start_shared) -> Daemon:
    if not SHARED:
        SHARED.append(start_shared())
    return SHARED[0]


@pytest.mark.parametrize("head", [
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X%d: %s\r\n" % (i, b"a" * 1000) for i in range(90)) + b"\r\n",
], ids=["path", "field", "many fields", "long fields"])
def test_huge_heads(start_shared, head):
    daemon = one(start_shared)
    with raw(daemon) as connection:
        try:
            connection.sendall(head)
        except ConnectionError:
            pass
        reply = read_all(connection)
    assert reply == b"" or reply.startswith(b"HTTP/1.1 400 "), reply[:200]
    assert get(daemon, "/readyz").text == "ready\n"


def test_an_endless_body(start_shared):
    daemon = one(start_shared)
    sent = 0
    with raw(daemon) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            while sent < 100 << 20:
                connection.sendall(bytes(65536))
                sent += 65536
        except ConnectionError:
            pass
    assert sent < 64 << 20, "somebody takes a body that nobody wants"


def test_an_answer_to_a_body_that_is_short(start_shared):
    daemon = one(start_shared)
    connection = http.client.HTTPConnection(*daemon.endpoint("http.bind").rsplit(":", 1), timeout=LIMIT)
    for _ in range(3):
        connection.request("GET", "/readyz", body=b"x" * 1000)
        assert connection.getresponse().read() == b"ready\n"
    connection.close()


def test_listeners_that_do_not_read(start):
    """Ten of them stall for good: memory stays bounded, others hear all, and the stalled ones are closed in the end."""
    daemon = start({"publish.every_seconds": 0.05})
    # Long names: what is told has some 50 kB.
    daemon.learn(*[{"y": i % 7, "x": {f"{j:04}" * 250: (i * j) % 5 for j in range(50)}} for i in range(20)])
    stalled = []
    for _ in range(10):
        connection = raw(daemon, receive_buffer=4096)
        connection.sendall(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        stalled.append(connection)
    listener = Live(daemon)
    told = iter(listener)
    before = None
    closed = 0
    end = time.monotonic() + 2 * LIMIT
    while closed < 10:
        assert time.monotonic() < end, f"only {closed} of those that do not read were closed"
        message = next(told)
        before = before or resident_bytes(daemon)
        assert message.id > 0
        closed = 11 - int(re.search(r"\nwhittle_live_listeners (\d+)\n", get(daemon, "/metrics").text)[1])
    assert resident_bytes(daemon) - before < 32 << 20
    assert daemon.learn(*SAMPLES[:5])["step"] == 25
    assert daemon.stop() == 0
    for connection in stalled:
        connection.close()


def test_a_client_that_does_not_read_its_answers(start):
    """Asks and asks: what is not read is not answered."""
    daemon = start()
    daemon.learn(*SAMPLES)
    before = resident_bytes(daemon)
    with raw(daemon, receive_buffer=4096) as connection:
        connection.settimeout(2)
        sent = 0
        try:
            while sent < 20_000:
                connection.sendall(b"GET /metrics?%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"x" * 2000) * 100)
                sent += 100
        except (TimeoutError, ConnectionError):
            pass
        assert sent < 20_000, "every question was taken"
        assert get(daemon, "/readyz").text == "ready\n"
        assert resident_bytes(daemon) - before < 64 << 20
        # It does not hold up the end either.
        began = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - began < 20


def test_more_connections_than_there_may_be(start):
    daemon = start()
    before = descriptors(daemon)
    connections = [raw(daemon) for _ in range(400)]
    wait_until(lambda: descriptors(daemon) >= before + 200, "they are not taken")
    assert descriptors(daemon) <= before + 260
    assert daemon.learn(*SAMPLES[:5])["step"] == 5
    for connection in connections:
        connection.close()
    assert get(daemon, "/readyz").text == "ready\n"
    wait_until(lambda: descriptors(daemon) <= before + 5, "they are not let go of")


def test_no_file_descriptors_left(start):
    """What cannot be accepted now is served once there are descriptors again, and learning goes on meanwhile."""
    daemon = start()
    assert get(daemon, "/readyz").text == "ready\n"
    daemon.learn(*SAMPLES[:5])
    limits = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (descriptors(daemon) + 3, limits[1]))
    connections = [raw(daemon) for _ in range(20)]
    assert daemon.learn(*SAMPLES[:5])["step"] == 10
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, limits)
    for connection in connections:
        connection.close()

    def serves() -> bool:
        try:
            return get(daemon, "/readyz").text == "ready\n"
        except ConnectionError:
            return False

    wait_until(serves, "it does not serve any more")
    assert daemon.stop() == 0


def test_clients_that_leave_in_the_middle(start):
    daemon = start()
    daemon.learn(*SAMPLES)
    get(daemon, "/metrics")
    before = descriptors(daemon)
    for path in ("/api/live", "/metrics", "/api/history", "/"):
        for _ in range(50):
            with raw(daemon) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                # A reset, where there is something to be read.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    wait_until(lambda: descriptors(daemon) <= before + 2, "they are not let go of")
    assert "whittle_live_listeners 0\n" in get(daemon, "/metrics").text


def test_half_closed_listeners(start):
    """A client that says that it will ask no more is taken for gone."""
    daemon = start()
    with raw(daemon) as connection:
        connection.sendall(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(10)
        connection.shutdown(socket.SHUT_WR)
        read_all(connection)
    wait_until(lambda: "whittle_live_listeners 0\n" in get(daemon, "/metrics").text, "it is still told")


def test_serving_takes_one_thread(start):
    daemon = start()
    without = start({"http.bind": ""})
    daemon.learn(*SAMPLES)
    without.learn(*SAMPLES)
    # The pool that tasks run on has as many as there are processors, started as they are needed.
    pool = len(os.sched_getaffinity(0)) + 2
    for _ in range(20):
        request(daemon, "/api/history")
        request(daemon, "/metrics")
    assert threads(daemon) <= threads(without) + 1 + pool
