"""Segments of the journal, read as their layout is documented."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Record:
    offset: int
    length: int
    position: int


@dataclass
class Segment:
    path: Path
    first: int
    head_length: int
    records: list[Record]

    @classmethod
    def read(cls, path: Path) -> "Segment":
        content = path.read_bytes()

        def number(offset: int, length: int) -> int:
            return int.from_bytes(content[offset : offset + length], "little")

        assert content[:8] == b"whittleJ"
        head_length = 40 + number(12, 4) + 7 & ~7
        records, offset = [], head_length
        while offset < len(content):
            records.append(Record(offset, number(offset, 4), number(offset + 8, 8)))
            offset += records[-1].length
        assert offset == len(content)
        return cls(path, number(16, 8), head_length, records)


def segments(state: Path) -> list[Segment]:
    """The segments of a state directory's journal, oldest first."""
    return [Segment.read(path) for path in sorted(state.glob("journal/journal-*.whittle"))]


def flip(path: Path, offset: int) -> None:
    """Changes a byte."""
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(content)
