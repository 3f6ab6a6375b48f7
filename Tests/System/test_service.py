"""The installed units on a systemd that is booted for it."""

import subprocess

import pytest

from debian import LIMIT
from instance import PATIENTS, Instance


@pytest.fixture(scope="module")
def service(machine):
    return Instance(machine)


def test_it_runs_once_installed(machine, service):
    assert machine.run("systemctl", "is-system-running", code=None) == "running"
    assert machine.run("systemctl", "is-enabled", service.unit) == "enabled"
    assert service.is_active() == "active"
    assert service.stats()["step"] == 0
    assert machine.show(service.unit, "User") == "whittled"
    assert machine.run("stat", "--format", "%U:%G %a", service.state) == "whittled:whittled 750"


def test_a_start_returns_when_it_is_ready(new_instance):
    """The unit starts for as long as the daemon has not said that it is ready; then the next question is answered."""
    instance = new_instance()
    machine = instance.machine
    command = f"/usr/bin/whittled --config /etc/whittled/{instance.name}.yaml --state-directory {instance.state}"
    instance.override(f"ExecStart=\nExecStart=/bin/sh -c 'kill -STOP $$$$; exec {command}'")
    machine.run("systemctl", "start", "--no-block", instance.unit)
    machine.wait_until(lambda: "State:\tT" in machine.run("cat", f"/proc/{instance.process()}/status", code=None))
    assert instance.is_active() == "activating"
    machine.run("systemctl", "kill", "--signal", "CONT", instance.unit)
    instance.start()
    assert instance.is_active() == "active"
    assert instance.stats()["step"] == 0


def test_a_start_that_fails_says_so(new_instance):
    first, second = new_instance().start(), new_instance()
    machine = first.machine
    machine.write(f"/etc/whittled/{second.name}.yaml", first.configuration())
    machine.run("systemctl", "start", second.unit, code=1)
    assert any("cannot bind" in str(entry["MESSAGE"]) or "in use" in str(entry["MESSAGE"])
               for entry in machine.journal(second.unit))
    assert first.is_active() == "active"


def test_status_line(new_instance):
    instance = new_instance().start()
    instance.feed()
    line = instance.machine.wait_until(
        lambda: (text := instance.machine.show(instance.unit, "StatusText")) and f"step {PATIENTS}" in text and text)
    assert "loss" in line


def test_nothing_is_lost_when_it_is_killed(new_instance):
    """Fed and killed three times, it comes to the model of one that was left in peace."""
    passes = 30
    killed, left_in_peace = new_instance().start(), new_instance().start()
    machine = killed.machine
    parts = (0.2, 0.4, 0.6)
    with killed.feed_meanwhile(passes) as feed:
        for part in parts:
            machine.wait_until(lambda part=part: killed.stats()["step"] >= part * passes * PATIENTS)
            killed.killed_and_back()
        output, _ = feed.communicate(timeout=LIMIT)
    assert feed.returncode == 0, output
    assert machine.show(killed.unit, "NRestarts") == str(len(parts))
    left_in_peace.feed(passes)
    assert killed.stats()["step"] == left_in_peace.stats()["step"] == passes * PATIENTS
    assert killed.coefficients() == left_in_peace.coefficients()


def test_a_stop_writes_a_checkpoint(new_instance):
    instance = new_instance().start()
    instance.feed()
    before = instance.coefficients()
    instance.stop()
    assert instance.machine.show(instance.unit, "Result") == "success"
    files = instance.machine.run("ls", instance.state)
    assert f"step-{PATIENTS}.safetensors" in files
    instance.start()
    assert instance.coefficients() == before


def test_two_instances_side_by_side(new_instance):
    one, other = new_instance().start(), new_instance().start()
    one.feed(2)
    assert (one.stats()["step"], other.stats()["step"]) == (2 * PATIENTS, 0)
    assert one.machine.run("stat", "--format", "%U", one.state, other.state).split() == ["whittled", "whittled"]
    one.stop()
    assert (one.is_active(), other.is_active()) == ("inactive", "active")
    other.feed()
    assert other.stats()["step"] == PATIENTS
    # Each may write to its own state and to nothing else.
    for path, code in ((other.state, 0), (one.state, 1), ("/var/lib/whittled", 1), ("/etc/whittled", 1), ("/usr", 1)):
        other.machine.run(
            "nsenter", "--target", str(other.process()), "--mount", "sh", "-c", f"touch {path}/x 2>/dev/null",
            code=code)


