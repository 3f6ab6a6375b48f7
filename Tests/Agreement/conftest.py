"""What every test may use: one learner process for the whole run."""

import pytest

from harness import PROGRAM, Harness

pytest_plugins = ["measured"]


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"there is no {PROGRAM}: build it, or name its directory in WHITTLE_BIN", 2)


@pytest.fixture(scope="session")
def harness():
    harness = Harness()
    yield harness
    harness.close()


@pytest.fixture(scope="session")
def learn(harness):
    """Learns, with the arguments of `Harness.learn`."""
    return harness.learn


@pytest.fixture(scope="session")
def decode(harness):
    """Decodes, with the arguments of `Harness.decode`."""
    return harness.decode
