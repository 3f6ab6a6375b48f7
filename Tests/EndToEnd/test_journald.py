"""Logs as entries with fields, where standard error is systemd's journal."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from daemon import DEFAULTS, LIMIT, PROGRAMS, clean_environment, flags


def fields(entry: bytes) -> dict[str, str]:
    """An entry by its fields, as systemd describes its native protocol."""
    found = {}
    while entry:
        name, _, rest = entry.partition(b"\n")
        if b"=" in name:
            name, _, value = name.partition(b"=")
            entry = rest
        else:
            size = int.from_bytes(rest[:8], "little")
            value, entry = rest[8:8 + size], rest[9 + size:]
        found[name.decode()] = value.decode()
    return found


@pytest.fixture
def journal(short_path):
    """The journal's socket, at a path that the daemon finds where systemd has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(LIMIT)
        listener.bind(f"{short_path}/socket")
        yield listener


MAY_MOUNT = shutil.which("unshare") and not subprocess.run(
    ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/run"], capture_output=True).returncode


@pytest.mark.skipif(not MAY_MOUNT, reason="mounting takes root")
def test_entries_with_fields(journal, short_path, tmp_path):
    stream, stderr = os.pipe()
    status = os.fstat(stderr)
    mount = f"mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind {short_path} /run/systemd/journal"
    settings = DEFAULTS | {"state.directory": tmp_path / "state", "log.format": "auto"}
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh", PROGRAMS / "whittled", *flags(settings)],
        env=clean_environment(JOURNAL_STREAM=f"{status.st_dev}:{status.st_ino}"), stderr=stderr)
    os.close(stderr)
    try:
        entries = []
        while not entries or entries[-1]["WHITTLE_MESSAGE"] != "ready":
            entries.append(fields(journal.recv(1 << 20)))
        ready = entries[-1]
        assert ready["SYSLOG_IDENTIFIER"] == "whittled" and ready["PRIORITY"] == "6"
        assert ready["WHITTLE_QUERY_BIND"].startswith("tcp://127.0.0.1:")
        assert ready["MESSAGE"].startswith("ready ") and f"query.bind={ready['WHITTLE_QUERY_BIND']}" in ready["MESSAGE"]
        # Without its journal it goes on, and lines carry their levels for whoever reads standard error.
        os.unlink(f"{short_path}/socket")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
        lines = os.read(stream, 65536).decode().splitlines()
        assert lines and all(line.startswith("<") for line in lines)
        assert any(line.startswith("<6>stopped ") for line in lines)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(stream)


def test_lines_where_standard_error_is_something_else(start):
    """JOURNAL_STREAM is inherited by whoever a service starts, whose standard error may lead elsewhere."""
    daemon = start({"log.format": "auto"}, environment={"JOURNAL_STREAM": "1:2"}, ready=False)
    assert daemon.wait_for_line(" ready ").split(" ")[1] == "info"
