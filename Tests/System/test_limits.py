"""Limits of the unit's control group: MemoryMax= and TasksMax=, on a machine whose kernel keeps to them."""

import re

import pytest

from conftest import PACKAGE
from instance import PATIENTS, Instance
from virtual_machine import VirtualMachine

# Samples with features that nobody has seen before, whose names take room: some ten megabytes of model.
SAMPLES = 100
WIDE = f"""
BEGIN {{
  long = sprintf("%0480d", 0)
  for (sample = 0; sample < {SAMPLES}; sample++) {{
    printf "{{\\"y\\":%d,\\"x\\":{{", sample % 2
    for (name = 0; name < 200; name++) printf "%s\\"%d_%d_%d_%s\\":1", name ? "," : "", part, sample, name, long
    print "}}}}"
  }}
}}
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    machine = VirtualMachine(tmp_path_factory.mktemp("virtual"))
    yield machine.boot(PACKAGE)
    machine.shut_down()


def feed_part(instance: Instance, part: int) -> int:
    """Sends one part until all of it is acknowledged, which it is once journaled. Returns what that ended with."""
    text = instance.machine.run(
        "sh", "-c", f"awk -v part={part} '{WIDE}' | whittle feed --quiet --acknowledged --source part{part} --timeout 10 "
        f"--router {instance.router}; echo $?")
    return int(text.splitlines()[-1])


def test_a_model_that_outgrows_its_memory(machine):
    """The kernel ends the daemon, and systemd has it back with all that was acknowledged, once there is room for it."""
    instance = Instance(machine, "wide", "checkpoint:\n  every_seconds: 0\n")
    instance.override("MemoryMax=96M")
    process = instance.start().process()
    parts = 0
    while feed_part(instance, parts) == 0:
        parts += 1
        assert parts < 30
    assert parts > 1
    # Until then what the journal has may be too much again and again.
    machine.run("systemctl", "set-property", "--runtime", instance.unit, "MemoryMax=512M")
    machine.restarted(instance.unit, process)
    learned = instance.stats()["step"]
    assert parts * SAMPLES <= learned < (parts + 1) * SAMPLES
    messages = [str(entry["MESSAGE"]) for entry in machine.journal(instance.unit)]
    assert any("killed by the OOM killer" in message for message in messages)
    assert any("Failed with result 'oom-kill'" in message for message in messages)
    assert int(machine.show(instance.unit, "NRestarts")) >= 1
    # The part that was interrupted goes on where it was.
    assert feed_part(instance, parts) == feed_part(instance, parts + 1) == 0
    assert instance.stats()["step"] == (parts + 2) * SAMPLES
    instance.stop()


def test_too_few_tasks(machine):
    """It says so and ends, where libraries would wait for ever for a thread, or end the process without a word."""
    instance = Instance(machine, "tight")

    def allow(tasks: int, code: int) -> str:
        instance.override(f"TasksMax={tasks}\nRestart=no")
        machine.run("systemctl", "start", instance.unit, code=code)
        return " ".join(str(entry["MESSAGE"]) for entry in machine.journal(instance.unit))

    # One does not do for systemd itself, which needs two for a moment.
    least = int(re.search(r"only 2 threads .* at least (\d+) are needed; raise TasksMax=", allow(2, 1))[1])
    assert f"only {least - 1} threads" in allow(least - 1, 1)
    assert machine.show(instance.unit, "ExecMainStatus") == "71"
    # With those that it says, all of it works.
    allow(least, 0)
    instance.feed()
    assert instance.ask("checkpoint")["step"] == PATIENTS
    instance.configure("penalty:\n  l1: 0.25\n")
    machine.run("systemctl", "reload", instance.unit)
    machine.wait_until(lambda: instance.configured("penalty.l1") == 0.25)
    instance.stop()
    assert machine.show(instance.unit, "Result") == "success"


def test_the_tasks_that_the_unit_allows(machine):
    service = Instance(machine)
    service.feed()
    assert service.stats()["step"] == PATIENTS
    assert int(machine.show(service.unit, "TasksCurrent")) * 2 < int(machine.show(service.unit, "TasksMax"))
