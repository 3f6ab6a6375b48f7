"""The first of the two commands shows the daemon learning real data, and leaves nothing running with --once."""

import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from checkpoint_file import CheckpointFile, files

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = [442, 1326, 4420, 22100, 44200]


def environment() -> dict[str, str]:
    """What the shell of a newcomer has: no setting of whittle's."""
    return {name: text for name, text in os.environ.items() if not name.startswith("WHITTLE")}


@pytest.fixture(scope="module")
def output() -> str:
    ran = subprocess.run(
        [ROOT / "deploy" / "run", "--once"], cwd="/", env=environment(), stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=1500)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_loss_falls(output):
    losses = [(int(samples), float(loss)) for samples, loss in
              re.findall(r"after +(\d+) samples: recent loss ([0-9.]+)", output)]
    assert [samples for samples, _ in losses] == SAMPLES
    assert all(later < earlier for (_, earlier), (_, later) in zip(losses, losses[1:], strict=False))


def test_coefficients_shrink(output):
    rows = {name: [float(cell) for cell in cells.split()] for name, cells in
            re.findall(r"^(age|sex|bmi|bp|s[1-6]) +([-0-9. ]+)$", output, re.MULTILINE)}
    assert len(rows) == 10 and all(len(row) == len(SAMPLES) for row in rows.values())
    for name in ["age", "s2", "s4", "s6"]:
        assert abs(rows[name][-1]) < abs(rows[name][0]) / 2
    assert abs(rows["bmi"][-1]) > 0.3


def test_last_checkpoint(output):
    newest = CheckpointFile.read(files(ROOT / ".state" / "run")[-1])
    assert newest.step == SAMPLES[-1]
    assert "the last checkpoint is in .state/run" in output


def test_dashboard(output):
    """Its address is told; nobody else may listen there while the daemon runs on its defaults."""
    assert output.count("http://127.0.0.1:5705/") == 2


def test_it_runs_until_interrupted(output):
    """Without --once the daemon goes on, and Ctrl-C, which reaches the whole foreground group, ends it in order."""
    with subprocess.Popen(
            [ROOT / "deploy" / "run"], env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True) as process:
        try:
            for line in process.stdout:
                if "Ctrl-C stops it" in line:
                    break
            tool = [ROOT / ".build" / "release" / "whittle", "stats", "--json"]
            assert subprocess.run(tool, capture_output=True, timeout=60).returncode == 0
            with urllib.request.urlopen("http://127.0.0.1:5705/readyz", timeout=60) as ready:
                assert ready.read() == b"ready\n"
            os.killpg(process.pid, signal.SIGINT)
            process.stdout.read()
            process.wait(timeout=60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        assert subprocess.run([*tool, "--timeout", "1"], capture_output=True, timeout=60).returncode == 69
    assert CheckpointFile.read(files(ROOT / ".state" / "run")[-1]).step == SAMPLES[-1]


def test_unknown_argument():
    ran = subprocess.run([ROOT / "deploy" / "run", "--wrong"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 64 and "--wrong" in ran.stderr
