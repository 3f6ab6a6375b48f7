"""What `whittle` shows on a terminal, seen through a pseudo-terminal."""

import json
import re
import signal

import pytest

from streams import random_samples
from tool import whittle_on_a_terminal

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def daemon(start):
    daemon = start({"publish.every_seconds": 0.05, "penalty.l1": 0.2})
    daemon.learn(*random_samples(500))
    return daemon


def shown(text: str) -> str:
    return ESCAPE.sub("", text)


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps(sample) + "\n" for sample in random_samples(3000)))
    return path


@pytest.mark.parametrize("columns", [80, 40, 20])
def test_feed_shows_its_progress(daemon, jsonl, columns):
    screen = whittle_on_a_terminal(daemon, "feed", jsonl, columns=columns)
    assert screen.code == 0
    *drawings, _ = screen.text.split("\x1b[K")
    lines = [shown(drawing).lstrip("\r") for drawing in drawings]
    progress = [line for line in lines if line]
    assert progress and re.match(r"[\d,]+ samples", progress[0])
    if columns == 80:
        assert re.search(r"\[#*-*\]  \d+ %  .* left", progress[0])
    # No line reaches the last column, where terminals wrap; and the last drawing is an empty line.
    assert all(len(line) < columns for line in progress)
    assert lines[-1] == ""
    assert "sent 3,000 samples" in screen.text.split("\x1b[K")[-1]


def test_feed_is_quiet_when_told_so(daemon, jsonl):
    screen = whittle_on_a_terminal(daemon, "feed", jsonl, "--quiet")
    assert (screen.text, screen.code) == ("", 0)


# A line of a picture, put where it belongs.
PLACED = re.compile(r"\x1b\[(\d+);1H\x1b\[2K([^\x1b]*(?:\x1b\[[0-9;]*m[^\x1b]*)*)")
LEFT = "\x1b[?1049l"


def test_watch_redraws(daemon):
    screen = whittle_on_a_terminal(daemon, "watch", "--count", "6")
    assert screen.code == 0
    drawn, last = screen.text.split(LEFT)
    assert PLACED.search(drawn)
    # The last picture stays when the screen is left.
    text = shown(last)
    for part in ("ok", "step     500", "loss", "active", "sparsity", "f1"):
        assert part in text
    assert "█" in text
    assert COLOUR.search(screen.text)


@pytest.mark.parametrize("rows, columns", [(24, 80), (10, 40), (5, 20), (2, 10)])
@pytest.mark.parametrize("command, until", [("watch --count 4", None), ("top --every 0.05", "step 500")])
def test_pictures_fit_their_terminal(daemon, command, until, rows, columns):
    """What is drawn and drawn again, not only what is left of it."""
    screen = whittle_on_a_terminal(daemon, *command.split(), rows=rows, columns=columns, until=until)
    drawn, last = screen.text.split(LEFT)
    placed = PLACED.findall(drawn)
    assert placed
    for row, line in placed:
        assert int(row) <= rows
        assert len(shown(line)) <= columns
    assert len(shown(last).split("\r\n")) <= rows
    assert all(len(line) < columns for line in shown(last).split("\r\n"))


def test_watch_until_interrupted(daemon):
    """Ctrl-C ends it."""
    screen = whittle_on_a_terminal(daemon, "watch", until="sparsity")
    assert screen.code == -signal.SIGINT
    assert "step     500" in shown(screen.text)


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_without_colours(daemon, variable):
    for arguments in (["watch", "--count", "4"], ["coefficients"], ["configuration"]):
        screen = whittle_on_a_terminal(daemon, *arguments, **variable)
        assert screen.code == 0
        assert not COLOUR.search(screen.text)
