"""What a process takes of its machine over time, and whether it takes ever more."""

import os
import re
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy
from safetensors import safe_open

from checkpoint_file import files


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
    # Those of the disk's bytes that recovery may need, which the journal has however little it keeps: as many as arrive in the
    # time of two or three checkpoints.
    needed_bytes: int = 0

    @classmethod
    def of(cls, process: int, state: Path, begun: float, stats: dict) -> "Figures":
        status = Path(f"/proc/{process}/status").read_text()
        # Before the journal is looked at: what is removed meanwhile is then not counted at all.
        position = settled_position(state)
        sizes = disk_use(state)
        return cls(
            seconds=time.monotonic() - begun,
            resident_bytes=int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024,
            descriptors=len(os.listdir(f"/proc/{process}/fd")),
            threads=int(re.search(r"Threads:\s+(\d+)", status)[1]),
            disk_bytes=sum(sizes.values()), files=len(sizes), step=stats["step"], messages=stats["messages"],
            needed_bytes=needed(sizes, position))


def disk_use(directory: Path) -> dict[Path, int]:
    """Bytes of each file below a directory, in which files come and go meanwhile."""
    sizes = {}
    for parent, _, names in os.walk(directory):
        for name in names:
            try:
                sizes[Path(parent, name)] = os.stat(os.path.join(parent, name)).st_size
            except FileNotFoundError:
                pass
    return sizes


def settled_position(state: Path) -> int:
    """Up to where the journal is no longer needed, nor soon to be removed: the position of the third newest checkpoint. The
    daemon keeps what leads from the second to the newest, and may just have written the newest; 0 where there are fewer."""
    while len(found := files(state)) >= 3:
        try:
            with safe_open(found[-3], "numpy") as checkpoint:
                return int(checkpoint.metadata()["position"])
        except FileNotFoundError:
            # There are newer ones now.
            continue
    return 0


def needed(sizes: dict[Path, int], position: int) -> int:
    """Bytes of the journal's segments that have messages behind a position. A segment's name says which message is its first."""
    segments = sorted(path for path in sizes if path.match("journal/journal-*.whittle"))
    last = [int(path.stem.removeprefix("journal-")) - 1 for path in segments[1:]]
    return sum(sizes[path] for path in segments[bisect_right(last, position):])


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
    # How much of the disk there may be in use at any time, besides what recovery may need.
    disk_bytes: float
    # How much recovery may need. It follows the machine's speed; this is for checkpoints that come to an end without a word.
    needed_bytes: float

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
        for whether, bound, sizes in [
            ("does not need", self.disk_bytes, (look.disk_bytes - look.needed_bytes for look in figures)),
            ("may need", self.needed_bytes, (look.needed_bytes for look in figures))]:
            if (most := max(sizes)) > bound:
                problems.append(f"the state directory had {most:,} bytes that recovery {whether}, and {bound:,.0f} is the bound")
        return problems
