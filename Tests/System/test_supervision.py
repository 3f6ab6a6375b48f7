"""What systemd sees to while the service runs: reloading, the watchdog, the journal."""

from instance import PATIENTS


def test_a_reload_changes_what_can(new_instance):
    instance = new_instance().start()
    machine, process = instance.machine, instance.process()
    instance.feed()
    instance.configure("penalty:\n  l1: 0.25\ncatalog:\n  coefficients: 7\n")
    machine.run("systemctl", "reload", instance.unit)
    machine.wait_until(lambda: instance.configured("penalty.l1") == 0.25)
    assert instance.configured("catalog.coefficients") != 7
    assert (instance.process(), instance.stats()["step"]) == (process, PATIENTS)
    said = machine.wait_until(lambda: [
        entry for entry in machine.journal(instance.unit)
        if "catalog.coefficients" in entry.get("WHITTLE_SETTINGS", "")])
    assert said[0]["PRIORITY"] == "4"


def test_a_broken_configuration_changes_nothing(new_instance):
    instance = new_instance().start()
    machine, process = instance.machine, instance.process()
    machine.write(f"/etc/whittled/{instance.name}.yaml", "penalty:\n  l1: much\n")
    machine.run("systemctl", "reload", instance.unit)
    machine.wait_until(lambda: "configuration" in machine.show(instance.unit, "StatusText"))
    assert (instance.process(), instance.is_active()) == (process, "active")
    instance.feed()
    assert instance.stats()["step"] == PATIENTS
    assert any(entry["PRIORITY"] == "3" for entry in machine.journal(instance.unit))
    # What mends it makes the status line forget it.
    instance.configure("penalty:\n  l1: 0.25\n")
    machine.run("systemctl", "reload", instance.unit)
    machine.wait_until(lambda: instance.configured("penalty.l1") == 0.25)
    machine.wait_until(lambda: "configuration" not in machine.show(instance.unit, "StatusText"))


def test_a_stopped_engine_is_caught(new_instance):
    """The unit as it is watches for a minute; here it is less."""
    instance = new_instance().start()
    machine = instance.machine
    assert machine.show(instance.unit, "WatchdogUSec") == "1min"
    instance.override("WatchdogSec=2s")
    machine.run("systemctl", "restart", instance.unit)
    assert machine.show(instance.unit, "WatchdogUSec") == "2s"
    instance.feed(2)
    before = instance.coefficients()
    instance.killed_and_back("STOP")
    messages = [str(entry["MESSAGE"]) for entry in machine.journal(instance.unit)]
    assert any("Watchdog timeout" in message for message in messages)
    assert any("Failed with result 'watchdog'" in message for message in messages)
    assert instance.coefficients() == before
    # And one that gets on is left alone, however little there is to do: as many restarts as there were.
    assert machine.show(instance.unit, "NRestarts") == "1"


def test_entries_of_the_journal_have_fields(new_instance):
    instance = new_instance().start()
    machine = instance.machine
    ready = next(entry for entry in machine.journal(instance.unit, "WHITTLE_MESSAGE=ready"))
    assert (ready["PRIORITY"], ready["SYSLOG_IDENTIFIER"]) == ("6", "whittled")
    assert ready["WHITTLE_QUERY_BIND"] == instance.query
    assert ready["_SYSTEMD_UNIT"] == instance.unit
    feed = f"echo nonsense | whittle feed --format jsonl --quiet --router {instance.router}"
    machine.run("sh", "-c", feed, code=None)
    found = machine.wait_until(lambda: machine.journal(instance.unit, "--priority", "warning"))
    assert any("reject" in str(entry["MESSAGE"]) for entry in found)
