"""Disks that fill up, break, or go away under a running daemon, and processes that are halted: real ones."""

import contextlib
import errno
import os
import resource
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from checkpoint_file import CheckpointFile, assert_told, files
from daemon import LIMIT, frames
from reference import assert_is_the_stream
from sender import ROUTER, Sender, cycled, numbered
from streams import random_samples

SAMPLES = random_samples(500)
DURABLE = {
    ROUTER: "tcp://127.0.0.1:*", "ingest.router.acknowledge": "durable", "journal.sync": "interval",
    "journal.interval_seconds": 0.005, "checkpoint.every_samples": 200, "penalty.l1": 0.05}


@pytest.fixture
def sender(context):
    return Sender(context, numbered(cycled([frames(sample) for sample in SAMPLES])))


@pytest.fixture
def mount(tmp_path):
    """Mounts something, on a directory of its own."""
    places = []

    def mount(*arguments) -> Path:
        place = tmp_path / f"disk-{len(places)}"
        place.mkdir()
        ended = subprocess.run(["mount", *arguments, place], capture_output=True, text=True)
        if ended.returncode != 0:
            pytest.skip(f"nothing can be mounted here: {ended.stderr.strip()}")
        places.append(place)
        return place

    yield mount
    for place in reversed(places):
        subprocess.run(["umount", "--lazy", place], check=True)


class SmallDisk:
    """A file system in memory that can be filled up."""

    def __init__(self, mount, kilobytes: int = 1 << 10):
        self.place = mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs")
        self.filler = self.place / "filler"
        self.state = self.place / "state"

    def fill(self) -> None:
        with open(self.filler, "wb", buffering=0) as file:
            with pytest.raises(OSError) as failure:
                while file.write(bytes(4096)):
                    pass
        assert failure.value.errno == errno.ENOSPC

    def free(self) -> None:
        self.filler.unlink()


class BrokenDisk(SmallDisk):
    """A block device whose sectors cannot all be written: the file that it lies in is sparse, and its own disk full.

    Soon after the first errors its file system becomes read-only."""

    def __init__(self, mount):
        if not shutil.which("mkfs.ext4"):
            pytest.skip("mkfs.ext4 is not installed")
        super().__init__(mount, 8 << 10)
        self.image = self.place / "image"
        with open(self.image, "wb") as file:
            file.truncate(16 << 20)
        # With a journal of its own, all there from the start: what it says to have synced stays so.
        options = ["-b", "4096", "-J", "size=4", "-E", "lazy_journal_init=0"]
        subprocess.run(["mkfs.ext4", "-q", *options, self.image], check=True)
        self.state = mount("-o", "loop", self.image) / "state"
        self._be_honest()

    def _be_honest(self) -> None:
        """A loop device says that it has written what it has written in part. A page it can only write or not."""
        place = self.state.parent
        device = subprocess.run(
            ["findmnt", "--noheadings", "--output", "SOURCE", place], check=True, capture_output=True, text=True)
        Path("/sys/block", Path(device.stdout.strip()).name, "queue/max_sectors_kb").write_text("4")

    def fill(self) -> None:
        # What is dirty has its place before there is none.
        subprocess.run(["sync", "--file-system", self.state.parent], check=True)
        super().fill()

    def lose_memory(self) -> None:
        """What has not reached the device is gone, as after a loss of power; and then there is room again, without which a
        file system cannot always go over its journal and be mounted."""
        place = self.state.parent
        subprocess.run(["umount", place], check=True)
        self.free()
        subprocess.run(["mount", "-o", "loop", self.image, place], check=True)
        self._be_honest()


def whatever_is_on_disk(state: Path, place: Path) -> Path:
    """What a kill would leave at this moment."""
    return Path(shutil.copytree(state, place, ignore=shutil.ignore_patterns("lock")))


def assert_has_all_that_was_acknowledged(start, state: Path, sender: Sender) -> None:
    daemon = start(DURABLE, state=state)
    checkpoint = CheckpointFile.read(daemon.checkpoint()["file"])
    assert checkpoint.step >= sender.acknowledged
    assert daemon.stop() == 0


def killed_and_finished(start, daemon, settings: dict, sender: Sender) -> None:
    """After a kill all that was acknowledged is there, once, and the stream goes on."""
    daemon.kill()
    daemon = start(settings, state=daemon.state)
    assert daemon.stats()["step"] >= sender.acknowledged
    assert daemon.stats()["health"] == "ok"
    sender.connect(daemon)
    sender.send(sender.acknowledged + 50)
    told = daemon.coefficients()
    assert daemon.stop() == 0
    assert not list(daemon.state.glob("**/.unfinished-*"))
    checkpoint = CheckpointFile.read(files(daemon.state)[-1])
    assert_told(checkpoint, told)
    assert_is_the_stream(start, settings, sender, checkpoint)


