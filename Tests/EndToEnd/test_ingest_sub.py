"""Samples over SUB, from a foreign client (pyzmq), whichever side binds.

The tests publish from XPUB sockets: those say when a subscription has arrived, and then nothing is lost.
"""

import pytest
import zmq

from daemon import MILLISECONDS, await_subscription, bound, connected
from streams import random_samples

ONLY_SUB = {"ingest.pull.bind": None}
SAMPLE = b'{"y": 1, "x": {"a": 1}}'


@pytest.fixture(params=["tcp", "ipc"])
def address(request, short_path) -> str:
    return "tcp://127.0.0.1:*" if request.param == "tcp" else f"ipc://{short_path}/samples"


def test_daemon_binds(start, context, address):
    daemon = start(ONLY_SUB | {"ingest.sub.bind": address})
    publisher = connected(context, zmq.XPUB, daemon.endpoint("ingest.sub.bind"))
    await_subscription(publisher, b"")
    for sample in random_samples(50):
        publisher.send_json(sample)
    assert daemon.wait_until(lambda stats: stats["messages"] == 50)["step"] == 50


def test_daemon_connects(start, context, address):
    publisher, endpoint = bound(context, zmq.XPUB, address)
    daemon = start(ONLY_SUB | {"ingest.sub.connect": endpoint})
    await_subscription(publisher, b"")
    for sample in random_samples(50):
        publisher.send_json(sample)
    assert daemon.wait_until(lambda stats: stats["messages"] == 50)["step"] == 50


def test_daemon_outlives_its_publisher(start, context):
    """The daemon connects again by itself, and subscribes again."""
    publisher, endpoint = bound(context, zmq.XPUB)
    daemon = start(ONLY_SUB | {"ingest.sub.connect": endpoint})
    await_subscription(publisher, b"")
    publisher.send(SAMPLE)
    daemon.wait_until(lambda stats: stats["step"] == 1)
    close_listener(publisher, endpoint)
    publisher.close()
    successor, _ = bound(context, zmq.XPUB, endpoint)
    await_subscription(successor, b"")
    successor.send(SAMPLE)
    daemon.wait_until(lambda stats: stats["step"] == 2)


def close_listener(socket: zmq.Socket, endpoint: str) -> None:
    """Unbinds and waits until the address is free: libzmq closes it in the background."""
    monitor = socket.get_monitor_socket(zmq.EVENT_CLOSED)
    socket.unbind(endpoint)
    assert monitor.poll(MILLISECONDS), f"{endpoint} was not closed"
    socket.disable_monitor()


def test_several_publishers(start, context):
    first, here = bound(context, zmq.XPUB)
    second, there = bound(context, zmq.XPUB)
    daemon = start(ONLY_SUB | {
        "ingest.sub.connect": [here, there], "ingest.sub.bind": ["tcp://127.0.0.1:*", "tcp://127.0.0.1:*"],
    })
    publishers = [first, second] + [
        connected(context, zmq.XPUB, endpoint) for endpoint in daemon.endpoints["ingest.sub.bind"]]
    assert len(publishers) == 4
    for publisher in publishers:
        await_subscription(publisher, b"")
        publisher.send(SAMPLE)
    daemon.wait_until(lambda stats: stats["messages"] == 4 and stats["step"] == 4)


def test_only_subscribed_topics_are_learned(start, context):
    daemon = start(ONLY_SUB | {
        "ingest.sub.bind": "tcp://127.0.0.1:*", "ingest.sub.topics": ["sensors/a", "news"]})
    publisher = connected(context, zmq.XPUB, daemon.endpoint("ingest.sub.bind"))
    subscribed = {publisher.recv(), publisher.recv()}
    assert subscribed == {b"\x01sensors/a", b"\x01news"}
    topics = [b"sensors/b", b"sensors/a", b"sensors/abc", b"sensors/", b"", b"other", b"new", b"newsletter"]
    for topic in topics:
        publisher.send_multipart([topic, b'{"y": 1, "x": {"' + (topic or b"none") + b'": 1}}'])
    publisher.send_multipart([b"news", b'{"y": 1, "x": {"last": 1}}'])
    stats = daemon.wait_until(lambda stats: "last" in daemon.coefficients()["names"])
    assert daemon.coefficients()["names"] == ["sensors/a", "sensors/abc", "newsletter", "last"]
    assert (stats["messages"], stats["step"]) == (4, 4)


def test_the_empty_topic_takes_everything(start, context):
    daemon = start(ONLY_SUB | {"ingest.sub.bind": "tcp://127.0.0.1:*", "ingest.sub.topics": ""})
    publisher = connected(context, zmq.XPUB, daemon.endpoint("ingest.sub.bind"))
    await_subscription(publisher, b"")
    publisher.send_multipart([b"a topic", SAMPLE])
    publisher.send(SAMPLE)
    daemon.wait_until(lambda stats: stats["step"] == 2)


def test_sub_and_pull_at_once(start, context):
    daemon = start({"ingest.sub.bind": "tcp://127.0.0.1:*"})
    publisher = connected(context, zmq.XPUB, daemon.endpoint("ingest.sub.bind"))
    await_subscription(publisher, b"")
    publisher.send(SAMPLE)
    daemon.push(SAMPLE)
    daemon.wait_until(lambda stats: stats["step"] == 2)
