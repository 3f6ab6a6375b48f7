"""`whittle top` and `whittle watch` on a real terminal, tmux: what they show to the letter, and how they leave it."""

import itertools
import os
import re
import signal
from pathlib import Path

import pytest

from daemon import PROGRAMS
from screen import Shell
from tool import variables, whittle

SCREENS = Path(__file__).parent / "screens"
# The clock goes on.
MASKS = {
    r"up [\d.]+ \w+( \d+ \w+)?": "up …", r"no word for \d+ s": "no word for … s",
    # Endpoints are where this test has room for them.
    r"ipc://\S*": "ipc://…"}
WEIGHTS = {
    "sleep": 3, "homework": -1.5, "価格": 0.5, "größe": 0, "🎈 party": 0.25, "late": -0.125,
    "a name that is longer than there is room for it at all": 2}


def samples(count: int) -> list[dict]:
    """Samples without noise, from a generator of our own: the same on every machine, whatever its libraries."""
    state, drawn = 1, []
    for _ in range(count):
        x = {}
        for name in WEIGHTS:
            state = (state * 1103515245 + 12345) % 2**31
            x[name] = (state >> 16) % 5 - 2
        drawn.append({"y": 1 + sum(weight * x[name] for name, weight in WEIGHTS.items()), "x": x})
    return drawn


@pytest.fixture
def serve(start, short_path):
    """Starts a daemon, and again on the same endpoints."""
    settings = {
        "publish.bind": f"ipc://{short_path}/publish", "query.bind": f"ipc://{short_path}/query",
        "publish.every_seconds": 0.05, "penalty.l1": 0.05}

    def serve(before=None, **more):
        return start(settings | more, state=before.state if before else None)

    return serve


@pytest.fixture
def daemon(serve):
    daemon = serve()
    daemon.learn(samples(5000))
    return daemon


@pytest.fixture
def shell(short_path, daemon):
    yield from shells(short_path, daemon)


def shells(directory, daemon, **environment):
    shell = Shell(directory, **variables(daemon), PATH=f"{PROGRAMS}:/usr/bin:/bin", **environment)
    yield shell
    shell.close()


def expected(name: str) -> list[str]:
    return (SCREENS / f"{name}.txt").read_text().split("\n")[:-1]


def sees(shell: Shell, name: str) -> None:
    shell.wait_for_screen(expected(name), MASKS)


TOP = "whittle top --every 0.05"


def test_top_is_the_same_at_every_size(shell):
    shell.type(TOP)
    for size in ["80x24", "200x50", "20x5", "80x24"]:
        shell.resize(*map(int, size.split("x")))
        sees(shell, f"top-{size}")


def test_watch_is_the_same_at_every_size(shell):
    shell.type("whittle watch")
    for size in ["80x24", "200x50", "20x5", "80x24"]:
        shell.resize(*map(int, size.split("x")))
        sees(shell, f"watch-{size}")


@pytest.mark.parametrize("command, name", [(TOP, "top"), ("whittle watch", "watch")])
def test_a_daemon_that_dies_and_comes_back(shell, serve, daemon, command, name):
    shell.type(command)
    sees(shell, f"{name}-80x24")
    daemon.kill()
    sees(shell, f"{name}-80x24-waiting")
    shell.resize(200, 50)
    sees(shell, f"{name}-200x50-waiting")
    shell.resize(80, 24)
    # All that it had learned is in its journal.
    daemon = serve(daemon)
    sees(shell, f"{name}-80x24")
    # And another model, which is empty, may come in its place.
    daemon.kill()
    other = serve()
    other.learn({"y": 1.0, "x": {"new": 1.0}})
    shell.wait_for(lambda lines: any(re.match("new  ", line) for line in lines) and lines[1] == "ok")
    assert not any(line.startswith("sleep") for line in shell.lines())