def test_the_sandbox_is_shut(new_instance):
    """What the unit asks for is what the process has got."""
    instance = new_instance().start()
    status = dict(
        line.split(":", 1) for line in instance.machine.run("cat", f"/proc/{instance.process()}/status").splitlines())
    assert {status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert set(status["Uid"].split()) == {instance.machine.run("id", "--user", "whittled")}
    # A root of its own mounts: read-only, without devices, others' processes and homes.
    inside = ["nsenter", "--target", str(instance.process()), "--mount"]
    assert set(instance.machine.run(*inside, "ls", "/dev").split()) >= {"null", "urandom"}
    assert "kmsg" not in instance.machine.run(*inside, "ls", "/dev").split()
    instance.machine.run(*inside, "ls", "/proc/meminfo", code=2)


def test_keys_are_for_the_daemon_alone(new_instance):
    instance = new_instance()
    machine = instance.machine
    assert machine.run("stat", "--format", "%U:%G %a", "/etc/whittled/keys") == "root:root 700"
    machine.run("sh", "-c", "umask 077; echo secret > /etc/whittled/keys/server")
    copy = f"cp %d/keys_server %S/whittled@{instance.name}/seen; stat -c %%a %d/keys_server"
    instance.override(f"ExecStartPre=/bin/sh -c '{copy}'")
    instance.start()
    assert machine.run("cat", f"{instance.state}/seen") == "secret"
    assert "400" in [entry["MESSAGE"] for entry in machine.journal(instance.unit)]
    as_whittled = ["setpriv", "--reuid", "whittled", "--regid", "whittled", "--clear-groups"]
    machine.run(*as_whittled, "cat", "/etc/whittled/keys/server", code=1)
    machine.run("rm", "/etc/whittled/keys/server")


EVERYTHING = """\
features:
  interactions: [a*b]
journal:
  sync: always
checkpoint:
  every_samples: 100
  every_seconds: 0
"""


def test_every_feature_works_in_the_sandbox(new_instance):
    instance = new_instance()
    machine, name = instance.machine, instance.name
    run = f"/run/whittled@{name}"
    # An interface's name, and a socket in the run-time directory.
    port = instance.publish.rpartition(":")[2]
    configuration = instance.configuration().replace(f"[{instance.publish}]", f"[tcp://lo:{port}, ipc://{run}/publish]")
    configuration = configuration.replace(f"[{instance.query}]", f"[{instance.query}, ipc://{run}/query]")
    machine.write(f"/etc/whittled/{name}.yaml", configuration + EVERYTHING)
    instance.start()
    instance.feed()
    assert instance.ask("set", "penalty.l1=0.001")["step"] == PATIENTS
    assert instance.ask("checkpoint")["step"] == PATIENTS
    assert machine.run("whittle", "stats", "--query", f"ipc://{run}/query", "--json")
    assert machine.run("stat", "--format", "%U:%G %a", run) == "whittled:whittled 750"
    tables = machine.wait_until(lambda: machine.run(
        "whittle", "query", "SELECT max(step) FROM checkpoints", "--csv", "--state", instance.state, code=None))
    assert str(PATIENTS) in tables
    for path, wanted in (("readyz", ""), ("metrics", "whittle_build_info"), ("api/coefficients?top=3", '"names"')):
        answer = subprocess.run(
            ["nsenter", "--target", machine.leader, "--net", "curl", "--fail", "--silent", "--show-error",
             f"http://{instance.http}/{path}"], capture_output=True, text=True, timeout=LIMIT)
        assert answer.returncode == 0 and wanted in answer.stdout, answer
    # HTTP's thread gives way to the engine's.
    nice = machine.run("sh", "-c", f"cut -d ' ' -f 19 /proc/{instance.process()}/task/*/stat | sort -u").split()
    assert "0" in nice and len(nice) == 2, nice
    assert not [entry for entry in machine.journal(instance.unit) if int(entry["PRIORITY"]) <= 3]


def test_what_it_says_is_in_the_journal(new_instance):
    instance = new_instance().start()
    messages = [str(entry["MESSAGE"]) for entry in instance.machine.journal(instance.unit)]
    assert any("ready" in message for message in messages)
