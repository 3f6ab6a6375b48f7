"""catalog.sqlite beside the daemon that writes it, the checkpoint files, and Python's reading of both."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy
import pandas
import pytest

import catalog
from checkpoint_file import CheckpointFile, files
from daemon import LIMIT
from streams import random_samples
from tool import whittle

SAMPLES = random_samples(300)
NOT_WRITTEN = "the catalog could not be written; checkpoints are, and it is mended after a later one"
RECOVERED = "recovered: the catalog could be written again"
ANEW = "the catalog was made anew"


def as_told(told: dict) -> dict[str, float]:
    """The daemon's answer by name. Its texts are those of 32-bit floats."""
    return dict(zip(told["names"], numpy.float32(told["values"]).tolist(), strict=True))


def settled(daemon) -> None:
    """Stops the daemon, so that nothing is under way any more."""
    assert daemon.stop() == 0


def wait_for_ids(state, wanted: list[int]) -> None:
    """The daemon adds what the catalog lacks while it has nothing else to do."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            found = catalog.ids(state)
        except sqlite3.Error as error:
            found = error
        if found == wanted:
            return
        assert time.monotonic() < end, f"the catalog has {found}, not {wanted}"


def test_daemon_file_and_catalog_agree_on_100_000_features(start):
    """Their coefficients of one step are the same numbers, to the last bit."""
    daemon = start({"catalog.coefficients": 200_000, "penalty.l1": 1e-5})
    generator = random.Random(4)
    names = [f"feature {number}" for number in range(100_000)]
    batches = [
        [{"y": generator.gauss(0, 3), "x": {name: generator.choice([0.5, 1.0, -2.0])}} for name in names[at:at + 5000]]
        for at in range(0, len(names), 5000)]
    daemon.learn(*batches)
    daemon.learn({"y": 1, "x": {names[3]: 4, names[99_999]: 1}})
    written = daemon.checkpoint()
    told, stats = daemon.coefficients(), daemon.stats()
    assert told["step"] == written["step"] == 100_001
    # The daemon.
    told_values = as_told(told)
    assert len(told_values) == 100_000
    # The file, by the safetensors package.
    file = CheckpointFile.read(written["file"])
    file_values = dict(zip(file.names, file.tensors["coefficients"].tolist(), strict=True))
    # The catalog, by SQLite.
    with catalog.opened(daemon.state) as connection:
        row, = pandas.read_sql("SELECT * FROM checkpoints", connection).to_dict("records")
        table = pandas.read_sql("SELECT * FROM latest", connection)
    assert row["step"] == file.step == told["step"]
    active = {name: value for name, value in told_values.items() if value != 0}
    assert 50_000 < len(active) <= 100_000
    assert {name: value for name, value in file_values.items() if value != 0} == active
    assert dict(zip(table["name"], table["coefficient"], strict=True)) == active
    assert table["coefficient"].abs().is_monotonic_decreasing
    assert (row["active_set"], row["coefficients"], row["features"]) == (len(active), len(active), 100_000)
    for column, key in [("l1_norm", "l1_norm"), ("l2_norm", "l2_norm"), ("intercept", "intercept")]:
        assert row[column] == stats[key]
    assert (row["loss_overall"], row["loss_recent"]) == (stats["loss"]["overall"], stats["loss"]["recent"])
    assert row["checksum"] == file.metadata["checksum"]
    assert json.loads(row["configuration"]) == json.loads(file.metadata["configuration"])
    assert (row["file"], row["bytes"]) == (os.path.basename(written["file"]), os.path.getsize(written["file"]))
    assert (row["time"], row["messages"]) == (float(file.metadata["time"]), int(file.metadata["position"]))


def test_whoever_asked_for_a_checkpoint_finds_it(start):
    daemon = start({"checkpoint.keep": 3})
    for number in range(1, 8):
        daemon.learn(*SAMPLES[number * 10:number * 10 + 10])
        written = daemon.checkpoint()
        newest, = catalog.rows(daemon.state, "SELECT id, step, file FROM checkpoints ORDER BY id DESC LIMIT 1")
        assert newest == (number, written["step"], os.path.basename(written["file"]))
        assert catalog.ids(daemon.state) == list(range(max(1, number - 2), number + 1)), "retention holds here too"


def test_only_the_heaviest(start):
    daemon = start({"catalog.coefficients": 7})
    daemon.learn(*SAMPLES)
    daemon.checkpoint()
    told = daemon.coefficients(top=7)
    assert catalog.coefficients(daemon.state, 1) == as_told(told)
    assert catalog.rows(daemon.state, "SELECT coefficients FROM checkpoints") == [(7,)]


def test_a_long_transaction_holds_nobody_up(start):
    daemon = start()
    daemon.learn(*SAMPLES[:50])
    daemon.checkpoint()
    with catalog.opened(daemon.state) as connection:
        connection.execute("BEGIN")
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)
        for number in range(2, 5):
            daemon.learn(*SAMPLES[50 * number:50 * number + 50])
            daemon.checkpoint()
            assert len(catalog.ids(daemon.state)) == min(number, 3)
        assert connection.execute("SELECT id FROM checkpoints").fetchall() == [(1,)], "it sees one moment"
        connection.execute("COMMIT")
        assert connection.execute("SELECT id FROM checkpoints").fetchall() == [(2,), (3,), (4,)]
    settled(daemon)
    assert not [line for line in daemon.log if line["level"] == "error"]


def test_readers_are_never_locked_out(start):
    """However often the daemon writes, and whoever reads without any patience."""
    daemon = start({"checkpoint.keep": 3})
    path = Path(daemon.state) / "catalog.sqlite"
    daemon.learn(*SAMPLES[:10])
    daemon.ask(op="checkpoint")
    program = (
        "import sqlite3, sys\n"
        "while True:\n"
        "    database = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True, timeout=0)\n"
        "    database.execute('SELECT count(*) FROM checkpoints').fetchone()\n"
        "    database.close()\n"
        "    print('.', flush=True)\n")
    reader = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert reader.stdout.readline() == b".\n"
        for sample in SAMPLES[10:150]:
            daemon.learn(sample)
            daemon.ask(op="checkpoint")
            # It reads all the time.
            assert reader.stdout.readline() == b".\n", reader.stderr.read()
        assert reader.poll() is None, reader.stderr.read()
    finally:
        reader.kill()
        reader.communicate()


def test_whoever_holds_the_write_lock_delays_no_more_than_the_catalog(start):
    daemon = start()
    daemon.learn(*SAMPLES[:50])
    daemon.checkpoint()
    with catalog.opened(daemon.state, "rw") as connection:
        connection.execute("BEGIN IMMEDIATE")
        for number in (2, 3):
            daemon.learn(*SAMPLES[50 * number:50 * number + 50])
            assert os.path.exists(daemon.checkpoint()["file"])
        assert catalog.ids(daemon.state) == [1]
        assert len(daemon.logged(NOT_WRITTEN)) == 1, "said once"
        assert daemon.stats()["health"] == "ok"
        connection.execute("ROLLBACK")
    daemon.learn(*SAMPLES[250:])
    daemon.checkpoint()
    wait_for_ids(daemon.state, [2, 3, 4])
    assert len(daemon.logged(RECOVERED)) == 1


def spoil(state, how: str) -> None:
    path = state / catalog.NAME
    content = path.read_bytes()
    if how == "deleted":
        path.unlink()
    elif how == "truncated":
        path.write_bytes(content[:len(content) // 2])
    elif how == "garbage":
        path.write_bytes(b"\xa5 no database " * 5000)
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "other schema":
        with catalog.opened(state, "rw") as connection:
            connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("how", ["deleted", "truncated", "garbage", "empty", "other schema"])
def test_what_becomes_of_the_catalog_is_mended(start, how):
    """Under a daemon that runs, and at a start."""
    daemon = start()
    for number in range(3):
        daemon.learn(*SAMPLES[50 * number:50 * number + 50])
        daemon.checkpoint()
    before = catalog.dump(daemon.state)
    assert len(before["checkpoints"]) == 3
    spoil(daemon.state, how)
    daemon.learn(*SAMPLES[150:200])
    daemon.checkpoint()
    wait_for_ids(daemon.state, [2, 3, 4])
    if how in ("truncated", "garbage", "other schema"):
        assert len(daemon.logged(ANEW)) == 1
    settled(daemon)
    stopped = catalog.dump(daemon.state)
    assert stopped["checkpoints"][:2] == before["checkpoints"][1:]
    spoil(daemon.state, how)
    again = start(state=daemon.state)
    wait_for_ids(again.state, [number for number, *_ in stopped["checkpoints"]])
    settled(again)
    assert catalog.dump(again.state) == stopped
    assert not [line for line in daemon.log + again.log if line["level"] == "error"]


def test_a_directory_in_its_place(start):
    """Nothing can be written there: checkpoints are, and it is made good once that is gone."""
    daemon = start()
    daemon.learn(*SAMPLES[:100])
    daemon.checkpoint()
    settled(daemon)
    for path in daemon.state.glob("catalog.sqlite*"):
        path.unlink()
    (daemon.state / catalog.NAME).mkdir()
    (daemon.state / catalog.NAME / "something").write_text("of somebody's")
    again = start(state=daemon.state)
    again.learn(*SAMPLES[100:])
    assert again.checkpoint()["ok"] and again.checkpoint()["ok"]
    assert len(again.logged(NOT_WRITTEN)) == 1
    assert again.stats()["health"] == "ok"
    (daemon.state / catalog.NAME / "something").unlink()
    (daemon.state / catalog.NAME).rmdir()
    again.learn(*SAMPLES[:10])
    again.checkpoint()
    wait_for_ids(again.state, [int(path.name.split("-")[1]) for path in files(again.state)])
    assert len(again.logged(RECOVERED)) == 1


def test_none_is_wanted(start):
    daemon = start()
    daemon.learn(*SAMPLES)
    daemon.checkpoint()
    settled(daemon)
    assert (daemon.state / catalog.NAME).exists()
    without = start({"catalog.coefficients": 0}, state=daemon.state)
    without.learn(*SAMPLES)
    without.checkpoint()
    settled(without)
    assert not list(daemon.state.glob("catalog.sqlite*")), "what is not kept in step would mislead"
    ended = whittle(None, "query", "SELECT 1", "--state", daemon.state, code=66)
    assert "there is no catalog" in ended.stderr


def test_after_a_kill_and_a_restore(start):
    daemon = start({"checkpoint.keep": 10})
    for number in range(3):
        daemon.learn(*SAMPLES[50 * number:50 * number + 50])
        daemon.checkpoint()
    daemon.kill()
    state = daemon.state
    assert catalog.ids(state) == [1, 2, 3]
    whittle(None, "checkpoints", "restore", 1, "--state", state)
    again = start({"checkpoint.keep": 10}, state=state)
    again.learn(*SAMPLES[200:])
    again.checkpoint()
    settled(again)
    before = catalog.dump(state)
    steps = {int(path.name.split("-")[1]): int(path.stem.split("-")[3]) for path in files(state)}
    assert {number: step for number, _, step, *_ in before["checkpoints"]} == steps
    whittle(None, "catalog", "rebuild", "--state", state)
    assert catalog.dump(state) == before


def test_rebuild_makes_the_same(start):
    daemon = start({"checkpoint.keep": 10, "catalog.coefficients": 8})
    for number in range(6):
        daemon.learn(*SAMPLES[50 * number:50 * number + 50])
        daemon.checkpoint()
    refused = whittle(None, "catalog", "rebuild", "--state", daemon.state, code=66)
    assert "in use by process" in refused.stderr
    settled(daemon)
    before = catalog.dump(daemon.state)
    for path in files(daemon.state):
        values = CheckpointFile.read(path)
        number = int(path.name.split("-")[1])
        heaviest = sorted(zip(values.names, values.tensors["coefficients"].tolist(), strict=True), key=lambda pair: -abs(pair[1]))
        assert catalog.coefficients(daemon.state, number) == dict(heaviest[:8])
    with catalog.opened(daemon.state, "rw") as connection:
        connection.execute("DELETE FROM coefficients WHERE checkpoint = 2")
        connection.execute("UPDATE checkpoints SET step = -1")
    done = whittle(None, "catalog", "rebuild", "--state", daemon.state)
    assert done.stdout == f"{daemon.state / catalog.NAME}: {len(files(daemon.state))} checkpoints\n"
    assert catalog.dump(daemon.state) == before, "the number of coefficients is the one that it had"
    (daemon.state / catalog.NAME).unlink()
    done = json.loads(whittle(None, "catalog", "rebuild", "--coefficients", 8, "--json", "--state", daemon.state).stdout)
    assert done == {"catalog": str(daemon.state / catalog.NAME), "checkpoints": len(files(daemon.state)), "unreadable": []}
    assert catalog.dump(daemon.state) == before


def test_rebuild_leaves_damaged_checkpoints_out(start):
    daemon = start()
    for number in range(2):
        daemon.learn(*SAMPLES[50 * number:50 * number + 50])
        daemon.checkpoint()
    settled(daemon)
    damaged = files(daemon.state)[0]
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    done = whittle(None, "catalog", "rebuild", "--state", daemon.state)
    assert f"left out: {damaged} is damaged" in done.stderr
    assert catalog.ids(daemon.state) == [int(path.name.split("-")[1]) for path in files(daemon.state)[1:]]
    missing = whittle(None, "catalog", "rebuild", "--state", daemon.state / "nowhere", code=66)
    assert "nowhere" in missing.stderr and not (daemon.state / "nowhere").exists()


READ_AS_NOBODY = """
import os, sqlite3, sys
os.setgid(65534); os.setuid(65534)
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0])
"""


@pytest.mark.skipif(os.getuid() != 0, reason="becoming another user takes root")
@pytest.mark.parametrize("running", [True, False])
def test_a_user_without_the_right_to_write_reads_it(start, short_path, running):
    """The catalog of a daemon that runs, and of none."""
    os.chmod(short_path, 0o755)
    daemon = start(state=Path(short_path) / "state")
    daemon.learn(*SAMPLES)
    daemon.checkpoint()
    os.chmod(daemon.state, 0o755)
    for path in daemon.state.glob("catalog.sqlite*"):
        os.chmod(path, 0o644)
    if not running:
        settled(daemon)
    command = [sys.executable, "-c", READ_AS_NOBODY, str(daemon.state / catalog.NAME)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    assert ended.stdout == f"{len(files(daemon.state))}\n", ended.stderr
