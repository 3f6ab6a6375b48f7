"""A daemon's HTTP server as tests see it: requests, raw connections, and server-sent events."""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daemon import LIMIT, Daemon


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def address(daemon: Daemon) -> tuple[str, int]:
    host, port = daemon.endpoint("http.bind").rsplit(":", 1)
    return host.strip("[]"), int(port)


def connect(daemon: Daemon) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(*address(daemon), timeout=LIMIT)


def request(daemon: Daemon, path: str, method: str = "GET", headers: dict | None = None, body=None) -> Reply:
    connection = connect(daemon)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    read = Reply(reply.status, reply.headers, reply.read())
    connection.close()
    return read


def get(daemon: Daemon, path: str) -> Reply:
    reply = request(daemon, path)
    assert reply.status == 200, reply
    return reply


def wait_until(holds: Callable, what: str):
    """Asks again and again; every question waits for its answer."""
    end = time.monotonic() + LIMIT
    while not (value := holds()):
        assert time.monotonic() < end, what
    return value


def raw(daemon: Daemon, receive_buffer: int | None = None) -> socket.socket:
    """A connection on which nothing is said yet."""
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(LIMIT)
    connection.connect(address(daemon))
    return connection


def read_all(connection: socket.socket) -> bytes:
    """All that comes until the other end closes, in order or not."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


@dataclass(frozen=True)
class Told:
    id: int
    event: str
    data: dict


class Live:
    """A listener at /api/live."""

    def __init__(self, daemon: Daemon, last_id: int | None = None, headers: dict | None = None):
        self.connection = connect(daemon)
        headers = (headers or {}) | ({} if last_id is None else {"Last-Event-ID": str(last_id)})
        self.connection.request("GET", "/api/live", headers=headers)
        self.reply = self.connection.getresponse()
        self.status = self.reply.status

    def __iter__(self) -> Iterator[Told]:
        """What is told, until the daemon ends it."""
        fields: dict[str, str] = {}
        for line in self.reply:
            name, _, text = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = text
            elif "data" in fields:
                yield Told(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                fields = {}

    def next(self, event: str) -> Told:
        return next(told for told in self if told.event == event)

    def close(self) -> None:
        self.connection.close()
