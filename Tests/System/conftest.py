"""What every test may use: machines that are gone when the tests of a file are over, and the package."""

import itertools
import os
import shutil
from pathlib import Path

import pytest

from debian import DISK, KERNEL, ROOT
from instance import DIABETES, Instance
from machine import Machine

names = (f"model{number}" for number in itertools.count(1))
PACKAGE = Path(os.environ.get("WHITTLE_PACKAGE", "missing"))


def pytest_sessionstart(session):
    if os.getuid() != 0:
        pytest.exit("booting machines takes root", 2)
    if not PACKAGE.exists():
        pytest.exit("there is no package: make one with deploy/package, and name it in WHITTLE_PACKAGE", 2)
    tools = all(shutil.which(name) for name in ("systemd-nspawn", "qemu-system-x86_64", "mke2fs"))
    if not (DISK / "usr/bin/systemctl").exists() or not KERNEL.exists() or not tools:
        pytest.exit("there is nothing to boot machines from: make it with deploy/machine", 2)


@pytest.fixture(scope="module")
def new_machine(tmp_path_factory):
    """Boots machines without the package."""
    place = tmp_path_factory.mktemp("machines")
    machines = []
    numbers = itertools.count(1)

    def boot() -> Machine:
        machine = Machine(place / str(next(numbers)))
        machines.append(machine)
        machine.boot()
        machine.write(DIABETES, (ROOT / "deploy/data/diabetes.csv").read_bytes())
        return machine

    yield boot
    for machine in machines:
        machine.shut_down()


@pytest.fixture(scope="module")
def machine(new_machine):
    """A machine on which the package is installed."""
    machine = new_machine()
    machine.install(PACKAGE)
    return machine


@pytest.fixture
def new_instance(machine):
    """Makes instances of whittled@.service that are stopped when the test is over."""
    instances = []

    def make(more: str = "") -> Instance:
        instance = Instance(machine, next(names), more)
        instances.append(instance)
        return instance

    yield make
    for instance in instances:
        instance.stop()
