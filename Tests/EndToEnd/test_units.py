"""The unit files, as systemd-analyze judges them. Tests/System runs them."""

import os
import re
import shutil
import subprocess

import pytest

from daemon import LIMIT, ROOT

UNITS = ROOT / "deploy/systemd"
NAMES = ["whittled.service", "whittled@.service"]
# Tenths of what systemd-analyze calls exposure: 100 is a service without any protection.
MOST_EXPOSED = 15


def analyze(*arguments: str) -> subprocess.CompletedProcess:
    assert shutil.which("systemd-analyze"), "there is no systemd-analyze; deploy/test installs it"
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=LIMIT)


@pytest.fixture
def root(tmp_path):
    """A root directory with the units, and with the programs that they name."""
    place = tmp_path / "etc/systemd/system"
    place.mkdir(parents=True)
    for name in NAMES:
        shutil.copy(UNITS / name, place)
    for program in (tmp_path / "usr/bin/whittled", tmp_path / "bin/sh"):
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("name", ["whittled.service", "whittled@pumps.service"])
def test_units_are_valid(root, name):
    ended = analyze("verify", "--recursive-errors=no", "--man=no", f"--root={root}", name)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_mistake_is_found(root):
    unit = root / "etc/systemd/system/whittled.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystems=strict"))
    ended = analyze("verify", "--recursive-errors=no", "--man=no", f"--root={root}", "whittled.service")
    assert ended.returncode != 0 and "ProtectSystems" in ended.stderr


@pytest.mark.parametrize("name", NAMES)
def test_exposure(name):
    ended = analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", os.fspath(UNITS / name))
    level = re.search(r"exposure level for .*: ([0-9.]+)", ended.stdout + ended.stderr)
    assert level and ended.returncode == 0, ended
    assert float(level[1]) * 10 <= MOST_EXPOSED


def test_exposure_is_found(root):
    """A unit with a line less is over the threshold, so the threshold is one."""
    unit = root / "etc/systemd/system/whittled.service"
    lines = [line for line in unit.read_text().splitlines() if not line.startswith(("SystemCallFilter", "CapabilityBound"))]
    unit.write_text("\n".join(lines))
    ended = analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", os.fspath(unit))
    assert ended.returncode != 0


def test_an_instance_differs_in_its_names_only():
    service, template = ((UNITS / name).read_text() for name in NAMES)
    template = template.replace("the model %i that learns", "a linear model that learns")
    template = template.replace("/etc/whittled/%i.yaml", "/etc/whittled/whittled.yaml").replace("whittled@%i", "whittled")
    assert template == service
