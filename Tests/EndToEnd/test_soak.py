"""Two minutes of a soak, and what it judges by. WHITTLE_SOAK_SECONDS makes it longer; `soak.py` runs by hand."""

import faulthandler
import os
import shutil
from pathlib import Path

import numpy
import pytest

from soak import MEGABYTE, Plan, soak
from soak_figures import Bounds, Figures, growth, needed, slope

SECONDS = float(os.environ.get("WHITTLE_SOAK_SECONDS", "120"))


def test_all_at_once(tmp_path, start, measured):
    # It takes longer than what is taken for a test that hangs.
    faulthandler.cancel_dump_traceback_later()
    plan = Plan(SECONDS)
    print(f"seed {plan.seed}")
    outcome = soak(plan, tmp_path, lambda settings, state: start(settings, state=state))
    shutil.rmtree(tmp_path / "soaked")
    assert not outcome.problems, "\n".join(outcome.problems)
    assert outcome.learned_again > 0
    # Nobody came too late to take part.
    connections = [report["connections"] for report in outcome.reports if "last" in report]
    assert len(connections) == 5 and min(connections) > 2
    measured("samples of a soak", outcome.figures[-1].step)
    measured("resident megabytes of a soak", outcome.figures[-1].resident_bytes / MEGABYTE)


# What a soak judges by


BOUNDS = Bounds(
    resident_growth=8 * MEGABYTE, descriptor_growth=10, thread_growth=2, disk_bytes=100 * MEGABYTE,
    needed_bytes=1000 * MEGABYTE)


def watched(seconds: int = 120, **rising: float) -> list[Figures]:
    """A daemon's figures as they are, with noise and now and then a peak; some rise by so much a second."""
    generator = numpy.random.default_rng(1)
    at_rest = {"resident_bytes": 70 * MEGABYTE, "descriptors": 60, "threads": 13, "disk_bytes": 60 * MEGABYTE, "files": 9}
    noise = {"resident_bytes": 2 * MEGABYTE, "descriptors": 5, "threads": 0, "disk_bytes": 5 * MEGABYTE, "files": 2}
    looks = []
    for second in range(seconds):
        figures = {
            name: int(value + noise[name] * generator.random() + rising.get(name, 0) * second) for name, value in at_rest.items()}
        if second % 10 == 3:
            figures["resident_bytes"] += 30 * MEGABYTE
        looks.append(Figures(seconds=second, **figures))
    return looks


def test_a_daemon_that_is_as_it_was():
    assert BOUNDS.broken(watched(), warm_after=40) == []
    # While it gets warm it may grow as it likes.
    assert BOUNDS.broken(watched(40, resident_bytes=MEGABYTE) + watched()[40:], warm_after=40) == []


@pytest.mark.parametrize("name, a_second", [
    ("resident_bytes", 150_000), ("descriptors", 0.2), ("threads", 0.05), ("disk_bytes", 500_000)])
def test_a_leak_is_seen(name, a_second):
    problems = BOUNDS.broken(watched(**{name: a_second}), warm_after=40)
    assert len(problems) == 1
    assert "state directory" in problems[0] if name == "disk_bytes" else problems[0].startswith(f"{name} grew by")


def needing(most: int) -> list[Figures]:
    """A daemon whose journal recovery needs more and more of, up to so many bytes."""
    looks = watched()
    return [Figures(**(vars(look) | {
        "disk_bytes": look.disk_bytes + most * number // len(looks), "needed_bytes": most * number // len(looks)}))
        for number, look in enumerate(looks, 1)]


def test_what_recovery_needs_is_counted_by_itself():
    assert BOUNDS.broken(needing(1000 * MEGABYTE), warm_after=40) == []
    problem, = BOUNDS.broken(needing(1001 * MEGABYTE), warm_after=40)
    assert "that recovery may need" in problem


def test_which_segments_recovery_needs():
    sizes = {Path(f"state/journal/journal-{first:020}.whittle"): 10 ** number for number, first in enumerate([8, 15, 21])}
    sizes |= {Path("state/journal/journal-aside"): 1000, Path("state/lock"): 1000}
    assert [needed(sizes, position) for position in (0, 13, 14, 19, 20, 99)] == [111, 111, 110, 110, 100, 100]
    assert needed({}, 3) == 0


def test_what_rises_at_once_and_stays():
    """A step late in a soak leaves most pairs level, so that the slope does not show it."""
    looks = watched(80) + [look for look in watched(120, resident_bytes=0)[80:]]
    late = [Figures(**(vars(look) | {"resident_bytes": look.resident_bytes + 12 * MEGABYTE})) for look in looks[100:]]
    assert BOUNDS.broken(looks[:100] + late, warm_after=40)


def test_too_few_looks_say_nothing():
    assert BOUNDS.broken(watched(50), warm_after=40)


def test_slope_and_growth():
    times = numpy.arange(3000) / 10
    values = 3 + 2 * times
    # A quarter of the looks is far off.
    values[::4] += 1000
    assert slope(times, values) == pytest.approx(2, abs=0.01)
    assert growth([0, 1, 2, 3], [5, 5, 5, 5]) == 0
    assert growth([0, 1, 2, 3, 4], [0, 10, 20, 30, 40]) == 40
    assert growth([0, 1, 2, 3, 4], [40, 30, 20, 10, 0]) == -40
