"""The machine's time of day jumps, as when it is set right after a start without network: nothing but what people read goes by it."""

import glob
import time

import pytest

from daemon import DEFAULTS, text
from streams import random_samples
from subscriber import received, subscribed

# Debian's libfaketime; the monotonic clock stays what it is, as it does when somebody sets the time.
LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
SAMPLES = random_samples(600)
YEAR = 365 * 24 * 3600

pytestmark = pytest.mark.skipif(not LIBRARY, reason="libfaketime is not installed")


class Clock:
    """The time of day that a daemon sees."""

    def __init__(self, path):
        self._path = path
        self.jump("+0")
        self.environment = {
            "LD_PRELOAD": LIBRARY[0], "FAKETIME_TIMESTAMP_FILE": str(path), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}

    def variables(self, state, settings: dict) -> dict[str, str]:
        """The environment of a daemon. Its settings are in there, too: with the library, Swift finds no arguments."""
        given = {key: text(value) for key, value in (DEFAULTS | {"state.directory": state} | settings).items()}
        return self.environment | {"WHITTLED_" + key.replace(".", "_").upper(): value for key, value in given.items()}

    def jump(self, offset: str) -> None:
        """Sets the time so far from the true one."""
        new = self._path.with_suffix(".new")
        new.write_text(f"{offset}\n")
        new.rename(self._path)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path / "clock")


@pytest.fixture
def start_on(start, clock, tmp_path):
    """Starts a daemon by this clock, in the test's one state directory."""

    def start_on(settings: dict):
        state = tmp_path / "state"
        return start(settings, state=state, environment=clock.variables(state, settings))

    return start_on


def next_publication(socket, step: int) -> dict:
    """The first of the publications to come that knows the step."""
    while (stats := received(socket)[1])["step"] < step:
        pass
    return stats


SETTINGS = {
    "publish.every_seconds": 0.05, "checkpoint.every_seconds": 0.1, "checkpoint.keep_hourly": 24,
    "checkpoint.keep_daily": 30, "journal.sync": "always", "delayed.age_seconds": 3600}


def test_jumps_to_and_fro(start_on, clock):
    daemon = start_on(SETTINGS)
    events = subscribed(daemon, "event")
    stats = subscribed(daemon, "stats")
    daemon.learn({"id": "early", "x": {"a": 1.0}})
    step = 0
    for offset, years in [("+0", 0), ("+10y", 10), ("-20y", -20), ("+15y", 15), ("-1y", -1)]:
        clock.jump(offset)
        daemon.learn(*SAMPLES[step:step + 100])
        step += 100
        # What is due goes on coming, at its pace, and figures are those of the time that has passed.
        published = next_publication(stats, step)
        assert 0 <= published["uptime_seconds"] < 600
        assert 0 <= published["samples_per_second"] < 1e7
        assert published["delayed"]["waiting"] == 1 and published["delayed"]["forgotten"] == 0
        while (event := received(events)[1])["event"] != "checkpoint_written" or event["step"] < step:
            pass
        # The clock did jump: people are told the time of day.
        assert abs(event["time"] - (time.time() + years * YEAR)) < 600 + 10 * 24 * 3600
    daemon.learn({"id": "early", "y": 2.0})
    assert daemon.stats()["delayed"]["matched"] == 1
    expected = daemon.coefficients()
    assert expected["step"] == 501
    daemon.wait_until(lambda stats: stats["checkpoint"]["step"] == 501)
    assert daemon.stats()["checkpoint"]["age_seconds"] < 600
    assert daemon.stop() == 0
    # The newest is what was written last, whatever the time was.
    daemon = start_on(SETTINGS)
    assert daemon.coefficients() == expected


@pytest.mark.parametrize("offset", ["-20y", "+10y"])
def test_a_jump_between_two_starts(start_on, clock, offset):
    daemon = start_on(SETTINGS)
    daemon.learn({"id": "early", "x": {"a": 1.0}}, *SAMPLES[:50])
    expected = daemon.coefficients()
    daemon.wait_for_journal()
    daemon.process.kill()
    daemon.wait()
    clock.jump(offset)
    daemon = start_on(SETTINGS | {"delayed.age_seconds": 1e9})
    assert daemon.coefficients() == expected, daemon.log
    stats = daemon.learn({"id": "early", "y": 2.0}, *SAMPLES[50:60])
    assert stats["delayed"]["matched"] == 1 and stats["step"] == 61
    assert daemon.stop() == 0
