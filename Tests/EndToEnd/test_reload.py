"""The configuration is read again while the daemon runs: on SIGHUP, as `systemctl reload` sends it, and by `whittle reload`."""

import json
import re
import signal
import time

import pytest

from events import Events
from notifications import NotifySocket
from streams import random_samples
from subscriber import received, subscribed
from tool import whittle

SAMPLES = random_samples(400)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "whittled.yaml"


@pytest.fixture
def notify(short_path):
    with NotifySocket(f"{short_path}/notify") as socket:
        yield socket


def write(file, settings: dict) -> None:
    """Keys with dots are keys, too; the file is replaced as editors do it."""
    new = file.with_suffix(".new")
    new.write_text(yaml_text(settings))
    new.rename(file)


def yaml_text(settings: dict) -> str:
    root: dict = {}
    for key, value in settings.items():
        *sections, name = key.split(".")
        place = root
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = value
    return json.dumps(root)


def configured(daemon, key):
    report = daemon.ask("configuration")
    return report["configuration"][key], report["origins"][key]


def hang_up(daemon, notify) -> list[str]:
    """Sends SIGHUP. Returns what systemd hears until the daemon is ready again."""
    notify.waiting()
    daemon.process.send_signal(signal.SIGHUP)
    heard = notify.until("READY=1")
    assert "RELOADING=1" in heard
    return heard


def started(start, file, notify, settings, **more):
    write(file, settings)
    daemon = start(
        {"journal.sync": "always"} | more, arguments=["--config", file], environment={"NOTIFY_SOCKET": notify.name})
    notify.until("READY=1")
    return daemon


def test_what_can_change_changes(start, file, notify):
    daemon = started(start, file, notify, {"penalty.l1": 0.01, "log.level": "info"})
    daemon.learn(*SAMPLES[:100])
    write(
        file, {
            "penalty.l1": 0.05, "penalty.l2": 0.02, "learning_rate.initial": 0.03, "publish.every_samples": 10,
            "limits.features_per_sample": 50, "log.level": "debug", "checkpoint.keep": 7})
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    heard = hang_up(daemon, notify)
    moment = next(int(word.split("=")[1]) for word in heard if word.startswith("MONOTONIC_USEC="))
    assert before <= moment <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    for key, value in {
        "penalty.l1": 0.05, "penalty.l2": 0.02, "learning_rate.initial": 0.03, "publish.every_samples": 10,
        "limits.features_per_sample": 50, "log.level": "debug", "checkpoint.keep": 7
    }.items():
        assert configured(daemon, key) == (value, "file"), key
    daemon.wait_for_log(lambda line: line["message"] == "configuration read again")
    changes = {line["key"]: line["now"] for line in daemon.logged("a setting was changed; it holds from here on")}
    assert changes["penalty.l1"] == "0.05" and changes["learning_rate.initial"] == "0.03"
    assert not [line for line in daemon.log if line["level"] == "warning"]
    assert daemon.learn(*SAMPLES[100:])["step"] == 400


def test_what_changed_is_learned_by_and_repeated_after_a_kill(start, file, notify):
    daemon = started(start, file, notify, {"penalty.l1": 0.01})
    daemon.learn(*SAMPLES[:150])
    write(file, {"penalty.l1": 0.2, "learning_rate.initial": 0.05, "json.target": "y"})
    hang_up(daemon, notify)
    daemon.learn(*SAMPLES[150:300])
    expected = daemon.coefficients()
    daemon.wait_for_journal()
    daemon.process.kill()
    daemon.wait()
    daemon = started(start, file, notify, {"penalty.l1": 0.2, "learning_rate.initial": 0.05}, **{
        "state.directory": daemon.state})
    assert daemon.coefficients() == expected
    # The same by `set`, which goes another way.
    other = start({"penalty.l1": 0.01})
    other.learn(*SAMPLES[:150])
    assert other.ask("set", values={"penalty.l1": 0.2, "learning_rate.initial": 0.05})["ok"]
    other.learn(*SAMPLES[150:300])
    assert other.coefficients() == expected


def test_limits_hold_from_there_on_and_not_before(start, file, notify):
    """A message that was accepted before its limit was lowered is learned again by a recovery, and so is one after it was raised."""
    wide = {"y": 1.0, "x": {f"f{i}": 1.0 for i in range(20)}}
    daemon = started(start, file, notify, {"limits.features_per_sample": 30})
    assert daemon.learn(wide)["step"] == 1
    write(file, {"limits.features_per_sample": 10})
    hang_up(daemon, notify)
    stats = daemon.learn(wide)
    assert stats["step"] == 1 and sum(stats["rejected"].values()) == 1
    write(file, {"limits.features_per_sample": 20})
    hang_up(daemon, notify)
    assert daemon.learn(wide)["step"] == 2
    write(file, {"limits.features_per_sample": 5})
    hang_up(daemon, notify)
    expected = daemon.coefficients()
    daemon.wait_for_journal()
    daemon.process.kill()
    daemon.wait()
    daemon = started(start, file, notify, {"limits.features_per_sample": 5}, **{"state.directory": daemon.state})
    assert daemon.coefficients() == expected


