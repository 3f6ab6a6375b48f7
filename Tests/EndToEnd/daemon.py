"""A daemon under test: started with its own state directory and endpoints, fed, asked, stopped, killed."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import zmq

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("WHITTLE_BIN", ROOT / ".build/debug")).resolve()
FIXTURES = ROOT / "Tests/Fixtures"

# Whatever is waited for comes within this time, or the test has failed. Seconds, and generous: machines may be busy.
LIMIT = 60.0
MILLISECONDS = int(LIMIT * 1000)

# Free ports, logs that programs can read, checkpoints only when a test asks for one; nor is one kept because an hour ended. And no
# events about what every model does that learns.
DEFAULTS = {
    "ingest.pull.bind": "tcp://127.0.0.1:*",
    "publish.bind": "tcp://127.0.0.1:*",
    "query.bind": "tcp://127.0.0.1:*",
    "http.bind": "127.0.0.1:0",
    "checkpoint.every_samples": 0,
    "checkpoint.every_seconds": 0,
    "checkpoint.keep_hourly": 0,
    "checkpoint.keep_daily": 0,
    "events.entered_after": 0,
    "events.left_after": 0,
    "events.drift": "off",
    "log.format": "json",
}


def flags(settings: dict) -> list[str]:
    """Settings by their keys as command-line flags; None leaves one out, a list is joined by commas."""
    arguments = []
    for key, value in settings.items():
        if value is not None:
            flag = "--" + key.replace(".", "-").replace("_", "-")
            # The argument parser takes "--flag=" for a flag that lacks its value.
            arguments += [f"{flag}={text(value)}"] if text(value) else [flag, ""]
    return arguments


def text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list | tuple) else str(value)


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what would configure the programs under test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WHITTLE", "NOTIFY_"))}
    return kept | more


def whittled(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    """Runs a `whittled` that is expected to end by itself."""
    return subprocess.run(
        [PROGRAMS / "whittled", *arguments], env=clean_environment(**environment or {}), timeout=LIMIT,
        capture_output=True, text=True)


class Daemon:
    """One process. `start` returns once it is ready."""

    def __init__(
        self, context: zmq.Context, state: Path, settings: dict | None = None,
        environment: dict[str, str] | None = None, arguments: Iterable[str] = (), prefix: Iterable[str] = ()
    ):
        self.context = context
        self.state = state
        self.settings = DEFAULTS | {"state.directory": state} | (settings or {})
        self.environment = environment or {}
        self.arguments = list(arguments)
        # A program that runs the daemon, with its own arguments.
        self.prefix = list(prefix)
        self.endpoints: dict[str, list[str]] = {}
        self.log: list[dict] = []
        self.stray_lines: list[str] = []
        self._news = threading.Condition()
        self._log_has_ended = False
        self._question: zmq.Socket | None = None
        self._pushers: dict[str, zmq.Socket] = {}

    def launch(self) -> None:
        """Starts the process and waits for nothing."""
        self.process = subprocess.Popen(
            [*self.prefix, PROGRAMS / "whittled", *flags(self.settings), *self.arguments],
            env=clean_environment(**self.environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def start(self) -> "Daemon":
        self.launch()
        ready = self.wait_for_log(lambda line: line["message"] == "ready")
        self.endpoints = {key: value.split(" ") for key, value in ready.items() if "." in key}
        return self

    # The log

    def _read_log(self) -> None:
        with self.process.stderr as lines:
            for line in lines:
                with self._news:
                    try:
                        self.log.append(json.loads(line))
                    except json.JSONDecodeError:
                        self.stray_lines.append(line)
                    self._news.notify_all()
        with self._news:
            self._log_has_ended = True
            self._news.notify_all()

    def wait_for_log(self, matches: Callable[[dict], bool]) -> dict:
        """The first log line that matches, waited for if need be."""
        return self._wait_for(self.log, matches)

    def wait_for_line(self, part: str) -> str:
        """The first line that is not JSON and has this part, waited for if need be."""
        return self._wait_for(self.stray_lines, lambda line: part in line)

    def _wait_for(self, lines: list, matches: Callable):
        def found():
            return next((line for line in lines if matches(line)), None)

        with self._news:
            self._news.wait_for(lambda: found() or self._log_has_ended, LIMIT)
            line = found()
            assert line, f"no such line came; log: {self.log}, other lines: {self.stray_lines}"
            return line

    def logged(self, message: str) -> list[dict]:
        """The log lines so far with this message."""
        with self._news:
            return [line for line in self.log if line["message"] == message]

    # Questions

    def endpoint(self, key: str) -> str:
        return self.endpoints[key][0]

    def ask(self, op: str, **fields) -> dict:
        """The answer to a question, whatever it is."""
        if self._question is None:
            self._question = connected(self.context, zmq.REQ, self.endpoint("query.bind"))
        self._question.send_json({"op": op, **fields})
        return received_json(self._question)

    def stats(self) -> dict:
        return self._succeeded(self.ask("stats"))

    def coefficients(self, **fields) -> dict:
        return self._succeeded(self.ask("coefficients", **fields))

    def checkpoint(self) -> dict:
        return self._succeeded(self.ask("checkpoint"))

    @staticmethod
    def _succeeded(answer: dict) -> dict:
        assert answer["ok"], answer
        return answer

    def wait_until(self, holds: Callable[[dict], bool]) -> dict:
        """Asks for stats until they are as wanted. Each question waits for its answer, so nothing has to sleep."""
        end = time.monotonic() + LIMIT
        while not holds(stats := self.stats()):
            assert time.monotonic() < end, f"it did not come to that; stats: {stats}"
        return stats

    def wait_for_journal(self) -> None:
        """Waits until all that is learned is on disk."""
        self.wait_until(lambda stats: stats["journal"]["synchronized"] == stats["journal"]["position"])

    # Samples

    def push(self, *payloads, endpoint: str | None = None) -> None:
        """Sends messages over PUSH: bytes, text, something for JSON, or a list of frames (bytes)."""
        endpoint = endpoint or self.endpoint("ingest.pull.bind")
        if endpoint not in self._pushers:
            self._pushers[endpoint] = connected(self.context, zmq.PUSH, endpoint)
        for payload in payloads:
            self._pushers[endpoint].send_multipart(frames(payload))

    def learn(self, *payloads, endpoint: str | None = None) -> dict:
        """Pushes messages and waits until all of them have been seen to. Returns the stats."""
        before = self.stats()["messages"]
        self.push(*payloads, endpoint=endpoint)
        return self.wait_until(lambda stats: stats["messages"] >= before + len(payloads))

    # The end

    def wait(self) -> int:
        """The exit code, once the process has ended by itself."""
        code = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        self._close_sockets()
        return code

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to stop. Returns the exit code."""
        self.process.send_signal(with_signal)
        return self.wait()

    def kill(self) -> None:
        """Ends it in whatever state it is, and leaves nothing of it."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait()

    def _close_sockets(self) -> None:
        for socket in filter(None, [self._question, *self._pushers.values()]):
            socket.close(linger=0)
        self._question, self._pushers = None, {}


# Sockets


def connected(context: zmq.Context, kind: int, endpoint: str) -> zmq.Socket:
    socket = limited(context, kind)
    socket.connect(endpoint)
    return socket


def bound(context: zmq.Context, kind: int, endpoint: str = "tcp://127.0.0.1:*") -> tuple[zmq.Socket, str]:
    """A bound socket and its endpoint in full."""
    socket = limited(context, kind)
    socket.bind(endpoint)
    return socket, socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")


def limited(context: zmq.Context, kind: int) -> zmq.Socket:
    """A socket on which nothing waits without limit."""
    socket = context.socket(kind)
    socket.sndtimeo = MILLISECONDS
    socket.rcvtimeo = MILLISECONDS
    return socket


def received_json(socket: zmq.Socket) -> dict:
    return json.loads(socket.recv())


def frames(payload) -> list[bytes]:
    if isinstance(payload, list) and payload and isinstance(payload[0], bytes):
        return payload
    if isinstance(payload, bytes):
        return [payload]
    return [(payload if isinstance(payload, str) else json.dumps(payload)).encode()]


def await_subscription(publisher: zmq.Socket, topic: bytes) -> None:
    """Waits on an XPUB until a subscription to the topic has arrived: from then on nothing that it sends is lost."""
    end = time.monotonic() + LIMIT
    while publisher.recv() != b"\x01" + topic:
        assert time.monotonic() < end, f"nobody subscribed to {topic!r}"
