"""A Debian that runs systemd, and what the tests have it do, however it was booted."""

import json
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DISK = ROOT / ".tools/machine"
KERNEL = ROOT / ".tools/kernel"

# Whatever is waited for comes within this time, or the test has failed. Seconds, and generous: machines may be busy.
LIMIT = 120.0


class Debian:
    def run(self, *command: str | Path, code: int | None = 0, input: str | bytes | None = None) -> str:
        """What a command prints on both of its outputs; `code` is what it has to end with, None for whatever."""
        raise NotImplementedError

    def write(self, path: str, content: str | bytes) -> None:
        self.run("sh", "-c", f"cat > {path}", input=content)

    def install(self, package: Path, code: int = 0) -> str:
        self.write("/root/whittle.deb", package.read_bytes())
        return self.run(
            "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--allow-downgrades", "-o",
            "Dpkg::Options::=--force-confold", "/root/whittle.deb", code=code)

    # Units

    def show(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", "--property", name, "--value", unit)

    def main_process(self, unit: str) -> int:
        return int(self.show(unit, "MainPID"))

    def journal(self, unit: str, *options: str) -> list[dict]:
        """Its entries, as far as they are written."""
        self.run("journalctl", "--sync")
        text = self.run("journalctl", "--unit", unit, "--output", "json", "--all", "--no-pager", *options)
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def wait_until(self, holds: Callable[[], object]):
        """Asks again and again; each question waits for its answer."""
        end = time.monotonic() + LIMIT
        while not (found := holds()):
            assert time.monotonic() < end, "it did not come to that"
        return found

    def restarted(self, unit: str, process: int) -> int:
        """The process that came in the place of this one, once it is ready."""
        def other() -> int:
            state, now = self.run("systemctl", "show", "-p", "ActiveState,MainPID", "--value", unit).split()
            state, now = (now, state) if state.isdigit() else (state, now)
            return int(now) if state == "active" and int(now) not in (0, process) else 0
        return self.wait_until(other)
