"""What `whittle` shows on a terminal, seen through a pseudo-terminal."""

import json
import re

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


def test_watch_redraws(daemon):
    screen = whittle_on_a_terminal(daemon, "watch", "--count", "6")
    assert screen.code == 0
    # After the first picture each goes up over the one before.
    assert len(re.findall(r"\x1b\[\d+F", screen.text)) == 5
    text = shown(screen.text)
    for part in ("ok", "step     500", "loss", "active", "sparsity", "f1"):
        assert part in text
    assert "█" in text
    assert COLOUR.search(screen.text)


@pytest.mark.parametrize("rows, columns", [(24, 80), (10, 40), (5, 20), (2, 10)])
def test_watch_fits_its_terminal(daemon, rows, columns):
    screen = whittle_on_a_terminal(daemon, "watch", "--count", "4", rows=rows, columns=columns)
    assert screen.code == 0
    for picture in re.split(r"\x1b\[\d+F", screen.text):
        lines = shown(picture).split("\r\n")[:-1]
        assert len(lines) < rows
        assert all(len(line) < columns for line in lines)


def test_watch_until_interrupted(daemon):
    """Ctrl-C ends it."""
    screen = whittle_on_a_terminal(daemon, "watch", until="sparsity")
    assert screen.code != 0
    assert "step     500" in shown(screen.text)


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_without_colours(daemon, variable):
    for arguments in (["watch", "--count", "4"], ["coefficients"], ["configuration"]):
        screen = whittle_on_a_terminal(daemon, *arguments, **variable)
        assert screen.code == 0
        assert not COLOUR.search(screen.text)
