"""Every code block of README.md and of the DocC articles is run, or taken by what it is written for.

`test_articles.py` runs ```console blocks and compares what they print. All others are run here, each by its kind; a kind
that is not known is an error, so that no example is written that nothing runs.
"""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checkpoint_file import CheckpointFile, files, forge
from daemon import LIMIT, PROGRAMS, ROOT, Daemon, clean_environment, whittled
from documents import Block, all_blocks, blocks
from tool import read, variables, whittle

HERE = Path(__file__).parent
BLOCKS = all_blocks()
KINDS = {"console", "sh", "python", "swift", "c", "javascript", "sql", "yaml", "json", "text"}

# Blocks that another test runs: the document, how the block begins, and that test.
ELSEWHERE = {
    ("README.md", "deploy/run"): "test_deploy_run.py::test_loss_falls",     # and deploy/test runs this test
    ("README.md", "deploy/bench"): "test_bench.py::test_all_is_one_table",
    ("README.md", "swift run -c release bench path"): "test_bench.py::test_path_measures_every_row",
    ("README.md", "swift run -c release bench growth"): "test_bench.py::test_growth_measures_every_point_and_draws_it",
    ("Growth.md", "swift run -c release bench growth"): "test_bench.py::test_growth_measures_every_point_and_draws_it",
    ("README.md", "swift run -c release bench learner"): "test_bench.py::test_learner_measures_every_row",
    ("README.md", "swift run -c release bench formats"): "test_bench.py::test_formats_measures_every_row",
    ("README.md", "swift run -c release bench store"): "test_bench.py::test_store_measures_every_row",
    ("README.md", "swift run -c release bench query"): "test_bench.py::test_query_measures_every_row",
    ("README.md", "swift run -c release bench publish"): "test_bench.py::test_publish_measures_every_row",
    ("Doors.md", "import zmq"): "test_doors.py::test_the_articles_python_sends",
    # deploy/run builds with these lines.
    ("OnlineLearning.md", "swift build -c release --product whittled"): "test_deploy_run.py::test_loss_falls",
}

# A model of features of unknown size, and no checkpoint that goes because there are newer ones.
SETTINGS = {"model.optimizer": "normalized", "checkpoint.keep": 100}

ENDPOINTS = {
    "tcp://127.0.0.1:5701": "ingest.pull.bind", "tcp://127.0.0.1:5702": "publish.bind",
    "tcp://127.0.0.1:5703": "query.bind", "tcp://127.0.0.1:5704": "ingest.router.bind", "127.0.0.1:5705": "http.bind"}


def elsewhere(block: Block) -> str | None:
    for (document, beginning), test in ELSEWHERE.items():
        if Path(block.document).name == document and block.text.startswith(beginning):
            return test
    return None


def of(kind: str) -> list[Block]:
    return [block for block in BLOCKS if block.kind == kind and not elsewhere(block)]


def on(daemon: Daemon, text: str) -> str:
    """A program with this daemon's endpoints in the place of the defaults."""
    for default, key in ENDPOINTS.items():
        text = text.replace(default, daemon.endpoint(key) if key in daemon.endpoints else default)
    return text


@pytest.fixture(scope="module")
def prepared(start_shared) -> Path:
    """A state directory with the checkpoints that the documents speak of, and a journal that goes on after the last."""
    with open(ROOT / "deploy/data/diabetes.csv") as file:
        names, *rows = [line.strip().split(",") for line in file]
    samples = [{"x": dict(zip(names[:-1], map(float, row), strict=False)), "y": float(row[-1]) / 100} for row in rows]
    samples[0]["x"] |= {"sleep": 7.5, "homework": 2, "price": 3}
    daemon = start_shared(SETTINGS)
    for part in [samples, *([samples[:93]] * 6), samples[:100]]:
        daemon.learn(*part)
        daemon.checkpoint()
    daemon.learn(*samples[:50])
    daemon.wait_for_journal()
    daemon.kill()
    for path, days in zip(files(daemon.state), [2, 0.25], strict=False):
        made = CheckpointFile.read(path).metadata["time"]
        earlier = f"{float(made) - days * 86400:.9f}"[:len(made)]
        forge(path, made.encode(), earlier.encode())
    whittle(None, "catalog", "rebuild", "--state", daemon.state)
    return daemon.state


