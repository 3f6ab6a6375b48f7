"""A Debian with a kernel of its own, which keeps to the limits of control groups.

Those that systemd-nspawn boots share the kernel and the control groups of whoever tests; there limits on memory and tasks may be
accepted and not kept. QEMU makes the processor here, without KVM: that needs nothing of the machine, and boots in some twenty
seconds everywhere. What is written to its disk is gone with it.
"""

import base64
import os
import shlex
import shutil
import socket
import subprocess
from pathlib import Path

from debian import DISK, KERNEL, LIMIT, ROOT, Debian
from instance import DIABETES
from machine import in_namespace

HERE = Path(__file__).resolve().parent

# The package is installed while nothing runs there: its service begins when the machine is booted. Nobody logs in at the console.
MAKE_DISK = """
set -e
mkdir written work tree
mount -t overlay -o "lowerdir=$DISK,upperdir=written,workdir=work" overlay tree
cp "$PACKAGE" tree/root/whittle.deb
chroot tree dpkg --install /root/whittle.deb
rm tree/root/whittle.deb
install "$HERE/agent.sh" tree/usr/local/sbin/agent
install -m 644 "$HERE/agent.service" tree/etc/systemd/system
ln -s ../agent.service tree/etc/systemd/system/multi-user.target.wants
ln -s /dev/null tree/etc/systemd/system/serial-getty@ttyS0.service
cp "$PATIENTS" "tree/$DIABETES"
mke2fs -q -t ext4 -d tree disk 1G
"""


class VirtualMachine(Debian):
    """One virtual machine. `boot` returns once it is up."""

    def __init__(self, place: Path):
        self.place = place

    def boot(self, package: Path) -> "VirtualMachine":
        """Boots with the package installed."""
        self.make_disk(package)
        self.commands, theirs = socket.socketpair()
        self.commands.settimeout(LIMIT)
        self.answers = self.commands.makefile("rb")
        with theirs, open(self.place / "output", "wb") as output:
            self.process = subprocess.Popen(
                ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "2", "-machine", "q35", "-m", "1024",
                 "-nodefaults", "-display", "none", "-no-reboot", "-kernel", KERNEL,
                 "-append", "root=/dev/nvme0n1 rw console=ttyS0 panic=-1 quiet",
                 "-serial", f"file:{self.place}/console",
                 "-chardev", f"socket,id=commands,fd={theirs.fileno()}", "-serial", "chardev:commands",
                 "-drive", f"id=disk,file={self.place}/disk,format=raw,if=none", "-device", "nvme,serial=disk,drive=disk"],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True)
        try:
            assert self.answer() == "ready"
            assert self.run("systemctl", "is-system-running", "--wait", code=None) == "running"
        except BaseException:
            self.shut_down()
            raise
        return self

    def make_disk(self, package: Path) -> None:
        made = subprocess.run(
            in_namespace(MAKE_DISK), cwd=self.place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT,
            env=os.environ | {
                "DISK": str(DISK), "PACKAGE": str(package.resolve()), "HERE": str(HERE),
                "PATIENTS": str(ROOT / "deploy/data/diabetes.csv"), "DIABETES": DIABETES})
        assert made.returncode == 0, made.stdout.decode()
        for name in ("written", "work"):
            shutil.rmtree(self.place / name)

    def answer(self) -> str:
        try:
            line = self.answers.readline()
        except TimeoutError:
            line = b""
        assert line.endswith(b"\n"), f"it says nothing any more:\n{self.console()}"
        return line.decode().strip()

    def console(self) -> str:
        return "".join((self.place / name).read_text(errors="replace") for name in ("output", "console"))

    def shut_down(self) -> None:
        """Pulls the plug."""
        self.process.kill()
        self.process.wait(LIMIT)
        self.answers.close()
        self.commands.close()
        (self.place / "disk").unlink()

    # Commands

    def run(self, *command: str | Path, code: int | None = 0, input: str | bytes | None = None) -> str:
        script = shlex.join(map(str, command))
        if input is None:
            script += " </dev/null"
        else:
            data = base64.b64encode(input.encode() if isinstance(input, str) else input).decode()
            script = f"base64 --decode <<<{data} | {script}"
        self.commands.sendall(base64.b64encode(script.encode()) + b"\n")
        ended, _, text = self.answer().partition(" ")
        text = base64.b64decode(text).decode(errors="replace")
        assert code is None or int(ended) == code, f"{command} ended with {ended}:\n{text}"
        return text.strip()
