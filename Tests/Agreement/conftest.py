"""What every test may use: one learner process for the whole run."""

import pytest

from harness import PROGRAM, Harness

pytest_plugins = ["measured"]


def pytest_sessionstart(session):
    if not PROGRAM.exists():
        pytest.exit(f"there is no {PROGRAM}: build it, or name its directory in WHITTLE_BIN", 2)


@pytest.fixture(scope="session")
def learn():
    """Learns, with the arguments of `Harness.learn`."""
    harness = Harness()
    yield harness.learn
    harness.close()