@pytest.fixture
def clone(prepared, tmp_path) -> Path:
    """A directory that looks like the top of a clone in which a daemon has run."""
    place = tmp_path / "clone"
    place.mkdir()
    (place / "deploy").symlink_to(ROOT / "deploy")
    shutil.copytree(prepared, place / "whittled-state")
    for checkpoint in (place / "whittled-state").glob("checkpoint-*"):
        (place / checkpoint.name).symlink_to(checkpoint)
    (place / "sensors.jsonl").write_text('{"y": 1, "x": {"temperature": 20}}\n{"y": 2, "x": {"temperature": 30}}\n')
    return place


# All blocks


def test_every_block_is_of_a_kind_that_is_run():
    unknown = [f"{block}: {block.mark}" for block in BLOCKS if block.kind not in KINDS]
    assert not unknown, f"no test runs these blocks; add their language, or mark them as what they are: {unknown}"


def test_what_runs_elsewhere_is_there():
    """Every entry is of use, and its test exists."""
    used = {elsewhere(block) for block in BLOCKS}
    for test in ELSEWHERE.values():
        file, name = test.split("::")
        assert test in used and f"def {name}(" in (HERE / file).read_text()
    for document, beginning in ELSEWHERE:
        assert any(Path(block.document).name == document and block.text.startswith(beginning) for block in BLOCKS)


def test_blocks_are_found():
    text = "# Title\n\n    one\n\n    two\n\nword\n    no block\n```sh\nthree\n\n    four\n```\n\n~~~\nfive\n~~~\n"
    assert [(block.line, block.mark, block.text) for block in blocks(text, "d.md")] == [
        (3, "indented", "one\n\ntwo\n"), (9, "sh", "three\n\n    four\n"), (15, "", "five\n")]
    with pytest.raises(ValueError, match="d.md:1: a fence that nothing ends"):
        blocks("```\nx\n", "d.md")
    kinds = {"    whittle stats\n": "sh", "    deploy/run\n": "sh", "    {\"y\": 1}\n": "json", "    y = x\n": "text",
             "    PATH=x:y\n": "sh", "```\n$ x\n```\n": "sh", "```rust\nx\n```\n": "rust"}
    assert {text: blocks(text, "")[0].kind for text in kinds} == kinds


# Commands


