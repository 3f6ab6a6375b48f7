"""Once warm, decoding allocates nothing for a sample, in any format and feature space."""

import subprocess

from daemon import PROGRAMS


def test_decoding_allocates_nothing():
    run = subprocess.run([PROGRAMS / "allocation-count"], capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    *allocating, summary = run.stdout.splitlines()
    assert allocating == []
    # Something was decoded, and something is counted.
    decoded, *_, besides = [int(word) for word in summary.split() if word.isdigit()]
    assert decoded >= 300 and besides > 1000
