"""A Debian that is booted by systemd-nspawn, with a network of its own that reaches nobody.

What it writes goes into an overlay, so that every machine begins with the same disk. All that is mounted for it is
mounted in a namespace of its own, and gone with it; its control groups are removed at the end.
"""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from debian import DISK, LIMIT, Debian

# systemd-nspawn wants control groups of version 2 and nothing else, and finds them in this namespace of mounts only.
BOOT = """
set -e
mount -t cgroup2 cgroup2 "$PLACE/groups"
mkdir "$PLACE/groups/$GROUP"
echo $$ >"$PLACE/groups/$GROUP/cgroup.procs"
umount -R -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mount -t overlay -o "lowerdir=$DISK,upperdir=$PLACE/written,workdir=$PLACE/work" overlay "$PLACE/disk"
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --boot --directory "$PLACE/disk" --register=no --keep-unit --private-network --console=pipe \\
  --notify-ready=yes --machine=whittle --hostname=whittle
"""

REMOVE_GROUPS = """
mount -t cgroup2 cgroup2 "$PLACE/groups"
[ ! -d "$PLACE/groups/$GROUP" ] || find "$PLACE/groups/$GROUP" -depth -type d -exec rmdir {} \\;
"""


def in_namespace(script: str) -> list[str]:
    return ["unshare", "--mount", "--propagation", "private", "bash", "-c", script]


class Machine(Debian):
    """One machine. `boot` returns once it is up."""

    def __init__(self, place: Path):
        self.place = place
        for name in ("groups", "written", "work", "disk"):
            (place / name).mkdir(parents=True)
        self.environment = os.environ | {
            "PLACE": str(place), "DISK": str(DISK), "GROUP": f"whittle-test-{os.getpid()}-{place.name}"}

    def boot(self) -> "Machine":
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as news, open(self.place / "console", "wb") as console:
            news.bind(str(self.place / "notify"))
            news.settimeout(LIMIT)
            self.process = subprocess.Popen(
                in_namespace(BOOT), env=self.environment | {"NOTIFY_SOCKET": str(self.place / "notify")},
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, start_new_session=True)
            told: dict[str, str] = {}
            while told.get("READY") != "1" or "X_NSPAWN_LEADER_PID" not in told:
                try:
                    told |= dict(line.split("=", 1) for line in news.recv(65536).decode().splitlines())
                except TimeoutError:
                    self.shut_down()
                    raise AssertionError(f"it did not boot:\n{self.console()}") from None
        self.leader = told["X_NSPAWN_LEADER_PID"]
        return self

    def console(self) -> str:
        return (self.place / "console").read_text(errors="replace")

    def shut_down(self) -> None:
        """Powers off, or pulls the plug where that takes too long."""
        self.process.terminate()
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(LIMIT)
        subprocess.run(in_namespace(REMOVE_GROUPS), env=self.environment, check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.place / "written", ignore_errors=True)

    # Commands

    def inside(self, *command: str | Path) -> list[str]:
        return ["nsenter", "--target", self.leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--",
                "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", *map(str, command)]

    def run(self, *command: str | Path, code: int | None = 0, input: str | bytes | None = None) -> str:
        data = input.encode() if isinstance(input, str) else input
        ended = subprocess.run(
            self.inside(*command), input=data, stdin=subprocess.DEVNULL if data is None else None,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
        text = ended.stdout.decode(errors="replace")
        assert code is None or ended.returncode == code, f"{command} ended with {ended.returncode}:\n{text}"
        return text.strip()

    def launch(self, *command: str | Path) -> subprocess.Popen:
        return subprocess.Popen(
            self.inside(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)
