"""Installing, upgrading, removing and purging the package, as dpkg and apt do it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import PACKAGE
from debian import LIMIT
from instance import PATIENTS, Instance
from machine import Machine

# What a purge leaves behind: records of dpkg, systemd and apt, logs, and the user, whose files may be elsewhere.
LEFT = (
    "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/.pwd.lock", "/var/lib/dpkg/", "/var/lib/apt/",
    "/var/cache/", "/var/log/", "/var/lib/systemd/", "/root/", "/tmp/", "/var/tmp/", "/run/")
FILES = "find / -xdev -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -print"


def other_version(directory: Path, version: str, mark: str) -> Path:
    """The same package as another version, with one line more in its configuration file."""
    tree = directory / version
    subprocess.run(["dpkg-deb", "--raw-extract", PACKAGE, tree], check=True, timeout=LIMIT)
    control = tree / "DEBIAN/control"
    control.write_text("".join(
        f"Version: {version}\n" if line.startswith("Version:") else f"{line}\n"
        for line in control.read_text().splitlines()))
    with open(tree / "etc/whittled/whittled.yaml", "a") as file:
        file.write(f"# {mark}\n")
    (tree / "DEBIAN/md5sums").unlink(missing_ok=True)
    made = directory / f"{version}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, made], check=True, timeout=LIMIT,
        stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return made


@pytest.fixture(scope="module")
def earlier(tmp_path_factory) -> Path:
    return other_version(tmp_path_factory.mktemp("earlier"), "0.0.1", "what stood here earlier")


def files(machine: Machine) -> set[str]:
    return {path for path in machine.run("sh", "-c", FILES, code=None).splitlines() if not path.startswith(LEFT)}


def version(machine: Machine) -> str:
    return machine.run("dpkg-query", "--show", "--showformat", "${Version} ${db:Status-Status}", "whittle")


def test_what_is_in_it():
    def told(question: str, *names: str) -> str:
        command = ["dpkg-deb", question, PACKAGE, *names]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT).stdout

    needs = {need.split()[0] for need in told("--field", "Depends").split(", ")}
    libraries = {need for need in needs if need.startswith("lib")}
    assert libraries >= {"libc6", "libstdc++6", "libzmq5", "libsqlite3-0"} and "libsimdjson14" in libraries
    assert not [need for need in needs if "swift" in need or need.endswith("-dev")]
    paths = {line.split()[5].removeprefix(".") for line in told("--contents").splitlines()}
    assert paths >= {
        "/usr/bin/whittle", "/usr/bin/whittled", "/etc/whittled/whittled.yaml", "/lib/systemd/system/whittled.service",
        "/lib/systemd/system/whittled@.service", "/usr/lib/sysusers.d/whittle.conf", "/usr/lib/tmpfiles.d/whittle.conf",
        "/usr/share/man/man1/whittled.1.gz", "/usr/share/man/man1/whittle-feed.1.gz",
        "/usr/share/bash-completion/completions/whittle", "/usr/share/zsh/vendor-completions/_whittle",
        "/usr/share/fish/vendor_completions.d/whittle.fish", "/usr/share/doc/whittle/copyright"}
    root = {line.split()[1] for line in told("--contents").splitlines()}
    assert root == {"root/root"}


def test_its_version_is_the_programs(new_machine):
    machine = new_machine()
    machine.install(PACKAGE)
    number = version(machine).split()[0]
    assert machine.run("whittled", "--version") == machine.run("whittle", "--version") == number


def test_upgrade(new_machine, earlier):
    machine = new_machine()
    machine.install(earlier)
    assert version(machine) == "0.0.1 installed"
    service, instance, stopped = Instance(machine), Instance(machine, "pumps"), Instance(machine, "valves")
    instance.start()
    service.feed(2)
    instance.feed()
    before = [(it.process(), it.coefficients()) for it in (service, instance)]
    assert "# what stood here earlier" in machine.run("tail", "-n", "1", "/etc/whittled/whittled.yaml")

    machine.install(PACKAGE)
    for it, (process, coefficients) in zip((service, instance), before, strict=True):
        assert machine.restarted(it.unit, process)
        assert it.coefficients() == coefficients
    assert (service.stats()["step"], instance.stats()["step"]) == (2 * PATIENTS, PATIENTS)
    assert stopped.is_active() == "inactive"
    # A configuration file that nobody has changed follows the package.
    assert "earlier" not in machine.run("cat", "/etc/whittled/whittled.yaml")


def test_an_upgrade_keeps_what_the_administrator_did(new_machine, earlier):
    machine = new_machine()
    machine.install(earlier)
    service = Instance(machine)
    machine.run("sh", "-c", "sed -i 's/^  every_seconds: 1$/  every_seconds: 2/' /etc/whittled/whittled.yaml")
    machine.run("systemctl", "disable", "--now", service.unit)
    machine.install(PACKAGE)
    text = machine.run("cat", "/etc/whittled/whittled.yaml")
    assert "every_seconds: 2" in text and "earlier" in text
    assert "earlier" not in machine.run("cat", "/etc/whittled/whittled.yaml.dpkg-dist")
    assert machine.run("systemctl", "is-enabled", service.unit, code=1) == "disabled"
    assert service.is_active() == "inactive"


def test_remove_and_purge(new_machine):
    machine = new_machine()
    clean = files(machine)
    machine.install(PACKAGE)
    service, instance = Instance(machine), Instance(machine, "pumps")
    machine.run("systemctl", "enable", "--now", instance.unit)
    service.feed()
    instance.feed(2)
    models = [it.coefficients() for it in (service, instance)]

    machine.run("apt-get", "remove", "--yes", "whittle")
    assert version(machine).endswith("config-files")
    assert [it.is_active() for it in (service, instance)] == ["inactive", "inactive"]
    machine.run("sh", "-c", "! pgrep whittled", code=None)
    left = files(machine)
    assert {"/etc/whittled/whittled.yaml", "/etc/whittled/pumps.yaml"} <= left
    assert not [path for path in left if path.startswith(("/usr/", "/lib/")) and path not in clean]
    machine.install(PACKAGE)
    instance.start()
    assert [it.coefficients() for it in (service, instance)] == models

    machine.run("apt-get", "purge", "--yes", "whittle")
    assert files(machine) - clean == {"/etc/whittled", "/etc/whittled/pumps.yaml"}
    assert clean - files(machine) == set()
    assert machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "whittled*") == ""
    machine.install(PACKAGE)
    assert service.stats()["step"] == 0
