"""What a process takes of its machine over time, and whether it takes ever more."""

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy


@dataclass(frozen=True)
class Figures:
    """One look at a daemon."""

    seconds: float
    resident_bytes: int
    descriptors: int
    threads: int
    disk_bytes: int
    files: int
    step: int = 0
    messages: int = 0

    @classmethod
    def of(cls, process: int, state: Path, begun: float, stats: dict) -> "Figures":
        status = Path(f"/proc/{process}/status").read_text()
        disk_bytes, files = disk_use(state)
        return cls(
            seconds=time.monotonic() - begun,
            resident_bytes=int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024,
            descriptors=len(os.listdir(f"/proc/{process}/fd")),
            threads=int(re.search(r"Threads:\s+(\d+)", status)[1]),
            disk_bytes=disk_bytes, files=files, step=stats["step"], messages=stats["messages"])


def disk_use(directory: Path) -> tuple[int, int]:
    """Bytes and number of the files below a directory, in which files come and go meanwhile."""
    total, count = 0, 0
    for parent, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size
                count += 1
            except FileNotFoundError:
                pass
    return total, count


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """How much a value rises a second: the median over all pairs (Theil and Sen), so that a quarter of the looks may be
    whatever they are."""
    times, values = numpy.asarray(times, float), numpy.asarray(values, float)
    # A thousand looks make half a million pairs, which is enough.
    every = -(-len(times) // 1000)
    times, values = times[::every], values[::every]
    first, second = numpy.triu_indices(len(times), 1)
    apart = times[second] - times[first]
    return float(numpy.median((values[second] - values[first])[apart > 0] / apart[apart > 0]))


def growth(times: Sequence[float], values: Sequence[float]) -> float:
    """By how much a value rose over these times, by its slope or by the medians of the first and the last fifth, whichever
    says more."""
    fifth = max(1, len(values) // 5)
    medians = float(numpy.median(values[-fifth:]) - numpy.median(values[:fifth]))
    return max(slope(times, values) * (times[-1] - times[0]), medians)


@dataclass(frozen=True)
class Bounds:
    """What a daemon may take once it is warm."""

    # By how much it may grow over the time that is looked at.
    resident_growth: float
    descriptor_growth: float
    thread_growth: float
    # How much of the disk there may be in use at any time.
    disk_bytes: float

    def broken(self, figures: Sequence[Figures], warm_after: float) -> list[str]:
        """What does not hold of the looks after so many seconds."""
        warm = [look for look in figures if look.seconds >= warm_after]
        if len(warm) < 20:
            return [f"there are {len(warm)} looks at the warm daemon, too few to say anything"]
        times = [look.seconds for look in warm]
        problems = []
        for name, bound in [
            ("resident_bytes", self.resident_growth), ("descriptors", self.descriptor_growth),
            ("threads", self.thread_growth)]:
            by = growth(times, [getattr(look, name) for look in warm])
            if by > bound:
                problems.append(
                    f"{name} grew by {by:,.0f} in {times[-1] - times[0]:,.0f} s, and {bound:,.0f} is the bound")
        most = max(look.disk_bytes for look in figures)
        if most > self.disk_bytes:
            problems.append(f"the state directory had {most:,} bytes, and {self.disk_bytes:,.0f} is the bound")
        return problems
