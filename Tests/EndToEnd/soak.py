"""A soak: a daemon under all that its users do, at once and for long. What it takes of the machine must not grow, and
nothing may be lost.

    Tests/EndToEnd/soak.py --seconds 3600 --rate 500 --directory DIRECTORY

runs by hand for as long as one likes; `test_soak.py` runs two minutes of it. WHITTLE_BIN names the programs' directory. What
holds at the end: memory, descriptors and threads have not grown since the daemon was warm; the disk was within bounds; each
numbered message was learned once; and the last part of the accepted stream, given to a daemon that is left alone, makes the
same model bit for bit.
"""

import argparse
import json
import multiprocessing
import os
import queue
import random
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from multiprocessing import connection
from pathlib import Path

import zmq

from checkpoint_file import CheckpointFile, files
from daemon import LIMIT, Daemon
from journal_file import Record, segments
from reference import assert_same_model
from sender import Sender
from soak_figures import Bounds, Figures
from soak_readers import asking, browsing, subscribing
from soak_senders import Place, answered, broken, published, pushed

MEGABYTE = 1 << 20

# Small enough that every bound is reached before the daemon is taken for warm.
SETTINGS = {
    "ingest.router.bind": "tcp://127.0.0.1:*", "ingest.pull.bind": "tcp://127.0.0.1:*", "ingest.sub.bind": "tcp://127.0.0.1:*",
    "ingest.receive_high_water_mark": 200, "ingest.router.acknowledge": "journaled",
    "penalty.l1": 0.01, "penalty.l2": 0.001, "learning_rate.initial": 0.001, "limits.features": 5000, "delayed.samples": 500,
    "checkpoint.every_seconds": 1, "checkpoint.keep": 3, "checkpoint.keep_hourly": 1, "checkpoint.keep_daily": 1,
    "catalog.coefficients": 1000, "journal.sync": "interval", "journal.segment_bytes": 4 * MEGABYTE,
    "journal.buffer_bytes": 4 * MEGABYTE,
    "publish.every_seconds": 0.2, "events.entered_after": 3, "events.left_after": 16, "events.drift": "both"}

# Who takes part, and how many messages or turns a second each of them has; senders as many as are taken.
CLIENTS: list[tuple[Callable[[Place], dict], float]] = [
    (answered, 0), (answered, 0), (pushed, 0), (published, 2000), (published, 2000), (broken, 5), (asking, 50),
    (subscribing, 20), (browsing, 10)]


@dataclass(frozen=True)
class Plan:
    """How long a soak is, and what it must keep to."""

    seconds: float
    # Messages a second of each sender that has no limit of its own; 0: none.
    rate: float = 0
    # The share of the time after which the daemon is warm.
    warm: float = 1 / 3
    # Seconds between two looks.
    every: float = 1
    # Seconds at the end that are learned again by a daemon that is left alone.
    again: float = 10
    # So many, whatever the machine takes in that time.
    journal_bytes: int = 2048 * MEGABYTE
    seed: int = field(default_factory=lambda: random.randrange(1 << 32))

    @property
    def bounds(self) -> Bounds:
        # What the journal is to keep. Besides five checkpoints and one that is being written, each under a megabyte; the catalog
        # of all; and what there was no time to remove yet.
        return Bounds(
            resident_growth=8 * MEGABYTE, descriptor_growth=10, thread_growth=2,
            disk_bytes=self.journal_bytes + 64 * MEGABYTE, needed_bytes=2048 * MEGABYTE)


