"""The daemon runs on every x86-64 processor: only the room that is entered after a look has instructions of others."""

import platform
import subprocess

import pytest

from daemon import PROGRAMS


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors have no AVX2")
@pytest.mark.skipif(PROGRAMS.name != "release", reason="what is not optimized inlines nothing")
def test_wide_rows_share_no_code():
    """The linker keeps one of all copies of a weak function: it could be that of this module, for everybody."""
    objects = sorted((PROGRAMS / "WideRows.build").glob("*.o"))
    assert objects
    listed = subprocess.run(["nm", "--defined-only", *objects], capture_output=True, text=True, check=True).stdout
    symbols = [line.split(maxsplit=2) for line in listed.splitlines() if len(line.split(maxsplit=2)) == 3]
    assert any(kind == "T" and "settleGravity" in name for _, kind, name in symbols)
    assert [name for _, kind, name in symbols if kind in "Ww"] == []
    command = ["objdump", "--disassemble", *objects]
    assert "%ymm" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