@pytest.mark.parametrize("command", [TOP, "whittle watch"])
@pytest.mark.parametrize("end, status", [("q", 0), ("C-c", 130), ("TERM", 143), ("HUP", 129)])
def test_the_terminal_is_left_as_it_was(shell, daemon, command, end, status):
    before = shell.state()
    shell.type("stty -a > before; echo what was here before")
    shell.wait_for(lambda lines: "what was here before" in lines)
    shell.wait_for_prompt()
    # The number of its process: `exec` keeps that of the shell that wrote it.
    shell.type(f"sh -c 'echo $$ > process; exec {command}'")
    shell.wait_for(lambda lines: lines[1] == "ok")
    assert shell.state() == {"alternate_on": True, "cursor_flag": False, "wrap_flag": False}
    if end in ("TERM", "HUP"):
        os.kill(int((shell.directory / "process").read_text()), signal.Signals[f"SIG{end}"])
    else:
        shell.press(end)
    shell.wait_for_prompt()
    assert shell.state() == before == {"alternate_on": False, "cursor_flag": True, "wrap_flag": True}
    shell.type("echo status $?")
    lines = shell.wait_for(lambda lines: f"status {status}" in lines)
    assert "what was here before" in lines
    shell.type("stty -a > after; echo done")
    # Echo is on: what was typed is seen, and what it did.
    shell.wait_for(lambda lines: "$ stty -a > after; echo done" in lines and "done" in lines)
    assert (shell.directory / "after").read_text() == (shell.directory / "before").read_text()
    seen = [line for line in shell.lines() if "sparsity" in line]
    # The last picture of `watch` stays, the one of `top` goes.
    assert len(seen) == (0 if "top" in command else 1)


def test_suspended_and_resumed(shell):
    shell.type(TOP)
    sees(shell, "top-80x24")
    shell.press("C-z")
    shell.wait_for(lambda lines: any("Stopped" in line for line in lines))
    shell.wait_for_prompt()
    assert shell.state() == {"alternate_on": False, "cursor_flag": True, "wrap_flag": True}
    shell.resize(200, 50)
    shell.type("fg")
    sees(shell, "top-200x50")
    shell.press("q")
    shell.wait_for_prompt()
    assert shell.state() == {"alternate_on": False, "cursor_flag": True, "wrap_flag": True}


def test_keys(shell):
    shell.type(TOP)
    sees(shell, "top-80x24")
    for key, shown in [("Space", r"paused   ok"), ("Space", r"ok"), ("s", r".*most changed first"), ("?", r"CHANGE is")]:
        shell.press(key)
        shell.wait_for(lambda lines, shown=shown: any(re.fullmatch(shown + ".*", line) for line in lines))
    shell.press("?", "s")
    sees(shell, "top-80x24")


def test_where_there_is_no_daemon_yet(short_path, serve):
    """It waits for one."""
    endpoints = {"WHITTLE_SUBSCRIBE": f"ipc://{short_path}/publish", "WHITTLE_QUERY": f"ipc://{short_path}/query"}
    shell = Shell(short_path, PATH=f"{PROGRAMS}:/usr/bin:/bin", **endpoints)
    try:
        shell.type(TOP)
        shell.wait_for(lambda lines: lines[1] == "no word yet, waiting")
        serve().learn(samples(5000))
        sees(shell, "top-80x24")
    finally:
        shell.close()


COLOUR = re.compile(r"\x1b\[[\d;]*3[0-9]m")


@pytest.mark.parametrize("command", [TOP, "whittle watch"])
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}], ids=str)
def test_colours(short_path, daemon, command, environment):
    for shell in shells(short_path, daemon, **environment):
        shell.type(command)
        shell.wait_for(lambda lines: lines[1] == "ok" and any(line.startswith("sleep") for line in lines))
        assert bool(COLOUR.search("\n".join(shell.lines(escapes=True)))) == (environment == {})


def test_ascii_where_the_locale_is_not_utf_8(short_path, daemon):
    for shell in shells(short_path, daemon, LC_ALL="C"):
        shell.type(TOP)
        lines = shell.wait_for(lambda lines: lines[1] == "ok" and any("#" in line for line in lines))
        # What is drawn, that is: names are what they are.
        assert not set("".join(lines)) & set("█│▁▂▃▄▅▆▇─…")


def test_top_needs_a_terminal(daemon):
    ended = whittle(daemon, "top", code=64)
    assert ended.stdout == ""
    assert "whittle watch --json" in ended.stderr


def test_screens_are_all_used():
    """A screen that nothing compares with would say nothing."""
    sizes = ["80x24", "200x50", "20x5"]
    used = {f"{view}-{size}" for view, size in itertools.product(["top", "watch"], sizes)}
    used |= {f"{view}-{size}-waiting" for view, size in itertools.product(["top", "watch"], sizes[:2])}
    assert {path.stem for path in SCREENS.iterdir()} == used
