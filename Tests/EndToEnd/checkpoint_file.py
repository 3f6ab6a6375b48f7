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


def assert_told(checkpoint: CheckpointFile, told: dict) -> None:
    """Names and weights of a file are those that the daemon told of the same step."""
    assert checkpoint.step == told["step"]
    # Of a model that averages, the file holds the intercept itself.
    if "averaging_since" not in checkpoint.state["learner"]:
        assert checkpoint.state["learner"]["intercept"] == told["intercept"]
    coefficients = checkpoint.tensors["coefficients"]
    if json.loads(checkpoint.metadata["features"])["space"] == "indexed":
        names = [str(index) for index in range(len(coefficients))]
        assert (told["names"], bits(told["values"])) == (names, bits(coefficients))
        return
    # Of hashed features some have names; what is told besides is not zero, and goes by its number.
    indices = checkpoint.tensors.get("name_indices", numpy.arange(len(coefficients)))
    by_name = dict(zip(checkpoint.names, coefficients[indices].tolist(), strict=True))
    values = dict(zip(told["names"], told["values"], strict=True))
    for name, value in values.items():
        index = int(name[1:]) if name not in by_name else None
        assert bits(value) == bits(by_name[name] if index is None else coefficients[index])
    assert sum(value != 0 for value in values.values()) == numpy.count_nonzero(coefficients)
    assert {name for name, value in by_name.items() if value} <= values.keys()


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
