"""Damaged messages, and a simple reader of each format that knows for sure that a message is broken.

A reader need not know every broken message, but one that it calls broken must be one."""

import json
import random
import re

import numpy

# What means something to any format damages more than any byte does.
SPECIAL = b"{}[]\":,\\u|'0eE+-. \t\0\x1f\x7f\x80\xc0\xed\xff<>#"
SIGNED_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def mutated(message: list[bytes], chance: random.Random) -> list[bytes]:
    """The message's frames, of which one is damaged, or taken out, or sent twice."""
    frames = list(message)
    place = chance.randrange(len(frames))
    if len(frames) > 1 and chance.random() < 0.1:
        # A frame more at the front would be a topic.
        frames[place : place + 1] = [] if place == 0 or chance.random() < 0.5 else [frames[place]] * 2
    else:
        frames[place] = mutated_bytes(frames[place], chance)
    return frames


def mutated_bytes(message: bytes, chance: random.Random) -> bytes:
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


def decoded(payload: bytes) -> str | None:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None


def is_broken_json(frames: list[bytes]) -> bool:
    """As Python sees it; what has a line feed might be two messages."""
    if b"\n" in frames[-1]:
        return False
    text = decoded(frames[-1])
    try:
        json.loads(text or "")
    except json.JSONDecodeError:
        return True
    return False


def is_broken_lines(frames: list[bytes]) -> bool:
    """Something that is no JSON stands anywhere among the values."""
    text, place = decoded(frames[-1]), 0
    if text is None:
        return True
    decoder = json.JSONDecoder()
    while text[place:].strip(" \t\r\n"):
        place = len(text) - len(text[place:].lstrip(" \t\r\n"))
        try:
            _, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            return True
    return False


def is_broken_vw(frames: list[bytes]) -> bool:
    """Without a bar, or in no encoding: there are lines in it that are no samples, whatever else they are."""
    if b"\n" in frames[-1] or not frames[-1].strip():
        return False
    text = decoded(frames[-1])
    return text is None or ("|" not in text and not text.isspace())


def is_broken_svmlight(frames: list[bytes]) -> bool:
    """A target that is no number, or a feature without an index, a colon and a number."""
    text = decoded(frames[-1])
    if text is None:
        return True
    for line in text.split("\n"):
        target, *features = re.split("[ \t\r]+", line.split("#")[0].strip(" \t\r"))
        if target and not SIGNED_NUMBER.fullmatch(target):
            return True
        for feature in features:
            index, colon, value = feature.partition(":")
            if index != "qid" and not (index.isdigit() and colon and SIGNED_NUMBER.fullmatch(value)):
                return True
    return False


def is_broken_arrays(frames: list[bytes]) -> bool:
    """The first frame is no header, or numpy cannot lay it over the others, or not so that they make samples."""
    try:
        header = json.loads(frames[0].decode())
        described = [(name, value) for name, value in header.items() if isinstance(value, dict)]
        if len(described) != len(frames) - 1:
            return True
        arrays = {
            name: numpy.frombuffer(buffer, value["dtype"]).reshape([whole(length) for length in value["shape"]])
            for (name, value), buffer in zip(described, frames[1:], strict=True)}
        if any(not numpy.isfinite(arrays[name]).all() for name in ("x", "data", "y") if name in arrays):
            return True
        return "indptr" in arrays and is_broken_csr(arrays, header["shape"])
    except (UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError, SyntaxError):
        return True


def whole(length) -> int:
    """A whole number, which JSON may write as 3.0."""
    return int(length) if isinstance(length, float) and length.is_integer() else length


def is_broken_csr(arrays: dict[str, numpy.ndarray], shape) -> bool:
    indptr, indices, columns = arrays["indptr"].tolist(), arrays["indices"].tolist(), whole(shape[1])
    return (
        indptr[0] != 0 or indptr[-1] != len(indices) or indptr != sorted(indptr)
        or any(not 0 <= column < columns for column in indices))


def is_broken_enveloped(frames: list[bytes]) -> bool:
    """A payload that is no text, whatever stands before it, or an envelope with a number that is none.

    What is no envelope, as it is no JSON, is a topic."""
    if is_broken_vw(frames):
        return True
    try:
        envelope = json.loads(frames[-2].decode())
    except (UnicodeDecodeError, json.JSONDecodeError, IndexError):
        return False
    if not isinstance(envelope, dict) or not envelope or envelope.keys() - {"source", "seq"}:
        return False
    seq, source = envelope.get("seq", 0), envelope.get("source", "s")
    if isinstance(seq, bool) or not isinstance(seq, int | float):
        return seq is not None
    return not 0 <= seq < 2**53 or seq != int(seq) or source is not None and not isinstance(source, str)
