"""A shell on a terminal of its own: a window of a private tmux server."""

import re
import subprocess
import time
from pathlib import Path

from daemon import LIMIT, clean_environment


class Shell:
    """What people do at a terminal, and what they see there."""

    def __init__(self, directory: str, columns: int = 80, rows: int = 24, **environment: str):
        self.directory = Path(directory)
        self._tmux = ["tmux", "-u", "-S", str(self.directory / "tmux"), "-f", "/dev/null"]
        variables = {"LC_ALL": "C.UTF-8", "ENV": ""} | environment
        subprocess.run(
            [*self._tmux, "start-server", ";", "set-option", "-g", "status", "off", ";",
             "new-session", "-d", "-x", str(columns), "-y", str(rows), "sh -i"],
            env=clean_environment(**variables), check=True, timeout=LIMIT, cwd=directory)
        try:
            # The same prompt for every user.
            self.wait_for(lambda lines: lines[0] in ("$", "#"))
            self.type("PS1='$ '; clear")
            self.wait_for(lambda lines: lines[0] == "$")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], timeout=LIMIT, check=False, capture_output=True)

    def tmux(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._tmux, *arguments], check=True, timeout=LIMIT, capture_output=True, text=True).stdout

    def type(self, text: str) -> None:
        """Types a line, and Enter."""
        self.tmux("send-keys", "-l", text)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Presses keys by tmux's names: `q`, `C-c`, `Space`."""
        self.tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def lines(self, *, escapes: bool = False) -> list[str]:
        """What is on the screen, without spaces at the ends of lines."""
        text = self.tmux("capture-pane", "-p", *(["-e"] if escapes else []))
        return [line.rstrip() for line in text.split("\n")[:-1]]

    def state(self) -> dict[str, bool]:
        """How the terminal stands: which screen is shown, whether there is a cursor, whether long lines wrap."""
        names = ("alternate_on", "cursor_flag", "wrap_flag")
        values = self.tmux("display-message", "-p", " ".join(f"#{{{name}}}" for name in names)).split()
        return {name: value == "1" for name, value in zip(names, values, strict=True)}

    def wait_for(self, holds) -> list[str]:
        """Looks at the screen until it is as wanted. Each look asks the terminal, and waits for its answer."""
        end = time.monotonic() + LIMIT
        while not holds(lines := self.lines()):
            assert time.monotonic() < end, "it did not come to that; the screen:\n" + "\n".join(lines)
        return lines

    def wait_for_prompt(self) -> None:
        """Waits until the shell is ready for a command: its prompt is the last that is on the screen."""
        self.wait_for(lambda lines: next((line for line in reversed(lines) if line), None) == "$")

    def wait_for_screen(self, expected: list[str], masks: dict[str, str]) -> None:
        """Waits until the screen is as expected to the letter, but for what the masks (patterns) replace."""
        end = time.monotonic() + LIMIT
        while (found := [masked(line, masks) for line in self.lines()]) != expected:
            if time.monotonic() >= end:
                differing = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
                raise AssertionError("\n".join(["the screen:", *found, "differs in:", *map(str, differing)]))


def masked(line: str, masks: dict[str, str]) -> str:
    for pattern, replacement in masks.items():
        line = re.sub(pattern, replacement, line)
    return line
