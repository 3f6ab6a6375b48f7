"""Listening to a daemon over HTTP, and what it answers while it starts and while it stops."""

import contextlib
import json
import os
import signal
import socket
import threading

import zmq

from daemon import connected
from web import Live, get, request, wait_until

SAMPLES = [{"y": i % 7, "x": {"a": i % 3, "b": i % 5, "c": 1, "d": -(i % 2)}} for i in range(500)]


# Listening


def test_the_latest_at_once_and_then_what_is_new(start):
    daemon = start({"publish.every_seconds": 0.1})
    daemon.learn(*SAMPLES)
    wait_until(lambda: get(daemon, "/api/stats").json["step"] == 500, "no figures")
    live = Live(daemon)
    assert (live.status, live.reply.headers["Content-Type"]) == (200, "text/event-stream")
    told = iter(live)
    first = {message.event: message for message in (next(told), next(told))}
    assert first["stats"].data["step"] == first["coefficients"].data["step"] == 500
    assert set(first["coefficients"].data["names"]) == set(daemon.coefficients(top=50)["names"])
    daemon.push(*SAMPLES[:7])
    seen = [*first.values()]
    while not (seen[-1].event == "stats" and seen[-1].data["step"] == 507):
        seen.append(next(told))
    daemon.push("{")
    while seen[-1].event != "event":
        seen.append(next(told))
    assert (seen[-1].data["event"], seen[-1].data["reason"]) == ("message_rejected", "broken_json")
    ids = [message.id for message in seen]
    assert all(later > earlier for earlier, later in zip(ids, ids[1:], strict=False))
    live.close()


def test_events_that_were_missed(start):
    """Whoever comes back gets the events since then, also those of a daemon that was started again meanwhile."""
    daemon = start({"publish.rejects_per_second": 1000})
    live = Live(daemon)
    last = live.next("stats").id
    live.close()
    # Not every one has an event of its own.
    wait_until(lambda: daemon.learn("{") and len(get(daemon, "/api/events").json["events"]) >= 3, "no events")
    events = get(daemon, "/api/events").json["events"]
    told = iter(Live(daemon, last))
    missed = [message for message in (next(told) for _ in range(len(events) + 2)) if message.event == "event"]
    assert [message.data for message in missed] == events[::-1]
    assert all(message.id > last for message in missed)
    assert Live(daemon, missed[0].id).next("event").id == missed[1].id
    told = iter(Live(daemon))
    assert {next(told).event for _ in range(2)} == {"stats", "coefficients"}
    daemon.stop()
    again = start({"publish.rejects_per_second": 1000}, state=daemon.state)
    again.learn("{")
    wait_until(lambda: len(get(again, "/api/events").json["events"]) == 1, "no event")
    assert Live(again, missed[-1].id).next("event").id > missed[-1].id


def test_a_stop_ends_listening_at_once(start):
    daemon = start({"shutdown.drain_seconds": 1})
    listeners = [Live(daemon) for _ in range(20)]
    for live in listeners:
        live.next("stats")
    assert daemon.stop() == 0
    for live in listeners:
        assert all(told.event in ("stats", "coefficients") for told in live)


def test_a_hundred_may_listen(start):
    daemon = start()
    listeners = [Live(daemon) for _ in range(200)]
    assert [live.status for live in listeners] == [200] * 100 + [503] * 100
    assert json.loads(listeners[-1].reply.read())["error"]["code"] == "busy"
    # All else goes on, and who leaves makes room.
    assert get(daemon, "/readyz").text == "ready\n"
    listeners[0].close()
    wait_until(lambda: Live(daemon).status == 200, "no room")
    assert daemon.stop(signal.SIGINT) == 0


# While it starts and while it stops


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_a_long_recovery(start, tmp_path):
    """A checkpoint that is long in coming: a pipe, from which the daemon reads until its other end is closed."""
    first = start()
    first.learn(*SAMPLES[:20])
    assert first.stop() == 0
    slow = first.state / "checkpoint-99999999-step-99.safetensors"
    os.mkfifo(slow)
    port = free_port()
    daemon = start({"http.bind": f"127.0.0.1:{port}"}, state=first.state, ready=False)
    daemon.endpoints = {"http.bind": [f"127.0.0.1:{port}"]}

    def starting():
        with contextlib.suppress(ConnectionError):
            return request(daemon, "/readyz")

    reply = wait_until(starting, "nobody answers")
    assert (reply.status, reply.text) == (503, "starting: the model is being restored\n")
    assert get(daemon, "/healthz").text == "ok\n"
    assert get(daemon, "/").status == 200
    for path in ("/api/stats", "/api/coefficients", "/api/configuration"):
        reply = request(daemon, path)
        assert (reply.status, reply.json["error"]["code"]) == (503, "starting")
    assert get(daemon, "/api/history").json["time"] == []
    assert "\nwhittle_ready 0\n" in get(daemon, "/metrics").text
    listener = Live(daemon)
    assert not daemon.logged("ready")
    # It is no checkpoint after all, and the one before it is taken.
    os.close(os.open(slow, os.O_WRONLY))
    daemon.wait_for_log(lambda line: line["message"] == "ready")
    assert listener.next("stats").data["step"] == 20
    wait_until(lambda: request(daemon, "/readyz").status == 200, "it is not ready")
    assert get(daemon, "/api/stats").json["step"] == 20
    assert get(daemon, "/api/checkpoints").json["checkpoints"][0]["step"] == 20


def test_a_stop_that_takes_its_time(start, context):
    """Samples go on coming in, so that the daemon drains for as long as it may; it tells that it stops."""
    daemon = start({"shutdown.drain_seconds": 3})
    stopped = threading.Event()

    def send():
        with connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind")) as socket:
            while not stopped.is_set():
                with contextlib.suppress(zmq.Again):
                    socket.send_json(SAMPLES[0], zmq.NOBLOCK)
                stopped.wait(0.001)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        daemon.wait_until(lambda stats: stats["step"] > 0)
        listener = Live(daemon)
        daemon.process.send_signal(signal.SIGTERM)
        reply = wait_until(lambda: (reply := request(daemon, "/readyz")).status == 503 and reply, "it does not stop")
        assert reply.text == "stopping\n"
        assert Live(daemon).status == 503
        assert "\nwhittle_ready 0\n" in get(daemon, "/metrics").text
        assert all(told.event in ("stats", "coefficients") for told in listener)
        assert daemon.process.poll() is None, "listening ended with the daemon only"
    finally:
        stopped.set()
        sender.join()
    assert daemon.wait() == 0
