"""Samples over PULL, from a foreign client (pyzmq), whichever side binds."""

import socket

import pytest
import zmq

from checkpoint_file import bits
from daemon import bound, connected, frames
from streams import random_samples


def test_pusher_connects_over_tcp(start):
    samples = random_samples(50)
    stats = start().learn(*samples)
    assert (stats["step"], stats["samples"], stats["messages"]) == (50, 50, 50)
    assert stats["features"] == 12
    assert stats["rejected"] == {}


def test_pusher_connects_over_ipc(start, short_path):
    daemon = start({"ingest.pull.bind": f"ipc://{short_path}/in"})
    assert daemon.learn(*random_samples(50))["step"] == 50


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_ipv6(start, context):
    daemon = start({"ingest.pull.bind": "tcp://[::1]:*"})
    pusher = context.socket(zmq.PUSH)
    pusher.ipv6 = True
    pusher.connect(daemon.endpoints["ingest.pull.bind"][0])
    for sample in random_samples(20):
        pusher.send_json(sample)
    assert daemon.wait_until(lambda stats: stats["messages"] == 20)["step"] == 20


def test_daemon_connects(start, context, short_path):
    over_tcp, tcp = bound(context, zmq.PUSH)
    over_ipc, ipc = bound(context, zmq.PUSH, f"ipc://{short_path}/out")
    daemon = start({"ingest.pull.bind": None, "ingest.pull.connect": [tcp, ipc]})
    assert daemon.endpoints["ingest.pull.connect"] == [tcp, ipc]
    for sample in random_samples(40):
        over_tcp.send_json(sample)
        over_ipc.send_json(sample)
    assert daemon.wait_until(lambda stats: stats["messages"] == 80)["step"] == 80


def test_several_endpoints(start, context, short_path):
    pusher, connects_here = bound(context, zmq.PUSH)
    daemon = start({
        "ingest.pull.bind": ["tcp://127.0.0.1:*", "tcp://127.0.0.1:*", f"ipc://{short_path}/in"],
        "ingest.pull.connect": connects_here,
    })
    binds = daemon.endpoints["ingest.pull.bind"]
    assert len(set(binds)) == 3
    sample = {"y": 1, "x": {"a": 1}}
    for endpoint in binds:
        daemon.push(sample, endpoint=endpoint)
    pusher.send_json(sample)
    assert daemon.wait_until(lambda stats: stats["messages"] == 4)["step"] == 4


def test_order_is_kept(start):
    """The coefficients depend on the order of samples, so the same stream twice is the same to the last bit."""
    samples = random_samples(2000)
    daemons = start(), start()
    for daemon in daemons:
        daemon.learn(*samples)
    first, second = (daemon.coefficients() for daemon in daemons)
    assert bits(first["values"]) == bits(second["values"])
    assert first == second
    backwards = start()
    backwards.learn(*samples[::-1])
    assert bits(backwards.coefficients()["values"]) != bits(first["values"])


def test_nothing_is_lost_when_queues_are_full(start, context):
    """Tiny queues on both sides: the sender waits, and every sample is learned."""
    daemon = start({"ingest.receive_high_water_mark": 1})
    pusher = context.socket(zmq.PUSH)
    pusher.sndhwm = 1
    pusher.sndtimeo = 60_000
    pusher.connect(daemon.endpoint("ingest.pull.bind"))
    samples = random_samples(3000)
    for sample in samples:
        pusher.send_multipart(frames(sample))
    stats = daemon.wait_until(lambda stats: stats["messages"] == len(samples))
    assert stats["step"] == len(samples)


def test_many_pushers(start, context):
    daemon = start()
    pushers = [connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind")) for _ in range(30)]
    for pusher, sample in zip(pushers, random_samples(30), strict=True):
        pusher.send_json(sample)
    assert daemon.wait_until(lambda stats: stats["messages"] == 30)["step"] == 30


def test_a_topic_frame_is_passed_over(start):
    daemon = start()
    assert daemon.learn([b"any topic", b'{"y": 1, "x": {"a": 1}}'])["step"] == 1
    assert daemon.coefficients()["names"] == ["a"]
