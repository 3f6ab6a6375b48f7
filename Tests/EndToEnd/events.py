"""Reads the events of a daemon and holds each to its schema."""

import json
import time

import jsonschema
import zmq

from daemon import LIMIT, ROOT, connected

PROTOCOL = ROOT / "Sources/WhittleProtocol"
SCHEMA = json.loads((PROTOCOL / "Schemas/event.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
KINDS = {
    name for one in SCHEMA["oneOf"]
    for name in one["properties"]["event"].get("enum", [one["properties"]["event"].get("const")])}


class Events:
    """Those of a daemon, each valid."""

    def __init__(self, daemon):
        self.socket = connected(daemon.context, zmq.SUB, daemon.endpoint("publish.bind"))
        self.socket.subscribe("event")
        self.socket.subscribe("stats")
        assert self.socket.recv_multipart()[0] == b"stats"
        self.seen: list[dict] = []

    def next(self, *kinds: str) -> dict:
        """The next one of these kinds."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            topic, payload, *rest = self.socket.recv_multipart()
            if topic != b"event":
                continue
            event = json.loads(payload)
            assert not rest
            VALIDATOR.validate(event)
            self.seen.append(event)
            if event["event"] in kinds:
                return event
        raise AssertionError(f"no {kinds} came, but {self.seen}")
