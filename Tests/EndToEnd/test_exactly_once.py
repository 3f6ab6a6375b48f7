"""`whittle feed --acknowledged`: every message is learned once and in order, whatever is killed on the way."""

import json
import random
import re
import signal
import subprocess

import pytest

from checkpoint_file import CheckpointFile
from daemon import LIMIT, PROGRAMS, ROOT, Daemon, clean_environment
from streams import random_samples
from test_formats import vw_line
from tool import whittle

ROUTER = "ingest.router.bind"
SAMPLES = random_samples(400)


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps(sample) + "\n" for sample in SAMPLES * 5))
    return path


@pytest.fixture
def answering(start) -> Daemon:
    return start({ROUTER: "tcp://127.0.0.1:*"})


def model(daemon: Daemon) -> dict:
    return CheckpointFile.read(daemon.checkpoint()["file"]).content()


def feed(daemon: Daemon, *arguments, **more):
    return whittle(daemon, "feed", "--acknowledged", "--router", daemon.endpoint(ROUTER), *arguments, **more)


def begun(daemon: Daemon, *arguments) -> subprocess.Popen:
    """A feed that runs in the background."""
    return subprocess.Popen(
        [PROGRAMS / "whittle", "feed", "--acknowledged", "--router", daemon.endpoint(ROUTER), *map(str, arguments)],
        env=clean_environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def test_a_feed_is_learned_once(start, answering, lines):
    ended = feed(answering, lines)
    assert "sent 2,000 samples in 2,000 messages" in ended.stderr and "before" not in ended.stderr
    stats = answering.stats()
    assert (stats["step"], stats["messages"], stats["rejected"]) == (2000, 2000, {})
    (source, numbers), = stats["sequences"]["by_source"].items()
    assert re.fullmatch(r"samples\.jsonl-[0-9a-f]{16}", source)
    assert numbers == {"last": 2000, "missing": 0, "duplicates": 0}
    # The same command again does nothing.
    ended = feed(answering, lines)
    assert f"resuming after message 2,000 of source {source}" in ended.stderr
    assert "sent 0 samples in 0 messages" in ended.stderr and "2,000 were there before" in ended.stderr
    assert answering.stats()["step"] == 2000
    other = start()
    other.learn(*SAMPLES * 5)
    assert model(answering) == model(other)


def test_other_data_are_another_feed(answering, tmp_path):
    path = tmp_path / "samples.vw"
    path.write_text("\n".join(map(vw_line, SAMPLES[:50])))
    feed(answering, path)
    path.write_text("\n".join(map(vw_line, SAMPLES[50:100])))
    ended = feed(answering, path)
    assert "resuming" not in ended.stderr and answering.stats()["step"] == 100
    # Unless the user says that it is the same one, which has grown.
    path.write_text("\n".join(map(vw_line, SAMPLES[:30])))
    feed(answering, path, "--source", "log")
    path.write_text("\n".join(map(vw_line, SAMPLES[:45])))
    ended = feed(answering, path, "--source", "log")
    assert "resuming after message 30 of source log" in ended.stderr
    assert "sent 15 samples in 15 messages" in ended.stderr and answering.stats()["step"] == 145


@pytest.mark.parametrize("arguments", [["--batch", 3, "--repeat", 20], ["--repeat", 10]], ids=str)
def test_killed_and_started_again(start, answering, lines, arguments):
    """At random moments, until it is done: the model is that of a feed that was never killed."""
    dice = random.Random(5)
    total = 2000 * arguments[-1]
    kills = 0
    for moment in sorted(dice.sample(range(total * 9 // 10), 12)):
        process = begun(answering, lines, *arguments)
        answering.wait_until(lambda stats: stats["step"] >= moment or process.poll() is not None)
        kills += process.poll() is None
        process.kill()
        process.communicate()
    ended = feed(answering, lines, *arguments)
    assert kills > 3 and "resuming after message" in ended.stderr
    other = start({ROUTER: "tcp://127.0.0.1:*"})
    feed(other, lines, *arguments)
    assert answering.stats()["step"] == other.stats()["step"] == total
    assert model(answering) == model(other)


def test_the_daemon_restarts_while_a_feed_runs(start, lines):
    """It stops cleanly and comes back at the same port, several times."""
    daemon = start({ROUTER: "tcp://127.0.0.1:*"})
    endpoint, state = daemon.endpoint(ROUTER), daemon.state
    process = begun(daemon, lines, "--repeat", 20)
    for number in range(1, 5):
        daemon.wait_until(lambda stats, number=number: stats["step"] >= 4000 * number)
        assert daemon.stop() == 0
        daemon = start({ROUTER: endpoint}, state=state)
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, error
    assert "sent 40,000 samples in 40,000 messages" in error
    stats = daemon.stats()
    assert stats["step"] == 40_000
    (numbers,) = stats["sequences"]["by_source"].values()
    assert (numbers["last"], numbers["missing"]) == (40_000, 0)
    other = start()
    whittle(other, "feed", lines, "--repeat", 20, "--wait")
    assert model(daemon) == model(other)


@pytest.mark.parametrize("acknowledge, sync", [("journaled", "none"), ("durable", "interval"), ("durable", "always")])
def test_both_are_killed(start, lines, acknowledge, sync):
    """Daemon and feed, in turn, by SIGKILL; nothing is ever asked for again that was acknowledged."""
    settings = {
        "ingest.router.acknowledge": acknowledge, "journal.sync": sync, "journal.interval_seconds": 0.01,
        "journal.segment_bytes": 65536, "checkpoint.every_samples": 3000}
    daemon = start({ROUTER: "tcp://127.0.0.1:*"} | settings)
    endpoint, state = daemon.endpoint(ROUTER), daemon.state
    process = begun(daemon, lines, "--repeat", 20)
    errors = []
    for number in range(1, 7):
        daemon.wait_until(lambda stats, number=number: stats["step"] >= 5000 * number or process.poll() is not None)
        if number % 3 == 0:
            process.kill()
            errors.append(process.communicate()[1])
            process = begun(daemon, lines, "--repeat", 20)
        else:
            daemon.kill()
            daemon = start({ROUTER: endpoint} | settings, state=state)
    errors.append(process.communicate(timeout=LIMIT)[1])
    assert process.returncode == 0, errors
    assert not [error for error in errors if "had acknowledged" in error]
    assert daemon.stats()["step"] == 40_000
    other = start()
    whittle(other, "feed", lines, "--repeat", 20, "--wait")
    assert model(daemon) == model(other)


def test_a_daemon_that_forgets_is_fed_again(start, lines):
    """It is killed, and comes back with what its last checkpoint holds: files are read again from there."""
    daemon = start({ROUTER: "tcp://127.0.0.1:*", "checkpoint.every_samples": 3000, "journal.sync": "off"})
    endpoint, state = daemon.endpoint(ROUTER), daemon.state
    process = begun(daemon, lines, "--repeat", 20)
    for number in range(1, 4):
        daemon.wait_until(lambda stats, number=number: stats["step"] >= 7000 * number)
        daemon.kill()
        daemon = start({ROUTER: endpoint, "checkpoint.every_samples": 3000, "journal.sync": "off"}, state=state)
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, error
    assert daemon.stats()["step"] == 40_000
    other = start()
    whittle(other, "feed", lines, "--repeat", 20, "--wait")
    assert model(daemon) == model(other)


def test_standard_input_cannot_go_back(start):
    daemon = start({ROUTER: "tcp://127.0.0.1:*"})
    endpoint = daemon.endpoint(ROUTER)
    process = begun(daemon, "--quiet")
    for sample in SAMPLES[:20]:
        process.stdin.write(json.dumps(sample) + "\n")
    process.stdin.flush()
    daemon.wait_until(lambda stats: stats["step"] == 20)
    # Not the same state: as if all had been lost.
    daemon.kill()
    start({ROUTER: endpoint})
    _, error = process.communicate(json.dumps(SAMPLES[20]) + "\n", timeout=LIMIT)
    assert process.returncode == 69, error
    assert re.search(r"has come back without \d+ of the messages", error) and "journaled or durable" in error


def test_rejected_lines_cost_no_more_than_themselves(answering, tmp_path):
    path = tmp_path / "samples.jsonl"
    samples = [json.dumps(sample) for sample in SAMPLES * 25]
    bad = set(range(50, len(samples), 100))
    path.write_text("\n".join('{"y": 1, "x": 3}' if number in bad else line for number, line in enumerate(samples)))
    ended = feed(answering, path, code=76)
    assert f"{path}:51: rejected: " in ended.stderr and "further rejected messages are only counted" in ended.stderr
    assert "sent 10,000 samples in 10,000 messages" in ended.stderr and "100 rejected" in ended.stderr
    assert ended.stderr.endswith("rejected 100 of 10,000 messages\n")
    stats = answering.stats()
    assert stats["step"] == 9900
    # Nothing was sent twice, and nothing out of turn.
    assert (stats["messages"], stats["rejected"]) == (10_000, {"shape": 100})
    # The last one is bad too: it is there no more than the others, and told of again.
    path.write_text(path.read_text() + "\nnonsense")
    feed(answering, path, code=76)
    ended = feed(answering, path, code=76)
    assert "resuming after message 10,000" in ended.stderr and "sent 1 sample in 1 message" in ended.stderr


def test_a_malformed_row_ends_it_where_it_is(answering, tmp_path):
    """A batch that is not whole is not sent: mended, the file goes on with the whole one."""
    path = tmp_path / "table.csv"
    path.write_text("y,a\n" + "1,1\n" * 7 + "three,3\n4,4\n")
    ended = feed(answering, path, "--batch", 5, "--source", "table", code=65)
    assert f"{path}:9:" in ended.stderr and answering.stats()["step"] == 5
    path.write_text("y,a\n" + "1,1\n" * 7 + "3,3\n4,4\n")
    ended = feed(answering, path, "--batch", 5, "--source", "table")
    assert "resuming after message 1 of source table" in ended.stderr and answering.stats()["step"] == 9


def test_interrupted(answering, lines):
    process = begun(answering, lines, "--rate", 500)
    answering.wait_until(lambda stats: stats["step"] >= 20)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == -signal.SIGINT
    assert re.search(r"interrupted in source samples\.jsonl-\w{16}; the same command goes on", error)
    ended = feed(answering, lines)
    assert "resuming after message" in ended.stderr and answering.stats()["step"] == 2000


def test_nobody_is_there(lines, short_path):
    ended = whittle(
        None, "feed", lines, "--acknowledged", "--router", f"ipc://{short_path}/nobody", "--timeout", 0.2, code=69)
    assert "no progress at ipc://" in ended.stderr and "is whittled running" in ended.stderr


@pytest.mark.parametrize("arguments", [
    ["--source", "s"], ["--acknowledged", "--push", "tcp://h:1"], ["--acknowledged", "--publish", "tcp://h:1"],
    ["--acknowledged", "--wait"], ["--acknowledged", "--bind"], ["--acknowledged", "--source", ""],
], ids=" ".join)
def test_wrong_usage(arguments, lines):
    whittle(None, "feed", lines, *arguments, code=64)


def test_the_example_of_the_readme(start):
    """It goes on where it was, tells of what is rejected, and notices a daemon that has forgotten."""
    (text,) = re.findall(r"```python\n([^`]*def deliver\([^`]*)```", (ROOT / "README.md").read_text())
    told = []
    names = {"print": told.append}
    exec(text, names)
    daemon = start({ROUTER: "tcp://127.0.0.1:*"})
    endpoint = daemon.endpoint(ROUTER)
    samples = [*SAMPLES[:30], {"y": 1, "x": 3}, *SAMPLES[30:60]]
    names["deliver"](samples[:40], "example", endpoint)
    assert (daemon.stats()["step"], len(told)) == (39, 1) and told[0].startswith("sample 31 is not learned: ")
    names["deliver"](samples, "example", endpoint)
    stats = daemon.stats()
    assert (stats["step"], stats["sequences"]["duplicates"], len(told)) == (60, 1, 1)
    other = start()
    other.learn(*SAMPLES[:60])
    assert model(daemon) == model(other)

    def forgotten():
        yield from SAMPLES[:5]
        daemon.kill()
        start({ROUTER: endpoint})
        yield SAMPLES[5]

    with pytest.raises(RuntimeError, match="lost what came after 0"):
        names["deliver"](forgotten(), "another", endpoint)