def test_what_cannot_change_is_named_and_stays(start, file, notify):
    daemon = started(start, file, notify, {"model.loss": "squared", "features.space": "dictionary", "penalty.l1": 0.01})
    daemon.learn(*SAMPLES[:20])
    new = {"model.loss": "logistic", "features.space": "hashed", "catalog.coefficients": 3, "penalty.l1": 0.02}
    write(file, new)
    hang_up(daemon, notify)
    line = daemon.wait_for_log(lambda line: line["level"] == "warning")
    assert set(line["settings"].split(" ")) == {"model.loss", "features.space", "catalog.coefficients"}
    assert configured(daemon, "model.loss") == ("squared", "file")
    assert configured(daemon, "catalog.coefficients") == (10000, "default")
    assert configured(daemon, "penalty.l1") == (0.02, "file")
    assert daemon.learn(*SAMPLES[20:40])["step"] == 40


BROKEN = {
    "a wrong value": "penalty: {l1: much}\n",
    "an unknown key": "penalty: {l1: 0.5}\npenlty: 1\n",
    "no YAML": "penalty: [\n",
    "no UTF-8": b"penalty: \xff\n",
    "a contradiction": "learning_rate: {schedule: optimal}\npenalty: {l1: 0, l2: 0}\n",
    "no file": None,
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_leaves_all_as_it_is(start, file, notify, broken):
    daemon = started(start, file, notify, {"penalty.l1": 0.01})
    report = daemon.ask("configuration")
    file.unlink()
    match BROKEN[broken]:
        case str(text):
            file.write_text(text)
        case bytes(content):
            file.write_bytes(content)
    heard = hang_up(daemon, notify)
    assert any("the configuration was not taken over" in word for word in heard if word.startswith("STATUS=")), heard
    line = daemon.wait_for_log(lambda line: line["level"] == "error")
    assert str(file) in line["error"]
    assert daemon.ask("configuration") == report
    assert daemon.learn(*SAMPLES[:10])["step"] == 10
    # Every later status says so, too, until it is mended.
    notify.status(lambda text: "step 10" in text and "not taken over" in text)
    write(file, {"penalty.l1": 0.3})
    hang_up(daemon, notify)
    assert configured(daemon, "penalty.l1") == (0.3, "file")
    notify.status(lambda text: "not taken over" not in text)


@pytest.mark.parametrize("broken", BROKEN)
def test_subscribers_hear_of_a_broken_file(start, file, notify, broken):
    daemon = started(start, file, notify, {"penalty.l1": 0.01})
    events = Events(daemon)
    daemon.learn(*SAMPLES[:10])
    file.unlink()
    match BROKEN[broken]:
        case str(text):
            file.write_text(text)
        case bytes(content):
            file.write_bytes(content)
    hang_up(daemon, notify)
    event = events.next("configuration_refused", "configuration_reloaded", "settings_changed")
    assert (event["event"], event["step"]) == ("configuration_refused", 10)
    assert str(file) in event["error"]
    assert event["error"] in event["message"] and "the one before holds" in event["message"]
    # Whoever asks for it hears of it, and so do all others.
    refused = whittle(daemon, "reload", code=76)
    assert events.next("configuration_refused")["error"].splitlines()[0] in refused.stderr
    write(file, {"penalty.l1": 0.3})
    hang_up(daemon, notify)
    assert events.next("settings_changed", "configuration_refused")["settings"] == {"penalty.l1": 0.3}
    assert events.next("configuration_reloaded", "configuration_refused")["pending"] == []


def test_subscribers_hear_of_each_reading(start, file, notify):
    daemon = started(start, file, notify, {"penalty.l1": 0.01})
    events = Events(daemon)
    hang_up(daemon, notify)
    write(file, {"penalty.l1": 0.01, "catalog.coefficients": 3})
    whittle(daemon, "reload")
    assert events.next("configuration_reloaded")["pending"] == []
    event = events.next("configuration_reloaded")
    assert event["pending"] == ["catalog.coefficients"] and "catalog.coefficients" in event["message"]
    assert [event["event"] for event in events.seen] == ["configuration_reloaded"] * 2


def test_what_does_not_go_together_with_what_stays(start, file, notify):
    daemon = started(start, file, notify, {"features.space": "hashed"})
    events = Events(daemon)
    write(file, {"features.space": "dictionary", "penalty.factors": ["f1=0"], "penalty.l1": 0.3})
    hang_up(daemon, notify)
    error = daemon.wait_for_log(lambda line: line["level"] == "error")["error"]
    assert "restart" in error
    assert events.next("configuration_refused", "configuration_reloaded")["error"] == error
    assert configured(daemon, "penalty.l1")[1] == "default"


def test_flags_and_variables_win_as_at_the_start(start, file, notify):
    write(file, {"penalty.l1": 0.1, "penalty.l2": 0.1, "penalty.period": 2})
    daemon = start(
        {"penalty.l1": 0.3}, arguments=["--config", file],
        environment={"NOTIFY_SOCKET": notify.name, "WHITTLED_PENALTY_L2": "0.2"})
    notify.until("READY=1")
    write(file, {"penalty.l1": 0.5, "penalty.l2": 0.5, "penalty.period": 5})
    hang_up(daemon, notify)
    assert [configured(daemon, key) for key in ("penalty.l1", "penalty.l2", "penalty.period")] == [
        (0.3, "flag"), (0.2, "environment"), (5, "file")]


def test_what_was_set_holds_until_the_file_says_something_else(start, file, notify):
    daemon = started(start, file, notify, {"penalty.l1": 0.1, "penalty.l2": 0.1})
    assert daemon.ask("set", values={"penalty.l1": 0.4, "penalty.l2": 0.4})["ok"]
    write(file, {"penalty.l1": 0.1, "penalty.l2": 0.2})
    hang_up(daemon, notify)
    assert configured(daemon, "penalty.l1") == (0.4, "set")
    assert configured(daemon, "penalty.l2") == (0.2, "file")


def test_a_signal_before_the_daemon_is_ready(start, file, notify):
    """It is neither the end of it nor forgotten."""
    write(file, {"penalty.l1": 0.1})
    daemon = start(
        arguments=["--config", file], environment={"NOTIFY_SOCKET": notify.name}, ready=False)
    daemon.wait_for_log(lambda line: True)
    daemon.process.send_signal(signal.SIGHUP)
    heard = notify.until("READY=1")
    if "RELOADING=1" not in heard:
        heard = notify.until("READY=1")
    assert "RELOADING=1" in heard
    assert daemon.stop() == 0


def test_whittle_reload(start, file, notify):
    daemon = started(start, file, notify, {"penalty.l1": 0.1})
    assert whittle(daemon, "reload").stdout == "nothing has changed\n"
    write(file, {"penalty.l1": 0.2, "publish.top": 5, "http.bind": []})
    answer = json.loads(whittle(daemon, "reload", "--json").stdout)
    assert answer["changed"] == {"penalty.l1": 0.2, "publish.top": 5}
    # The flag that the test gives for it wins.
    assert answer["pending"] == []
    write(file, {"penalty.l1": 0.3, "catalog.coefficients": 5})
    text = whittle(daemon, "reload").stdout
    assert re.search(r"penalty\.l1 +0\.3\n", text) and "from the next start on: catalog.coefficients\n" in text
    write(file, {"penalty.l1": "much"})
    refused = whittle(daemon, "reload", code=76)
    assert "penalty.l1" in refused.stderr and str(file) in refused.stderr
    assert configured(daemon, "penalty.l1") == (0.3, "file")


def test_many_signals(start, file, notify):
    """While samples come in, each read is one of the files that there were, and the last one wins."""
    daemon = started(start, file, notify, {"penalty.l1": 0.0})
    for number in range(1, 30):
        write(file, {"penalty.l1": number / 100})
        daemon.process.send_signal(signal.SIGHUP)
        daemon.push(*SAMPLES[number * 10:number * 10 + 10])
    # Signals that come while one is waiting are one.
    daemon.wait_until(lambda _: configured(daemon, "penalty.l1")[0] == 0.29)
    daemon.wait_until(lambda stats: stats["messages"] == 290)
    notify.waiting()
    expected = daemon.coefficients()
    daemon.wait_for_journal()
    daemon.process.kill()
    daemon.wait()
    daemon = started(start, file, notify, {"penalty.l1": 0.29}, **{"state.directory": daemon.state})
    assert daemon.coefficients() == expected


def test_subscribers_get_the_new_form(start, file, notify):
    daemon = started(start, file, notify, {"publish.coefficients": "full"}, **{"publish.every_seconds": 0.05})
    daemon.learn(*SAMPLES[:100])
    subscriber = subscribed(daemon, "coefficients")
    while len(received(subscriber)[1]["names"]) <= 3:
        pass
    write(file, {"publish.coefficients": "top", "publish.top": 3})
    hang_up(daemon, notify)
    while len((message := received(subscriber)[1])["names"]) > 3:
        pass
    assert message["form"] == "top"