def commands(block: Block) -> list[str]:
    return [line for line in block.text.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_commands(block, clone, start):
    """Each command runs to its end, with success; what never ends does what it is for."""
    text = block.text
    # These want no daemon, or are one.
    alone = re.search(r"^(whittled\b|whittle (checkpoints restore|catalog rebuild))", text, re.MULTILINE)
    daemon = None if alone else start(SETTINGS, state=clone / "whittled-state")
    environment = clean_environment(
        PATH=f"{PROGRAMS}:{os.environ['PATH']}", LC_ALL="C.UTF-8", WHITTLED_INGEST_PULL_BIND="tcp://127.0.0.1:*",
        WHITTLED_QUERY_BIND="tcp://127.0.0.1:*", WHITTLED_PUBLISH_BIND="tcp://127.0.0.1:*",
        WHITTLED_HTTP_BIND="127.0.0.1:0", **variables(daemon))
    for command in commands(block):
        if daemon:
            command = command.replace("127.0.0.1:5705", daemon.endpoint("http.bind"))
        if re.match(r"tail -f|whittle (watch|top)\b|whittled(?! +--(help|check-config))", command):
            run_until_it_works(command, clone, environment, daemon)
        else:
            # What asks whether to go on, asks a terminal.
            asks = command.startswith("whittle reset")
            ran = run_on_a_terminal(command, clone, environment) if asks else subprocess.run(
                ["bash", "-c", command], cwd=clone, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, timeout=LIMIT)
            assert ran.returncode == 0, (command, ran)


def run_on_a_terminal(command: str, place: Path, environment: dict) -> subprocess.CompletedProcess:
    """Runs it with a terminal to ask, on which somebody says yes."""
    terminal, programs_side = pty.openpty()
    try:
        os.write(terminal, b"yes\n")
        return subprocess.run(
            ["bash", "-c", command], cwd=place, env=environment, stdin=programs_side, capture_output=True, text=True,
            timeout=LIMIT)
    finally:
        os.close(programs_side)
        os.close(terminal)


def run_until_it_works(command: str, place: Path, environment: dict, daemon: Daemon | None) -> None:
    terminal, programs_side = pty.openpty()
    with subprocess.Popen(
            ["bash", "-c", command], cwd=place, env=environment | {"TERM": "xterm"}, stdin=programs_side,
            stdout=programs_side, stderr=programs_side, start_new_session=True) as process:
        os.close(programs_side)
        try:
            if command.startswith("tail"):
                daemon.wait_until(lambda stats: daemon.ask("coefficients", names=["temperature"])["ok"])
            else:
                told = b""
                while (b" ready" if command.startswith("whittled") else b"bmi") not in told:
                    told += read(terminal, time.monotonic() + LIMIT)
            assert process.poll() is None
        finally:
            os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(AssertionError):
                while read(terminal, time.monotonic() + LIMIT):
                    pass
            process.wait(LIMIT)
            os.close(terminal)


# Python

# What a document takes for granted, and how many messages its programs send.
SETUP = {
    "README.md": ("import numpy; x = numpy.ones((2, 3), 'f4'); y = numpy.ones(2, 'f4')", 5),
    "Arrays.md": ("import scipy.sparse; csr = scipy.sparse.random(100, 8, 0.5, 'csr', 'f8')", 3),
}
# Files that a document's commands have made before its Python reads them.
MADE = {"README.md": ["export", "--state", "whittled-state", "--output", "model.joblib"]}
# Each of its blocks is a program, and none follows another.
PROGRAM_BLOCKS = "OtherLanguages.md"
SESSIONS = sorted({block.document for block in of("python")} - {
    block.document for block in BLOCKS if block.document.endswith(PROGRAM_BLOCKS)})


@pytest.mark.parametrize("document", SESSIONS, ids=lambda document: Path(document).stem)
def test_python(document, clone, start):
    """The blocks of a document are one program, and the daemon takes all that it sends."""
    daemon = start({"ingest.router.bind": "tcp://127.0.0.1:*"})
    before = daemon.learn({"y": 3, "x": {"sleep": 7.5, "hw": 2, "color": "red"}})["messages"]
    setup, messages = SETUP.get(Path(document).name, ("", 0))
    if made := MADE.get(Path(document).name):
        subprocess.run([PROGRAMS / "whittle", *made], cwd=clone, env=clean_environment(), check=True, timeout=LIMIT)
    text = "\n".join([setup, *(block.text for block in of("python") if block.document == document)])
    ran = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", on(daemon, text)], cwd=clone, env=clean_environment(),
        capture_output=True, text=True, timeout=LIMIT)
    assert ran.returncode == 0, ran.stderr
    stats = daemon.wait_until(lambda stats: stats["messages"] >= before + messages)
    assert stats["messages"] == before + messages and not any(stats["rejected"].values())
    assert "'ok': False" not in ran.stdout


# Programs in other languages


def compiled(text: str, place: Path) -> list[str]:
    (place / "program.c").write_text(text)
    program = str(place / "program")
    subprocess.run(
        ["cc", "-Wall", "-Wextra", "-Werror", place / "program.c", "-o", program, "-lzmq"], check=True, timeout=LIMIT)
    return [program]