@dataclass
class Outcome:
    figures: list[Figures] = field(default_factory=list)
    reports: list[dict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    learned_again: int = 0

    def expect(self, name: str, found, expected) -> None:
        if found != expected:
            self.problems.append(f"{name}: found {found}, expected {expected}")


class Crowd:
    """Clients in processes of their own."""

    def __init__(self, plan: Plan, endpoints: dict[str, str]):
        processes = multiprocessing.get_context("spawn")
        self.stop, self.reports = processes.Event(), processes.Queue()
        together = processes.Barrier(len(CLIENTS) + 1)
        self.processes = [
            processes.Process(
                target=take_part, daemon=True,
                args=(client, Place(endpoints, self.stop, plan.seed + number, rate or plan.rate), together, self.reports))
            for number, (client, rate) in enumerate(CLIENTS)]
        for process in self.processes:
            process.start()
        together.wait(LIMIT)

    def has_ended(self, within: float) -> bool:
        """Whether any of them ends, as none should; waits so many seconds for it."""
        return bool(connection.wait([process.sentinel for process in self.processes], max(0, within)))

    def end(self) -> list[dict]:
        """What each reports, in no order; whoever failed reports how."""
        self.stop.set()
        reports = []
        for _ in self.processes:
            try:
                reports.append(self.reports.get(timeout=2 * LIMIT))
            except queue.Empty:
                reports.append({"failed": "a client did not end"})
        for process in self.processes:
            process.join(LIMIT)
        return reports

    def kill(self) -> None:
        for process in self.processes:
            process.kill()


def take_part(client: Callable[[Place], dict], place: Place, together, reports) -> None:
    try:
        together.wait(LIMIT)
        reports.put(client(place))
    except BaseException:
        reports.put({"failed": f"{client.__name__}: {traceback.format_exc()}"})


def soak(
    plan: Plan, directory: Path, start: Callable[[dict, Path], Daemon], told: Callable[[Figures], None] = lambda _: None
) -> Outcome:
    """Runs one, in an empty directory. `start` starts a daemon with these settings on that state directory."""
    outcome = Outcome()
    state, earlier = directory / "soaked", directory / "earlier"
    daemon = start(SETTINGS | {"journal.keep_bytes": plan.journal_bytes}, state)
    daemon.checkpoint()
    earlier.mkdir()
    idle = Figures.of(daemon.process.pid, state, time.monotonic(), daemon.stats())
    crowd = Crowd(plan, {key: endpoints[0] for key, endpoints in daemon.endpoints.items()})
    begun = time.monotonic()
    try:
        for look in looks(daemon, crowd, state, begun, plan):
            outcome.figures.append(look)
            told(look)
            if not files(earlier) and look.seconds > plan.seconds - plan.again:
                keep_checkpoint(daemon, earlier)
            if crowd.has_ended(0):
                break
        outcome.reports = crowd.end()
    finally:
        crowd.kill()
    outcome.problems += [report["failed"] for report in outcome.reports if "failed" in report]
    # Of what one has sent who failed nobody knows.
    if not outcome.problems:
        account(daemon, outcome)
    settle(daemon, state, begun, idle, outcome)
    outcome.problems += plan.bounds.broken(outcome.figures, plan.warm * plan.seconds)
    code = daemon.stop()
    outcome.expect("exit code", code, 0)
    outcome.expect("errors in the log", [line for line in daemon.log if line["level"] in ("error", "critical")], [])
    outcome.expect("other lines on standard error", daemon.stray_lines, [])
    if files(earlier):
        learn_again(start, state, earlier, outcome)
    return outcome


def looks(daemon: Daemon, crowd: Crowd, state: Path, begun: float, plan: Plan) -> Iterator[Figures]:
    """Looks at the daemon now and then until the time is over, and at once where a client has ended."""
    due = begun
    while time.monotonic() < begun + plan.seconds:
        due += plan.every
        crowd.has_ended(due - time.monotonic())
        yield Figures.of(daemon.process.pid, state, begun, daemon.stats())


def keep_checkpoint(daemon: Daemon, directory: Path) -> None:
    """Gives a checkpoint a second name, in a directory from which nobody removes it."""
    written = Path(daemon.checkpoint()["file"])
    os.link(written, directory / written.name)


def settle(daemon: Daemon, state: Path, begun: float, idle: Figures, outcome: Outcome) -> None:
    """Whatever belonged to clients is let go of once they are gone."""
    end = time.monotonic() + LIMIT
    while True:
        look = Figures.of(daemon.process.pid, state, begun, daemon.stats())
        # The first client of a kind may have had something opened that stays.
        if look.descriptors <= idle.descriptors + 4 and look.threads <= idle.threads + 3:
            return
        if time.monotonic() > end:
            outcome.problems.append(
                f"all clients are gone, and their descriptors or threads are not: before {idle}, after {look}")
            return


def account(daemon: Daemon, outcome: Outcome) -> None:
    """All that was sent was learned, once, and all that was broken was rejected."""
    reports = outcome.reports
    last = {source: number for report in reports for source, number in report.get("last", {}).items() if number}
    waited = sum(number // 3 for source, number in last.items() if source.startswith("published"))
    whole = sum(report.get("whole", 0) for report in reports)
    targets = sum((number + 1) // 3 for source, number in last.items() if source.startswith("published"))
    stats = daemon.wait_until(
        lambda stats: stats["journal"]["position"] >= sum(last.values()) + stats["sequences"]["duplicates"])
    delayed = stats["delayed"]
    # What came again is journaled, too: that it came is part of what the daemon tells.
    again, duplicates = sum(report.get("sent again", 0) for report in reports), stats["sequences"]["duplicates"]
    if duplicates < again:
        outcome.problems.append(f"{again} messages were answered as duplicates, and {duplicates} were counted")
    outcome.expect("accepted messages", stats["journal"]["position"], sum(last.values()) + duplicates)
    outcome.expect("rejected messages", sum(stats["rejected"].values()), sum(report.get("broken", 0) for report in reports))
    outcome.expect("missing numbers", stats["sequences"]["missing"], 0)
    outcome.expect("targets", delayed["matched"] + delayed["unmatched"], targets)
    outcome.expect("steps", stats["step"], whole + delayed["matched"])
    outcome.expect("samples that waited", delayed["matched"] + delayed["forgotten"] + delayed["waiting"], waited)
    outcome.expect("health", stats["health"], "ok")
    checkpoint = CheckpointFile.read(daemon.checkpoint()["file"])
    progress = {each["source"]: each["progress"]["last"] for each in json.loads(checkpoint.metadata["sequences"])}
    outcome.expect("sources' last numbers", progress, last)


def learn_again(start, state: Path, earlier: Path, outcome: Outcome) -> None:
    """The messages that the journal has after an earlier checkpoint are sent to a daemon that goes on from it."""
    final = CheckpointFile.read(files(state)[-1])
    begin, end = (
        int(checkpoint.metadata["position"]) for checkpoint in (CheckpointFile.read(files(earlier)[0]), final))
    messages = iter(accepted(state, begin, end))
    quiet = start(
        SETTINGS | {"ingest.router.acknowledge": "accepted", "journal.sync": "off", "checkpoint.every_seconds": 0}, earlier)
    sender = Sender(quiet.context, lambda _: next(messages))
    sender.connect(quiet)
    # A while at a time, so that a machine that is busy has time for all of them.
    for last in [*range(0, end - begin, 1000), end - begin]:
        sender.send(last)
    assert_same_model(CheckpointFile.read(quiet.checkpoint()["file"]), final)
    outcome.learned_again = end - begin
    assert quiet.stop() == 0


def accepted(state: Path, begin: int, end: int) -> Iterator[list[bytes]]:
    """The frames of the messages behind one position up to another."""
    position = begin
    for segment in segments(state):
        content = segment.path.read_bytes()
        for record in segment.records:
            if position < record.position <= end:
                assert record.position == position + 1, f"the journal goes on at {record.position} after {position}"
                position = record.position
                yield frames(content, record)
    assert position == end, f"the journal ends with {position}, and the model has learned {end}"


def frames(content: bytes, record: Record) -> list[bytes]:
    def number(offset: int) -> int:
        return int.from_bytes(content[offset : offset + 4], "little")

    count = number(record.offset + 36)
    lengths = [number(record.offset + 40 + 4 * index) for index in range(count)]
    offset, found = record.offset + 40 + 4 * count, []
    for length in lengths:
        found.append(content[offset : offset + length])
        offset += length
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3600, help="how long it is")
    parser.add_argument(
        "--rate", type=float, default=0, help="messages a second of each sender without a limit of its own; 0: all it can")
    parser.add_argument("--directory", type=Path, required=True, help="where state and figures go; is made anew")
    parser.add_argument("--seed", type=int, help="repeats a run's choices")
    given = parser.parse_args()
    shutil.rmtree(given.directory, ignore_errors=True)
    given.directory.mkdir(parents=True)
    plan = Plan(given.seconds, given.rate, warm=1 / 6, every=max(1, given.seconds / 720))
    if given.seed is not None:
        plan = Plan(given.seconds, given.rate, plan.warm, plan.every, seed=given.seed)
    print(f"seed {plan.seed}", flush=True)
    context = zmq.Context()
    daemons: list[Daemon] = []
    lines = (given.directory / "figures.jsonl").open("w", buffering=1)

    def start(settings: dict, state: Path) -> Daemon:
        daemons.append(Daemon(context, state, settings))
        return daemons[-1].start()

    def told(look: Figures) -> None:
        print(json.dumps(asdict(look)), file=lines)

    try:
        outcome = soak(plan, given.directory, start, told)
    finally:
        for daemon in daemons:
            daemon.kill()
        context.destroy(linger=0)
    for report in outcome.reports:
        print(json.dumps({key: value for key, value in report.items() if key != "last"}))
    for share in (1 / 6, 1 / 2, 1):
        look = next((look for look in outcome.figures if look.seconds >= share * given.seconds), outcome.figures[-1])
        print(f"at {look.seconds / 60:.1f} minutes: {look}")
    print(f"{outcome.learned_again} messages learned again by a daemon that was left alone")
    print("\n".join(outcome.problems) or "all holds")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
