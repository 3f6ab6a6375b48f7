"""Documentation articles whose commands are run, and whose printed results are compared.

An article shows terminal sessions in blocks fenced as ```console. A line that begins with "$ " is a command, one that
begins with "> " goes on with it, and all others are what it prints, standard error included, to the letter. The
blocks of an article are one session of one shell, in the order in which they stand.

    python Tests/EndToEnd/articles.py

runs every article and writes what its commands print now in the place of what it says they print. Look at the
difference before you commit it: the words around the numbers stay as they are.
"""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon import LIMIT, PROGRAMS, ROOT, clean_environment
from documents import documents

CATALOG = ROOT / "Sources/OnlineLearning/OnlineLearning.docc"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COEFFICIENT = re.compile(r"^(\S+) +(-?[0-9][-0-9.e]*)$", re.MULTILINE)


@dataclass
class Command:
    """A command and what it prints."""

    text: str
    output: str = ""

    def coefficients(self) -> dict[str, str]:
        """The table that `whittle coefficients` prints: each coefficient as it is printed, by name."""
        return dict(COEFFICIENT.findall(self.output))


def blocks(text: str) -> list[list[Command]]:
    """The commands of an article, by block."""
    return [commands(block) for block in BLOCK.findall(text)]


def commands(block: str) -> list[Command]:
    found: list[Command] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(Command(line[2:]))
        elif not found:
            raise ValueError(f"a console block begins with a command, not with {line!r}")
        elif line.startswith("> ") and not found[-1].output:
            found[-1].text += "\n" + line[2:]
        else:
            found[-1].output += line + "\n"
    return found


def with_outputs(text: str, ran: list[Command]) -> str:
    """The article with these outputs in the place of its own."""
    rest = iter(ran)

    def written(block: re.Match) -> str:
        lines = ""
        for command in commands(block[1]):
            lines += "$ " + command.text.replace("\n", "\n> ") + "\n" + next(rest).output
        return f"```console\n{lines}```"

    return BLOCK.sub(written, text)


@contextlib.contextmanager
def shell() -> Iterator["Shell"]:
    """A shell in an empty directory that looks like the top of a clone. Whatever it started ends with it."""
    with tempfile.TemporaryDirectory(prefix="whittle-") as place:
        session = Shell(Path(place))
        try:
            yield session
        finally:
            session.end()


class Shell:
    def __init__(self, place: Path):
        top = place / "clone"
        top.mkdir()
        self._read = b""
        (top / "deploy").symlink_to(ROOT / "deploy")
        # The articles say nothing of endpoints; these are out of the way of every other daemon's.
        push, query, publish = (f"ipc://{place}/{name}" for name in ("push", "query", "publish"))
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=top, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
            env=clean_environment(
                PATH=f"{PROGRAMS}:{os.environ['PATH']}", LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1",
                WHITTLED_INGEST_PULL_BIND=push, WHITTLED_QUERY_BIND=query, WHITTLED_PUBLISH_BIND=publish,
                WHITTLED_HTTP_BIND="127.0.0.1:0",
                WHITTLE_PUSH=push, WHITTLE_QUERY=query, WHITTLE_SUBSCRIBE=publish))

    def run(self, command: str) -> str:
        """What a command prints. It must succeed."""
        mark = "the command has ended with status"
        self._process.stdin.write(f"{command}\nprintf '\\n{mark} %d\\n' $?\n".encode())
        self._process.stdin.flush()
        end = time.monotonic() + LIMIT
        while not (ended := re.search(rf"\n{mark} (\d+)\n".encode(), self._read)):
            assert select.select([self._process.stdout], [], [], max(end - time.monotonic(), 0))[0], (
                f"{command!r} does not end; it printed {self._read.decode()!r}")
            piece = os.read(self._process.stdout.fileno(), 65536)
            assert piece, f"{command!r} ended the shell; it printed {self._read.decode()!r}"
            self._read += piece
        output = self._read[:ended.start()].decode()
        # What a background process says later belongs to the commands after this one.
        self._read = self._read[ended.end():]
        assert ended[1] == b"0", f"{command!r} fails with status {ended[1].decode()}; it printed {output!r}"
        return output

    def end(self) -> None:
        """Ends the shell and its background processes, which are one group; again, it does nothing."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(LIMIT)


def run(article: list[list[Command]]) -> list[Command]:
    """The commands of an article with what they print now."""
    with shell() as session:
        return [Command(command.text, session.run(command.text)) for block in article for command in block]


def rewrite(path: Path) -> None:
    text = path.read_text()
    path.write_text(with_outputs(text, run(blocks(text))))


if __name__ == "__main__":
    for path in documents():
        if blocks(path.read_text()):
            print(path.relative_to(ROOT))
            rewrite(path)
    sys.exit()