def interpreted(text: str, place: Path) -> list[str]:
    (place / "program.py").write_text(text)
    return [sys.executable, str(place / "program.py")]


def node_module(text: str, place: Path) -> list[str]:
    (place / "program.mjs").write_text(text)
    if zeromq_for_node_is_missing(place):
        # No Debian package has it. What stands in speaks the same protocol, by as much of the same interface as is used.
        module = place / "node_modules/zeromq"
        module.mkdir(parents=True)
        shutil.copy(HERE / "node/zeromq.mjs", module)
        (module / "package.json").write_text('{"name": "zeromq", "type": "module", "exports": "./zeromq.mjs"}')
    return ["node", str(place / "program.mjs")]


def programs(language: str) -> list[str]:
    """The page's programs in a language: the one that feeds, the one that asks, the one that subscribes."""
    found = [block.text for block in of(language) if block.document.endswith(PROGRAM_BLOCKS)]
    assert len(found) == 3
    return found


def zeromq_for_node_is_missing(place: Path) -> bool:
    return subprocess.run(
        ["node", "--input-type=module", "-e", 'await import("zeromq")'], cwd=place, capture_output=True,
        timeout=LIMIT).returncode != 0


@pytest.mark.parametrize("language, make", [("python", interpreted), ("c", compiled), ("javascript", node_module)])
def test_programs(language, make, start, tmp_path):
    feed, ask, subscribe = programs(language)
    daemon = start({"publish.every_samples": 1, "publish.every_seconds": 0})
    run(make(on(daemon, feed), tmp_path))
    daemon.wait_until(lambda stats: stats["samples"] == 3)
    says(run(make(on(daemon, ask), tmp_path)), daemon)
    follows(make(on(daemon, subscribe), tmp_path), daemon)


def run(program: list[str]) -> str:
    ran = subprocess.run(program, capture_output=True, text=True, env=clean_environment(), timeout=LIMIT)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def says(printed: str, daemon: Daemon) -> None:
    """A program that asks prints what the daemon answers to the same question."""
    expected = daemon.ask("predict", x={"sleep": 8, "homework": 1})
    if printed.startswith("{"):
        assert json.loads(printed) == expected
        return
    first, *rest = [line.split() for line in printed.splitlines()]
    assert first[::2] == ["prediction", "step"] or first[0] == "prediction"
    assert (float(first[1]), int(first[-1])) == (expected["prediction"], expected["step"])
    heaviest = daemon.coefficients(top=2)
    assert [(name, float(value)) for name, value in rest] == list(
        zip(heaviest["names"], heaviest["values"], strict=True))


def follows(program: list[str], daemon: Daemon) -> None:
    """A program that subscribes prints what is published, for as long as it runs."""
    with subprocess.Popen(program, stdout=subprocess.PIPE, env=clean_environment()) as process:
        try:
            # Whether it has subscribed is not known: there is news until it tells some.
            fed = 0
            while not select.select([process.stdout], [], [], 0.05)[0]:
                assert process.poll() is None
                daemon.learn({"x": {"sleep": 7}, "y": 3})
                fed += 1
            lines = [process.stdout.readline().decode() for _ in range(1)]
            assert re.match(r'(coefficients|stats) (at step \d+$|\{.*"step":\d+.*\}$)', lines[0]), (lines, fed)
            assert process.poll() is None
        finally:
            process.kill()


@pytest.mark.parametrize("block", of("javascript"), ids=str)
def test_javascript_is_well_formed(block, tmp_path):
    path = tmp_path / "program.mjs"
    path.write_text(block.text)
    subprocess.run(["node", "--check", path], check=True, timeout=LIMIT)
    path.write_text(block.text.replace(")", "", 1))
    assert subprocess.run(["node", "--check", path], capture_output=True, timeout=LIMIT).returncode != 0


# Swift


