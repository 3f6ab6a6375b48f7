"""The socket on which systemd hears how its services do, sd_notify(3)."""

import socket
import time
from collections.abc import Callable

from daemon import LIMIT


class NotifySocket:
    """A socket at a path; `name` is for NOTIFY_SOCKET."""

    def __init__(self, name: str):
        self.name = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name)

    def __enter__(self) -> "NotifySocket":
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def next(self, within: float = LIMIT) -> list[str] | None:
        """The assignments of the next datagram; None where none comes in time. Seconds."""
        self._socket.settimeout(max(within, 1e-3))
        try:
            return self._socket.recv(65536).decode().split("\n")
        except (TimeoutError, BlockingIOError):
            return None

    def until(self, wanted: str) -> list[str]:
        """All assignments up to one, which has to come."""
        heard: list[str] = []
        end = time.monotonic() + LIMIT
        while wanted not in heard:
            words = self.next(end - time.monotonic())
            assert words, f"{wanted} did not come after {heard}"
            heard += words
        return heard

    def status(self, holds: Callable[[str], bool]) -> str:
        """The first status line that is as wanted."""
        heard: list[str] = []
        end = time.monotonic() + LIMIT
        while True:
            words = self.next(end - time.monotonic())
            assert words, f"no such status came: {heard}"
            for text in (word.removeprefix("STATUS=") for word in words if word.startswith("STATUS=")):
                heard.append(text)
                if holds(text):
                    return text

    def waiting(self) -> list[str]:
        """What has come and was not heard yet."""
        heard: list[str] = []
        while words := self.next(0):
            heard += words
        return heard
