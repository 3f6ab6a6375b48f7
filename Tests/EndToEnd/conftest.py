"""What every test may use: daemons and sockets that are gone when the test is over."""

import itertools
import tempfile
from pathlib import Path

import pytest
import zmq

from daemon import PROGRAMS, Daemon

pytest_plugins = ["measured"]


def pytest_sessionstart(session):
    if not (PROGRAMS / "whittled").exists():
        pytest.exit(f"there is no whittled in {PROGRAMS}: build it, or name its directory in WHITTLE_BIN", 2)


@pytest.fixture
def context():
    context = new_context()
    yield context
    context.destroy(linger=0)


def new_context() -> zmq.Context:
    context = zmq.Context()
    # What a socket still has to send when it is closed without more ado is of no interest.
    context.linger = 0
    return context


@pytest.fixture
def start(tmp_path, context):
    """Starts daemons: `start({"penalty.l1": 0.1})`; `state=` continues with an earlier one's state directory."""
    yield from daemon_starter(tmp_path, context)


@pytest.fixture(scope="module")
def start_shared(tmp_path_factory):
    """The same for daemons that all tests of a module share."""
    context = new_context()
    yield from daemon_starter(tmp_path_factory.mktemp("shared"), context)
    context.destroy(linger=0)


def daemon_starter(directory: Path, context: zmq.Context):
    daemons: list[Daemon] = []
    numbers = itertools.count(1)

    def start(settings: dict | None = None, *, state: Path | None = None, ready: bool = True, **more) -> Daemon:
        daemon = Daemon(context, state or directory / f"state-{next(numbers)}", settings, **more)
        daemons.append(daemon)
        if ready:
            daemon.start()
        else:
            daemon.launch()
        return daemon

    yield start
    for daemon in daemons:
        daemon.kill()


@pytest.fixture
def short_path():
    """A directory for ipc:// endpoints: the address of a Unix socket has room for 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="whittle-") as path:
        yield path