def test_swift_is_what_the_examples_are():
    """What an article shows is, to the letter, a part of a file that is compiled and run."""
    sources = {path.name: path.read_text() for path in sorted((ROOT / "Tests/ClientExamples").glob("*.swift"))}
    for block in of("swift"):
        assert any(f"\n{block.text}" in source for source in sources.values()), f"{block} is in no file of {[*sources]}"
        # A part that nothing calls would be compiled only.
        for name in re.findall(r"^func (\w+)", block.text, re.MULTILINE):
            assert f"{name}(" in sources["ClientExamples.swift"]


def test_the_swift_examples_run(start):
    daemon = start({
        "ingest.router.bind": "tcp://127.0.0.1:*", "publish.every_samples": 1, "publish.rejects_per_second": 1000})
    keys = ["query.bind", "ingest.pull.bind", "ingest.router.bind", "publish.bind"]
    printed = run([str(PROGRAMS / "client-examples"), *(daemon.endpoint(key) for key in keys)])
    expected = [
        r"a prediction: \S+, after 3 samples", r"(sleep|homework|school=\w+): \S+", r"(sleep|homework|school=\w+): \S+",
        r"\S+ is \S+ and, of", r"  sleep: \S+", r"  homework: \S+",
        r"learned 1 sample: 4 in all", r"not learned: \w+", *(f"{n} was learned before" for n in (1, 2, 3)),
        "predictions: 3", r"coefficients: \[.*\"sleep\".*\]"]
    lines = printed.splitlines()
    for line, pattern in zip(lines, expected, strict=False):
        assert re.fullmatch(pattern, line), (line, pattern)
    news, end = lines[len(expected):-2], lines[-2:]
    assert end == ["the daemon is there", "the daemon is away"]
    assert all(re.fullmatch(r"\d+ samples, \d+ coefficients that are not zero|rejected: .+", line) for line in news)
    assert {line.split()[0] == "rejected:" for line in news} == {True, False}
    stats = daemon.stats()
    assert stats["sequences"]["by_source"]["grades-2026"] == {"last": 3, "missing": 0, "duplicates": 3}


# The catalog


@pytest.mark.parametrize("block", of("sql"), ids=str)
def test_sql_is_answered_by_the_catalog(block, prepared):
    # Grafana puts in the range that its dashboard shows.
    text = block.text.replace("$__from", "0").replace("$__to", "1e15")
    path = f"file:{prepared / 'catalog.sqlite'}?mode=ro"
    with contextlib.closing(sqlite3.connect(path, uri=True)) as catalog:
        rows = catalog.execute(text).fetchall()
    assert rows and all(any(value is not None for value in row) for row in rows)


# Settings and samples


@pytest.mark.parametrize("block", of("yaml"), ids=str)
def test_yaml_is_a_configuration(block, tmp_path):
    path = tmp_path / "whittled.yaml"
    path.write_text(block.text)
    ran = whittled("--check-config", "--config", str(path))
    assert ran.returncode == 0, ran.stderr
    path.write_text(block.text + "unknown: 1\n")
    assert whittled("--check-config", "--config", str(path)).returncode != 0


def holds_samples(block: Block) -> bool:
    return "SampleFormats.docc" in block.document or block.document.endswith("FeatureSpaces.md")


def record(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_is_json(block):
    for message in block.text.split("\n\n"):
        assert record(message) or all(record(line) for line in message.splitlines())


@pytest.mark.parametrize("block", [
    block for block in of("json") + of("text") if holds_samples(block)], ids=str)
def test_samples_are_accepted(block, start):
    settings = {"delayed.samples": 100}
    if '"score"' in block.text:
        settings |= {"json.layout": "flat", "json.target": "score"}
    daemon = start(settings)
    messages = [message.strip("\n") for message in block.text.split("\n\n")]
    stats = daemon.learn(*messages)
    assert stats["messages"] == len(messages) and not any(stats["rejected"].values())
    assert stats["step"] > 0
