"""What becomes of samples while the daemon takes none: it is stopped in its tracks, and goes on later."""

import json
import signal

import pytest
import zmq

from daemon import await_subscription, connected

SAMPLE = json.dumps({"y": 1, "x": {"a": 1, "b" * 1000: 1}}).encode()
# Far more than the network and the queues hold.
MANY = 100_000

SETTINGS = {
    "ingest.pull.bind": "tcp://127.0.0.1:*", "ingest.sub.bind": "tcp://127.0.0.1:*",
    "ingest.router.bind": "tcp://127.0.0.1:*", "ingest.receive_high_water_mark": 10,
}


@pytest.fixture
def daemon(start):
    return start(SETTINGS)


def sender(daemon, kind: int, key: str, **options) -> zmq.Socket:
    socket = daemon.context.socket(kind)
    socket.sndhwm = 10
    socket.rcvtimeo = 60_000
    for name, value in options.items():
        setattr(socket, name, value)
    socket.connect(daemon.endpoint(key))
    return socket


def sent_until_full(daemon, socket: zmq.Socket) -> int:
    """How many messages a socket takes while the daemon stands still, until it would have to wait."""
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        for count in range(MANY):
            try:
                socket.send(SAMPLE, zmq.NOBLOCK)
            except zmq.Again:
                return count
        return MANY
    finally:
        daemon.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("kind, key", [(zmq.PUSH, "ingest.pull.bind"), (zmq.DEALER, "ingest.router.bind")])
def test_pull_and_router_make_senders_wait(daemon, kind, key):
    socket = sender(daemon, kind, key)
    socket.send(SAMPLE)
    daemon.wait_until(lambda stats: stats["step"] == 1)
    count = sent_until_full(daemon, socket)
    assert 0 < count < MANY
    # Nothing of what was taken is lost, and there is room again.
    socket.sndtimeo = 60_000
    socket.send(SAMPLE)
    assert daemon.wait_until(lambda stats: stats["messages"] == count + 2)["step"] == count + 2
    if kind == zmq.DEALER:
        assert [json.loads(socket.recv())["step"] for _ in range(count + 2)] == list(range(1, count + 3))


def test_sub_loses_nothing_that_a_publisher_keeps(daemon):
    """The daemon's SUB socket does not drop: a publisher that is told not to has to wait."""
    publisher = sender(daemon, zmq.XPUB, "ingest.sub.bind", xpub_nodrop=True)
    await_subscription(publisher, b"")
    count = sent_until_full(daemon, publisher)
    assert 0 < count < MANY
    assert daemon.wait_until(lambda stats: stats["messages"] == count)["step"] == count


def test_a_publisher_drops_for_the_daemon(daemon):
    """A PUB socket never waits: what is beyond its own mark is lost there."""
    publisher = sender(daemon, zmq.XPUB, "ingest.sub.bind")
    await_subscription(publisher, b"")
    assert sent_until_full(daemon, publisher) == MANY
    # What is left of them has come when a later one has.
    while "last" not in daemon.coefficients()["names"]:
        publisher.send_json({"y": 100, "x": {"last": 1}})
    assert daemon.stats()["messages"] < MANY // 2


def test_router_drops_answers_that_are_not_read(start):
    daemon = start(SETTINGS | {"ingest.router.send_high_water_mark": 10, "ingest.receive_high_water_mark": 10_000})
    silent = sender(daemon, zmq.DEALER, "ingest.router.bind", rcvhwm=1, sndtimeo=60_000)
    # The correlation comes back: 1,000 bytes a message, 20 MB in all.
    for number in range(20_000):
        silent.send_multipart([str(number).encode().ljust(1000), b"", b"1 | a"])
    # All of its samples are learned, and others are answered.
    daemon.wait_until(lambda stats: stats["messages"] == 20_000)
    other = connected(daemon.context, zmq.REQ, daemon.endpoint("ingest.router.bind"))
    other.send(b"1 | a")
    assert json.loads(other.recv()) == {"ok": True, "samples": 1, "step": 20_001}
    # Some answers were held, in order; the others are lost. Once there is room, what comes is answered again.
    numbers = []
    while True:
        silent.send_multipart([b"end", b"", b"1 | a"])
        correlation = silent.recv_multipart()[0]
        if correlation == b"end":
            break
        numbers.append(int(correlation))
    assert numbers[0] == 0 and numbers == sorted(set(numbers))
    assert len(numbers) < 19_000
