"""A sender that loses nothing: it numbers its messages, and sends again after a crash what was not acknowledged."""

import json
import time
from collections import deque
from collections.abc import Callable

import zmq

from daemon import LIMIT, Daemon, connected

ROUTER = "ingest.router.bind"


class Sender:
    """Sends messages 1, 2, … of one source in order; message n is the frames `message(n)`, which carry the number."""

    # Messages on their way at most.
    WINDOW = 64

    def __init__(self, context: zmq.Context, message: Callable[[int], list[bytes]]):
        self.context = context
        self.message = message
        self.acknowledged = 0
        self.answers = 0
        self.duplicates = 0
        self._next = 1
        self._waiting: deque[int] = deque()
        self._socket: zmq.Socket | None = None

    def connect(self, daemon: Daemon) -> None:
        """To a daemon that just began: from the oldest message on that was not acknowledged."""
        self.close()
        self._socket = connected(self.context, zmq.DEALER, daemon.endpoint(ROUTER))
        self._next = self.acknowledged + 1
        self._waiting.clear()

    def close(self) -> None:
        """As if the sender's side of the connection died, too."""
        if self._socket:
            self._socket.close(linger=0)
        self._socket = None

    @property
    def waiting(self) -> int:
        """Messages that were sent and not answered."""
        return len(self._waiting)

    def fill(self, last: int) -> None:
        """Sends messages up to `last`, as far as the window goes."""
        while self._next <= last and len(self._waiting) < self.WINDOW:
            number = self._next
            self._socket.send_multipart([str(number).encode(), b"", *self.message(number)])
            self._waiting.append(number)
            self._next += 1

    def take(self, timeout: float) -> bool:
        """Takes the answers that are there, waiting so many seconds at most. Returns whether there were any."""
        if not self._socket.poll(int(timeout * 1000)):
            return False
        while True:
            try:
                correlation, delimiter, text = self._socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return True
            number, answer = self._waiting.popleft(), json.loads(text)
            # In the order of the messages, and all of them are good ones.
            assert (correlation, delimiter) == (str(number).encode(), b""), (correlation, number)
            assert answer["ok"], answer
            self.acknowledged = number
            self.answers += 1
            self.duplicates += answer.get("duplicates", 0)

    def send(self, last: int) -> None:
        """Sends all up to `last` and waits until they are acknowledged."""
        end = time.monotonic() + LIMIT
        while self.acknowledged < last:
            self.fill(last)
            self.take(1)
            assert time.monotonic() < end, f"message {self.acknowledged + 1} was not acknowledged"

    def offer(self, last: int) -> None:
        """Sends messages up to `last`, whatever the window, and waits for nothing."""
        while self._next <= last:
            self._socket.send_multipart([str(self._next).encode(), b"", *self.message(self._next)])
            self._waiting.append(self._next)
            self._next += 1


def numbered(payload: Callable[[int], list[bytes]]) -> Callable[[int], list[bytes]]:
    """Puts an envelope with the message's number before a payload; the header of arrays has it among its fields."""

    def message(number: int) -> list[bytes]:
        envelope = {"source": "sender", "seq": number}
        first, *buffers = payload(number)
        if buffers:
            return [json.dumps(json.loads(first) | envelope).encode(), *buffers]
        return [json.dumps(envelope).encode(), first]

    return message


def cycled(payloads: list[list[bytes]]) -> Callable[[int], list[bytes]]:
    """Message n of an endless stream that repeats itself; the first is number 1."""
    return lambda number: payloads[(number - 1) % len(payloads)]
