"""Checkpoints as anyone reads them who has the safetensors package and nothing of whittle."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy
from safetensors import safe_open

CHECKSUM = rb"crc32c:[0-9a-f]{8}"


@dataclass
class CheckpointFile:
    tensors: dict[str, numpy.ndarray]
    metadata: dict[str, str]

    @classmethod
    def read(cls, path: str | Path) -> "CheckpointFile":
        with safe_open(path, "numpy") as file:
            return cls({key: file.get_tensor(key) for key in file.keys()}, file.metadata())

    @property
    def step(self) -> int:
        return int(self.metadata["step"])

    @property
    def state(self) -> dict:
        return json.loads(self.metadata["state"])

    @property
    def names(self) -> list[str]:
        texts = self.tensors["names"].tobytes()
        ends = self.tensors["name_ends"].tolist()
        return [texts[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]

    def content(self) -> dict:
        """All that is the same where the model is, however its samples were numbered: every tensor's bytes, type and shape, and the state."""
        tensors = {
            key: (tensor.dtype.str, tensor.shape, tensor.tobytes()) for key, tensor in self.tensors.items()
        }
        apart = ("time", "checksum", "sequences", "position")
        texts = {key: text for key, text in self.metadata.items() if key not in apart}
        return tensors | texts


def files(state: Path) -> list[Path]:
    """The checkpoint files of a state directory, oldest first."""
    return sorted(state.glob("checkpoint-*.safetensors"))


def bits(values) -> bytes:
    """Float32 values as their bits."""
    return numpy.asarray(values, dtype="<f4").tobytes()


def checksum(content: bytes) -> str:
    """The text that a file of this content must hold: its CRC-32C with the checksum's own digits taken as zeros."""
    return f"crc32c:{crc32c(re.sub(CHECKSUM, b'crc32c:00000000', content, count=1)):08x}"


def crc32c(content: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in content:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def forge(path: Path, old: bytes, new: bytes) -> None:
    """Changes a file as one would who knows how its checksum is made."""
    content = path.read_bytes().replace(old, new)
    path.write_bytes(re.sub(CHECKSUM, checksum(content).encode(), content, count=1))
