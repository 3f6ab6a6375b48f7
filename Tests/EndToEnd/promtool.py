"""Debian's promtool, and what /metrics says."""

import re
import shutil
import subprocess

import pytest

from daemon import LIMIT, ROOT

EXTRACTED = ROOT / ".tools/promtool"


def promtool(*arguments, text: str | None = None, cwd=None) -> subprocess.CompletedProcess:
    tool = shutil.which("promtool") or (EXTRACTED if EXTRACTED.exists() else None)
    if tool is None:
        pytest.fail("there is no promtool: deploy/promtool gets it")
    return subprocess.run(
        [tool, *arguments], input=text, capture_output=True, text=True, timeout=LIMIT, cwd=cwd)


SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def parsed(text: str) -> dict[str, dict[tuple, float]]:
    """By name, and then by labels as sorted pairs."""
    found: dict[str, dict[tuple, float]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            labels = tuple(sorted(LABEL.findall(match[2] or "")))
            values = found.setdefault(match[1], {})
            assert labels not in values, f"{line} stands there twice"
            values[labels] = float(match[3])
    return found


def families(text: str) -> dict[str, tuple[str, str]]:
    """Type and help by name."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    helps = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE))
    assert kinds.keys() == helps.keys()
    return {name: (kinds[name], helps[name]) for name in kinds}
