"""The command line tool under test, with and without a terminal."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from dataclasses import dataclass

from daemon import LIMIT, PROGRAMS, Daemon, clean_environment


def variables(daemon: Daemon | None) -> dict[str, str]:
    """Tells the tool where the daemon listens."""
    if daemon is None:
        return {}
    names = {
        "WHITTLE_PUSH": "ingest.pull.bind", "WHITTLE_QUERY": "query.bind", "WHITTLE_SUBSCRIBE": "publish.bind"}
    return {name: daemon.endpoint(key) for name, key in names.items() if key in daemon.endpoints}


def whittle(daemon: Daemon | None, *arguments, stdin: str = "", code: int = 0) -> subprocess.CompletedProcess:
    """Runs it to its end, and checks the exit code."""
    ended = subprocess.run(
        [PROGRAMS / "whittle", *map(str, arguments)], env=clean_environment(**variables(daemon)), input=stdin,
        capture_output=True, text=True, timeout=LIMIT)
    assert ended.returncode == code, ended
    return ended


@dataclass
class Screen:
    """What a program wrote to a terminal, and its exit code."""

    text: str
    code: int


def whittle_on_a_terminal(
    daemon: Daemon, *arguments, rows: int = 24, columns: int = 80, until: str | None = None, **environment: str
) -> Screen:
    """Runs it on a terminal of its own: to its end, or until a text appears; then it is interrupted as by Ctrl-C."""
    terminal, programs_side = pty.openpty()
    fcntl.ioctl(programs_side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [PROGRAMS / "whittle", *map(str, arguments)], stdin=programs_side, stdout=programs_side,
        stderr=programs_side, start_new_session=True,
        env=clean_environment(**{"TERM": "xterm", "LC_ALL": "C.UTF-8"} | variables(daemon) | environment))
    os.close(programs_side)
    try:
        text, end, interrupted = b"", time.monotonic() + LIMIT, False
        while chunk := read(terminal, end):
            text += chunk
            if until is not None and not interrupted and until in text.decode(errors="replace"):
                process.send_signal(signal.SIGINT)
                interrupted = True
        return Screen(text.decode(), process.wait(LIMIT))
    finally:
        os.close(terminal)
        if process.poll() is None:
            process.kill()
            process.wait(LIMIT)


def read(terminal: int, end: float) -> bytes:
    """What comes next; nothing once the program has left the terminal."""
    assert select.select([terminal], [], [], max(end - time.monotonic(), 0))[0], "the program went silent"
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
