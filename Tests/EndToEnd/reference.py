"""The model of a daemon to which nothing happens, to compare others with."""

import json

from checkpoint_file import CheckpointFile
from sender import Sender


def comparable(checkpoint: CheckpointFile) -> dict:
    """All that has to be the same. When samples came is not; nor is which hashed features are known by name: a daemon
    learns names again as it meets them."""
    apart = {"delayed_times"}
    if "name_indices" in checkpoint.tensors:
        apart |= {"names", "name_ends", "name_indices"}
    return {key: value for key, value in checkpoint.content().items() if key not in apart}


def assert_same_model(checkpoint: CheckpointFile, expected: CheckpointFile) -> None:
    """Bit for bit."""
    assert checkpoint.step == expected.step
    ours, theirs = comparable(checkpoint), comparable(expected)
    assert ours.keys() == theirs.keys()
    for key, value in theirs.items():
        assert ours[key] == value, key


def assert_is_the_stream(start, settings: dict, sender: Sender, checkpoint: CheckpointFile) -> None:
    """The model is the one of a daemon that got each acknowledged message once, had no journal, and was left alone."""
    reference = start(settings | {
        "ingest.router.acknowledge": "accepted", "journal.sync": "off", "checkpoint.every_samples": 0})
    once = Sender(sender.context, sender.message)
    once.connect(reference)
    once.send(sender.acknowledged)
    assert once.duplicates == 0
    [numbers] = json.loads(checkpoint.metadata["sequences"])
    assert (numbers["progress"]["last"], numbers["progress"]["missing"]) == (sender.acknowledged, 0)
    assert_same_model(checkpoint, CheckpointFile.read(reference.checkpoint()["file"]))
