"""The code blocks of README.md and of all DocC articles, however they are marked.

A block is fenced, with or without a language, or indented by four blanks after an empty line. Articles that are added later
are found by themselves, and so are their blocks.
"""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from daemon import ROOT

# A line that begins with one of these is a command for a shell.
COMMAND = re.compile(
    r"(\$ |(sudo |env )?(whittle|whittled|bench|swift|deploy/|\./|tail|cat|head|curl|sqlite3|python3?|node|npm|cc|pip|apt|git|cp|mkdir|rm|ls"
    r"|PATH=|export |source |systemctl|man )\b)")


@dataclass(frozen=True)
class Block:
    document: str
    line: int
    # The language of a fence, "" for a fence without one, "indented" without a fence.
    mark: str
    text: str

    def __str__(self) -> str:
        return f"{Path(self.document).name}:{self.line}"

    @property
    def kind(self) -> str:
        """What has to be done with it: its language; `sh`, `json` or `text` where it has none."""
        if self.mark not in ("", "indented"):
            return self.mark
        lines = [line for line in self.text.splitlines() if line.strip()]
        if any(COMMAND.match(line.strip()) for line in lines):
            return "sh"
        return "json" if lines and lines[0].startswith(("{", "[")) else "text"


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted(ROOT.glob("Sources/*/*.docc/*.md"))]


def all_blocks() -> list[Block]:
    return [block for path in documents() for block in blocks(path.read_text(), str(path.relative_to(ROOT)))]


def blocks(text: str, document: str) -> list[Block]:
    found: list[Block] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        if fence := re.match(r"( *)(```+|~~~+) *([^` ]*)", lines[at]):
            end = at + 1
            while end < len(lines) and lines[end].strip() != fence[2]:
                end += 1
            if end == len(lines):
                raise ValueError(f"{document}:{at + 1}: a fence that nothing ends")
            found.append(block(document, at + 1, fence[3], lines[at + 1:end]))
            at = end + 1
        elif lines[at].startswith("    ") and (at == 0 or not lines[at - 1].strip()):
            end = at
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            found.append(block(document, at + 1, "indented", lines[at:end]))
            at = end
        else:
            at += 1
    return found


def block(document: str, line: int, mark: str, lines: list[str]) -> Block:
    return Block(document, line, mark, textwrap.dedent("\n".join(lines)).strip("\n") + "\n")
