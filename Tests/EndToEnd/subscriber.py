"""A subscriber that knows all forms of coefficients, as the article Publications tells to write one."""

import json

import numpy
import zmq

from daemon import connected


def subscribed(daemon, *topics: str) -> zmq.Socket:
    socket = connected(daemon.context, zmq.SUB, daemon.endpoint("publish.bind"))
    for topic in topics:
        socket.subscribe(topic)
    return socket


def received(socket: zmq.Socket) -> tuple[str, dict]:
    """Topic and JSON, with names and values as lists also where they came as buffers."""
    topic, payload, *buffers = socket.recv_multipart()
    publication = json.loads(payload)
    if "arrays" in publication:
        publication |= pairs(publication["arrays"], buffers)
    else:
        assert not buffers
    return topic.decode(), publication


def pairs(described: list[dict], buffers: list[bytes]) -> dict[str, list]:
    assert len(described) == len(buffers)
    arrays = {}
    for array, buffer in zip(described, buffers, strict=True):
        arrays[array["name"]] = numpy.frombuffer(buffer, array["dtype"])
        assert list(arrays[array["name"]].shape) == array["shape"]
    text, ends = arrays["names"].tobytes(), arrays["name_ends"].tolist()
    names = [text[start:end].decode() for start, end in zip([0, *ends], ends, strict=False)]
    return {"names": names, "values": arrays["values"].tolist()}


class Follower:
    """All coefficients by name, made of publications."""

    def __init__(self):
        self.by_name: dict[str, float] = {}
        self.place: tuple[str, int] | None = None
        self.step = -1

    def take(self, topic: str, publication: dict) -> bool:
        """Whether the coefficients are known as of the publication's step."""
        pairs = zip(publication["names"], publication["values"], strict=True)
        epoch = publication["epoch"]
        if topic == "coefficients":
            self.by_name = dict(pairs)
            self.place = (epoch, publication.get("delta_sequence", 0))
        elif self.place == (epoch, publication["base_sequence"]):
            assert self.step == publication["base_step"]
            self.by_name = {name: value for name, value in (self.by_name | dict(pairs)).items() if value}
            self.place = (epoch, publication["sequence"])
        else:
            return False
        self.step = publication["step"]
        return True
