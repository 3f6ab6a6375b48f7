"""An adversary on the same socket: thousands of damaged messages among valid ones change nothing about the model."""

import json
import random

import pytest

from checkpoint_file import CheckpointFile
from streams import random_samples

MUTATIONS = 10_000
SAMPLES = random_samples(200)
JSON = [json.dumps(sample).encode() for sample in SAMPLES]
LINES = [
    f"{sample['y']!r} 'tag|n " .encode() + " ".join(f"{name}:{value!r}" for name, value in sample["x"].items()).encode()
    for sample in SAMPLES
]
# What means something to either format damages more than any byte does.
SPECIAL = b"{}[]\":,\\u|'0eE+-. \t\0\x1f\x7f\x80\xc0\xed\xff"


def mutated(message: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(message)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(damaged) + 1)
        byte = chance.choice(SPECIAL) if chance.random() < 0.5 else chance.randrange(256)
        match chance.randrange(5):
            case 0:
                del damaged[place:]
            case 1:
                damaged.insert(place, byte)
            case 2:
                del damaged[place : chance.randint(place, len(damaged))]
            case 3:
                damaged[place:place] = message[chance.randrange(len(message)) :][:9]
            case _:
                damaged[place : place + 1] = bytes([byte])
    return bytes(damaged)


def is_broken_json(message: bytes) -> bool:
    """As Python sees it; what has a line feed might be two messages, and what has no braces is no JSON to whittle."""
    if b"\n" in message:
        return False
    try:
        json.loads(message.decode())
    except (UnicodeDecodeError, json.JSONDecodeError):
        return True
    return False


def is_broken_text(message: bytes) -> bool:
    """Without a bar, or in no encoding: there are lines in it that are no samples, whatever else they are."""
    if b"\n" in message or not message.strip():
        return False
    try:
        return "|" not in message.decode() and not message.decode().isspace()
    except UnicodeDecodeError:
        return True


@pytest.mark.parametrize(
    ("name", "valid", "is_broken", "seed"),
    [("json", JSON, is_broken_json, 1), ("vw", LINES, is_broken_text, 2)], ids=["JSON", "VW text"])
def test_damaged_messages_among_valid_ones(start, name, valid, is_broken, seed):
    chance = random.Random(seed)
    damaged = []
    while len(damaged) < MUTATIONS:
        message = mutated(chance.choice(valid), chance)
        if is_broken(message):
            damaged.append(message)
    stream = []
    for start_of, message in zip(range(0, MUTATIONS, MUTATIONS // len(valid)), valid, strict=True):
        stream += [*damaged[start_of : start_of + MUTATIONS // len(valid)], message]
    settings = {"ingest.format": name, "penalty.l1": 0.01, "penalty.l2": 0.01}
    alone, attacked = start(settings), start(settings)
    alone.learn(*valid)
    stats = attacked.learn(*stream)
    assert stats["messages"] == MUTATIONS + len(valid), f"seed {seed}"
    assert sum(stats["rejected"].values()) == MUTATIONS, f"seed {seed}"
    assert stats["health"] == "ok"

    def content(daemon) -> dict:
        return CheckpointFile.read(daemon.checkpoint()["file"]).content()

    assert content(attacked) == content(alone), f"seed {seed}"
