"""Man pages and completions of both programs, made by deploy/manual, as man and the shells take them."""

import json
import os
import shutil
import subprocess

import pytest

from daemon import LIMIT, PROGRAMS, ROOT, clean_environment
from streams import random_samples
from tool import whittle

TOOLS = ["man", "mandoc", "zsh", "fish"]
PROGRAM_NAMES = ["whittle", "whittled"]
# What prints no results of its own, or in a form that is asked for with --format.
WITHOUT_JSON = {"export", "checkpoints export", "top"}


@pytest.fixture(scope="module")
def share(tmp_path_factory):
    for tool in TOOLS:
        assert shutil.which(tool), f"there is no {tool}; deploy/test installs it"
    directory = tmp_path_factory.mktemp("manual") / "share"
    subprocess.run([ROOT / "deploy/manual", directory, PROGRAMS], check=True, timeout=600)
    return directory


def run(*command, code: int = 0, **more) -> subprocess.CompletedProcess:
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=LIMIT,
        env=clean_environment(PATH=path, MANWIDTH="80", LC_ALL="C.UTF-8", **more))
    assert ended.returncode == code, ended
    return ended


def commands(command: dict | None = None, names: tuple[str, ...] = ()) -> list[tuple[str, dict]]:
    """All commands without subcommands, and what they take, as the program itself tells."""
    if command is None:
        told = json.loads(whittle(None, "--experimental-dump-help").stdout)
        return commands(told["command"])
    children = [child for child in command.get("subcommands", []) if child["commandName"] != "help"]
    if not children:
        return [(" ".join(names), command)]
    return [leaf for child in children for leaf in commands(child, (*names, child["commandName"]))]


def flags(command: dict) -> set[str]:
    return {
        name["name"] for argument in command["arguments"] for name in argument.get("names", [])
        if name["kind"] == "long"}


def test_every_command_has_json():
    known = commands()
    assert len(known) > 15
    without = {name for name, command in known if "json" not in flags(command)}
    assert without <= WITHOUT_JSON
    assert {"export", "checkpoints export"} <= without


def test_pages_are_there(share):
    pages = {path.name for path in (share / "man/man1").iterdir()}
    assert pages >= {"whittle.1", "whittled.1"}
    assert pages >= {f"whittle-{name.replace(' ', '-')}.1" for name, _ in commands()}


def test_pages_have_no_mistakes(share):
    pages = sorted((share / "man/man1").iterdir())
    for page in pages:
        assert run("man", "--warnings", "--local-file", page).stderr == "", page
    told = run("mandoc", "-T", "lint", "-W", "warning", *pages)
    assert told.stdout + told.stderr == ""


def test_pages_say_what_help_says(share):
    for name, command in commands():
        text = run("man", "--local-file", share / f"man/man1/whittle-{name.replace(' ', '-')}.1").stdout
        words = " ".join(text.split())
        for flag in flags(command):
            assert f"--{flag}" in words, (name, flag)


@pytest.mark.parametrize("program", PROGRAM_NAMES)
def test_completions_are_valid(share, program):
    run("bash", "-n", share / "bash-completion/completions" / program)
    run("zsh", "-n", share / "zsh/site-functions" / f"_{program}")
    run("fish", "--no-config", "-n", share / "fish/vendor_completions.d" / f"{program}.fish")


def completed_by_bash(share, *words: str, program: str = "whittle") -> list[str]:
    """What bash offers for the last word."""
    line = " ".join([program, *words])
    script = f"""
        source {share}/bash-completion/completions/{program}
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE={json.dumps(line)} COMP_POINT={len(line)}
        _{program} {program} "${{@: -1}}" "${{@: -2:1}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    ended = run("bash", "--norc", "-c", script, "bash", program, *words)
    assert ended.stderr == ""
    return [word.strip() for word in ended.stdout.splitlines() if word.strip()]


@pytest.fixture
def state(start):
    daemon = start({"checkpoint.keep": 10})
    for sample in random_samples(3, density=1):
        daemon.learn(sample)
        daemon.checkpoint()
    assert daemon.stop() == 0
    return daemon.state


def test_bash_completes(share, state):
    assert completed_by_bash(share, "coef") == ["coefficients"]
    assert {"history", "help"} <= set(completed_by_bash(share, "h"))
    assert completed_by_bash(share, "coefficients", "--js") == ["--json"]
    assert set(completed_by_bash(share, "export", "--format", "")) >= {"csv", "sklearn", "vw"}
    assert completed_by_bash(share, "diff", "--state", str(state), "la") == ["latest"]
    assert set(completed_by_bash(share, "diff", "--state", str(state), "")) >= {"1", "2", "3", "latest"}
    assert completed_by_bash(share, "history", "--state", str(state), "f11") == ["f11"]
    assert "--penalty-l1" in completed_by_bash(share, "--penalty-l", program="whittled")


def test_fish_completes(share, state):
    completions = share / "fish/vendor_completions.d/whittle.fish"

    def offered(line: str) -> list[str]:
        ended = run("fish", "--no-config", "-c", f"source {completions}; complete --do-complete '{line}'", HOME=str(share))
        return [line.split("\t")[0] for line in ended.stdout.splitlines()]

    assert "coefficients" in offered("whittle coef")
    assert set(offered(f"whittle diff --state {state} ")) >= {"1", "2", "3", "latest"}