def degraded_by(daemon, sender: Sender, step: int) -> dict:
    """Learns up to a step without a disk that takes it. Returns the stats."""
    sender.offer(step)
    stats = daemon.wait_until(lambda stats: stats["health"] == "degraded" and stats["step"] == step)
    # Whatever answers there are have left by now, as those to questions have that were asked later.
    while sender.take(0.05):
        pass
    assert sender.acknowledged < step
    return stats


@pytest.fixture
def notifications(short_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(LIMIT)
        listener.bind(f"{short_path}/notify")
        yield listener


@pytest.mark.parametrize("sync", ["always", "interval"])
def test_a_full_disk(start, mount, sender, notifications, tmp_path, sync):
    """Learning goes on, what is not safe is not acknowledged, everybody is told, and all is well once the disk is."""
    disk, reason = SmallDisk(mount), "No space left on device"
    settings = DURABLE | {"journal.sync": sync, "publish.every_seconds": 0.05}
    daemon = start(settings, state=disk.state, environment={"NOTIFY_SOCKET": notifications.getsockname()})
    sender.connect(daemon)
    sender.send(300)
    disk.fill()
    stats = degraded_by(daemon, sender, 700)
    assert reason in stats["problem"], stats["problem"]
    while not (status := notifications.recv(65536).decode()).startswith("STATUS") or "degraded" not in status:
        pass
    assert reason in status
    assert_has_all_that_was_acknowledged(start, whatever_is_on_disk(daemon.state, tmp_path / "copy"), sender)
    disk.free()
    stats = daemon.wait_until(lambda stats: stats["health"] == "ok")
    assert "problem" not in stats
    daemon.wait_for_log(lambda line: line["message"].startswith("recovered"))
    sender.send(700)
    killed_and_finished(start, daemon, settings, sender)


@pytest.mark.parametrize("sync", ["always", "interval"])
def test_killed_while_the_disk_is_full(start, mount, sender, sync):
    disk = SmallDisk(mount)
    settings = DURABLE | {"journal.sync": sync}
    daemon = start(settings, state=disk.state)
    sender.connect(daemon)
    sender.send(300)
    disk.fill()
    degraded_by(daemon, sender, 700)
    disk.free()
    killed_and_finished(start, daemon, settings, sender)


@pytest.mark.parametrize("sync", ["always", "interval"])
def test_killed_while_the_disk_is_broken(start, mount, sender, sync):
    """What was acknowledged as durable is on the disk itself, and not just in the memory that stands before it."""
    disk = BrokenDisk(mount)
    settings = DURABLE | {"journal.sync": sync}
    daemon = start(settings, state=disk.state)
    sender.connect(daemon)
    sender.send(300)
    disk.fill()
    problem = degraded_by(daemon, sender, 700)["problem"]
    reasons = ["No space left on device", "Input/output error", "Read-only file system"]
    assert any(reason in problem for reason in reasons), problem
    daemon.kill()
    disk.lose_memory()
    killed_and_finished(start, start(settings, state=disk.state), settings, sender)


def test_stopped_while_the_disk_is_full(start, mount, sender):
    """It cannot save what it has learned, says so, and has acknowledged none of it."""
    disk = SmallDisk(mount)
    daemon = start(DURABLE, state=disk.state)
    sender.connect(daemon)
    sender.send(300)
    disk.fill()
    degraded_by(daemon, sender, 700)
    assert daemon.stop() == 74
    while sender.take(0.05):
        pass
    disk.free()
    killed_and_finished(start, start(DURABLE, state=disk.state), DURABLE, sender)


def test_started_on_a_full_disk(start, mount, sender):
    """It learns from the first message on, and acknowledges when there is room."""
    disk = SmallDisk(mount)
    daemon = start(DURABLE, state=disk.state)
    sender.connect(daemon)
    sender.send(300)
    daemon.kill()
    disk.fill()
    daemon = start(DURABLE, state=disk.state)
    sender.connect(daemon)
    assert "No space left on device" in degraded_by(daemon, sender, 700)["problem"]
    disk.free()
    daemon.wait_until(lambda stats: stats["health"] == "ok")
    sender.send(700)
    killed_and_finished(start, daemon, DURABLE, sender)


def chattr(change: str, *paths: Path) -> None:
    ended = subprocess.run(["chattr", change, *paths], capture_output=True, text=True)
    if ended.returncode != 0:
        pytest.skip(f"nothing can be made immutable here: {ended.stderr.strip()}")


@pytest.mark.skipif(not shutil.which("chattr"), reason="chattr is not installed")
def test_files_that_cannot_be_changed(start, sender):
    """Nobody can make a file system read-only that has files open for writing, but the files themselves."""
    daemon = start(DURABLE)
    sender.connect(daemon)
    sender.send(300)
    with contextlib.ExitStack() as afterwards:
        journal = daemon.state / "journal"
        paths = [daemon.state, journal, *journal.iterdir()]
        afterwards.callback(chattr, "-i", *paths)
        chattr("+i", *paths)
        stats = degraded_by(daemon, sender, 700)
        assert "Operation not permitted" in stats["problem"]
    daemon.wait_until(lambda stats: stats["health"] == "ok")
    sender.send(700)
    killed_and_finished(start, daemon, DURABLE, sender)


def test_files_that_may_not_grow(start, sender):
    """A limit on the size of files, such as LimitFSIZE= of systemd. Checkpoints make safe what the journal cannot."""
    daemon = start(DURABLE)
    sender.connect(daemon)
    sender.send(300)
    process = daemon.process.pid
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    longest = (daemon.state / "journal/journal-00000000000000000001.whittle").stat().st_size
    resource.prlimit(process, resource.RLIMIT_FSIZE, (longest + 5000, before[1]))
    sender.offer(700)
    daemon.wait_for_log(lambda line: "File too large" in line.get("error", ""))
    sender.send(700)
    resource.prlimit(process, resource.RLIMIT_FSIZE, before)
    daemon.wait_until(lambda stats: stats["health"] == "ok")
    killed_and_finished(start, daemon, DURABLE, sender)


def test_a_state_directory_that_is_moved_away_and_back(start, sender):
    """The open file of the journal goes with it; when that is full, there is no place for another."""
    settings = DURABLE | {"journal.segment_bytes": 4096}
    daemon = start(settings)
    sender.connect(daemon)
    sender.send(300)
    away = daemon.state.with_name("away")
    daemon.state.rename(away)
    stats = degraded_by(daemon, sender, 700)
    assert "No such file or directory" in stats["problem"]
    # The daemon may make a new one in its place, which has nothing of the old one.
    shutil.rmtree(daemon.state, ignore_errors=True)
    away.rename(daemon.state)
    daemon.wait_until(lambda stats: stats["health"] == "ok")
    sender.send(700)
    killed_and_finished(start, daemon, settings, sender)


def test_a_state_directory_that_is_deleted(start, sender):
    """What was written to files that are no more is not acknowledged as durable once there are new ones."""
    daemon = start(DURABLE)
    sender.connect(daemon)
    sender.send(300)
    shutil.rmtree(daemon.state)
    degraded = daemon.ask("checkpoint")
    assert degraded["error"]["code"] == "checkpoint_failed"
    daemon.state.mkdir()
    daemon.checkpoint()
    daemon.wait_until(lambda stats: stats["health"] == "ok")
    sender.send(350)
    killed_and_finished(start, daemon, DURABLE, sender)


def test_halted_and_continued(start, sender):
    """A process that stands still for a while has lost nothing."""
    daemon = start(DURABLE)
    sender.connect(daemon)
    for last in range(100, 600, 100):
        sender.send(last)
        daemon.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, daemon.process.pid, os.WSTOPPED)
        sender.offer(last + 40)
        assert not sender.take(0.05)
        daemon.process.send_signal(signal.SIGCONT)
    sender.send(600)
    assert sender.duplicates == 0
    killed_and_finished(start, daemon, DURABLE, sender)


@pytest.mark.parametrize("moment", ["in mid-stream", "in a checkpoint"])
@pytest.mark.parametrize("acknowledge", ["accepted", "journaled", "durable"])
def test_stopped_in_mid_stream(start, sender, acknowledge, moment):
    """A daemon that is asked to stop keeps all that it acknowledged, and leaves nothing unfinished."""
    settings = DURABLE | {"ingest.router.acknowledge": acknowledge, "checkpoint.every_samples": 10}
    state = None
    for _ in range(5):
        daemon = start(settings, state=state)
        state = daemon.state
        sender.connect(daemon)
        sender.send(sender.acknowledged + 30)
        sender.offer(sender.acknowledged + 300)
        if moment == "in a checkpoint":
            while not any(state.glob(".unfinished-*")) and sender.waiting > 0:
                sender.take(0)
        assert daemon.stop() == 0
        while sender.take(0.05):
            pass
        assert not list(state.glob("**/.unfinished-*"))
        checkpoint = CheckpointFile.read(files(state)[-1])
        assert checkpoint.step >= sender.acknowledged
    killed_and_finished(start, start(settings, state=state), settings, sender)
