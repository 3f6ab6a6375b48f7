"""whittled as a unit of a machine: whittled.service, or an instance of whittled@.service with ports of its own."""

import itertools
import json
from subprocess import Popen

from debian import Debian

DIABETES = "/root/diabetes.csv"
PATIENTS = 442

ports = itertools.count(6000, 10)


class Instance:
    def __init__(self, machine: Debian, name: str | None = None, more: str = ""):
        self.machine = machine
        self.name = name
        self.unit = f"whittled@{name}.service" if name else "whittled.service"
        self.state = f"/var/lib/whittled@{name}" if name else "/var/lib/whittled"
        first = next(ports) if name else 5700
        self.pull, self.publish, self.query, self.router = (f"tcp://127.0.0.1:{first + k}" for k in (1, 2, 3, 4))
        self.http = f"127.0.0.1:{first + 5}"
        if name:
            self.configure(more)

    def configure(self, more: str) -> None:
        self.machine.write(f"/etc/whittled/{self.name}.yaml", f"{self.configuration()}{more}")

    def configuration(self) -> str:
        return (
            f"ingest:\n  pull:\n    bind: [{self.pull}]\n"
            f"  router:\n    bind: [{self.router}]\n    acknowledge: journaled\n"
            f"publish:\n  bind: [{self.publish}]\nquery:\n  bind: [{self.query}]\nhttp:\n  bind: [{self.http}]\n")

    def override(self, lines: str) -> None:
        """Lines of [Service] for this unit, besides those that it has."""
        place = f"/run/systemd/system/{self.unit}.d"
        self.machine.run("mkdir", "-p", place)
        self.machine.write(f"{place}/test.conf", f"[Service]\n{lines}\n")
        self.machine.run("systemctl", "daemon-reload")

    def start(self) -> "Instance":
        self.machine.run("systemctl", "start", self.unit)
        return self

    def stop(self) -> None:
        self.machine.run("systemctl", "stop", self.unit)

    def is_active(self) -> str:
        return self.machine.run("systemctl", "is-active", self.unit, code=None)

    def process(self) -> int:
        return self.machine.main_process(self.unit)

    def killed_and_back(self, signal: str = "KILL") -> None:
        """Returns when another process is ready in the place of the one that got the signal."""
        process = self.process()
        self.machine.run("systemctl", "kill", "--kill-whom", "main", "--signal", signal, self.unit)
        self.machine.restarted(self.unit, process)

    def ask(self, *question: str) -> dict:
        return json.loads(self.machine.run("whittle", *question, "--query", self.query, "--json"))

    def stats(self) -> dict:
        return self.ask("stats")

    def configured(self, key: str):
        return self.ask("configuration")["configuration"][key]

    def coefficients(self) -> dict:
        return self.ask("coefficients")

    def feeding(self, passes: int = 1) -> list[str]:
        return ["whittle", "feed", DIABETES, "--standardize", "--standardize-target", "--acknowledged", "--quiet",
                "--router", self.router, "--repeat", str(passes)]

    def feed(self, passes: int = 1) -> None:
        """Every patient so many times, each learned exactly once."""
        self.machine.run(*self.feeding(passes))

    def feed_meanwhile(self, passes: int) -> Popen:
        return self.machine.launch(*self.feeding(passes))
