"""A stream that is interrupted by stops and starts leads to the model of an uninterrupted one, bit for bit."""

import contextlib
import signal

import pytest
import zmq

from checkpoint_file import CheckpointFile, bits, files
from daemon import MILLISECONDS, connected, frames
from streams import as_classes, random_samples

SAMPLES = random_samples(300)
CASES = {
    "defaults": {},
    "l1": {"penalty.l1": 0.2, "penalty.l2": 0, "learning_rate.schedule": "constant"},
    "period": {"penalty.l1": 0.2, "penalty.l2": 0.1, "penalty.period": 7},
    "period and threshold": {
        "penalty.l1": 0.2, "penalty.l2": 0.1, "penalty.period": 10, "penalty.threshold": 0.2},
    "optimal": {"penalty.l1": 0.2, "learning_rate.schedule": "optimal", "learning_rate.t0": 100},
    "logistic": {"model.loss": "logistic", "penalty.l1": 0.02},
    "no intercept": {"model.intercept": False, "validation.half_life": 30},
}


def model(daemon) -> tuple[dict, bytes, float]:
    answer = daemon.coefficients()
    content = CheckpointFile.read(daemon.checkpoint()["file"]).content()
    return content, bits(answer["values"]), answer["intercept"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT], ids=lambda signal: signal.name)
def test_stopped_and_started_in_mid_stream(start, case, with_signal):
    settings = CASES[case]
    samples = as_classes(SAMPLES) if case == "logistic" else SAMPLES
    uninterrupted = start(settings)
    uninterrupted.learn(*samples)

    cuts = [0, 1, 7, 150, 151, 299, 300]
    daemon, done = start(settings), 0
    for cut in cuts:
        daemon.learn(*samples[done:cut])
        assert daemon.stats()["step"] == cut
        before = daemon.coefficients()
        assert daemon.stop(with_signal) == 0
        assert CheckpointFile.read(files(daemon.state)[-1]).step == cut
        daemon, done = start(settings, state=daemon.state), cut
        assert daemon.coefficients() == before
    stats, expected = daemon.stats(), uninterrupted.stats()
    assert stats["loss"] == expected["loss"]
    assert stats["step_size"] == expected["step_size"]
    assert model(daemon) == model(uninterrupted)


def test_counters_of_the_run_begin_anew(start):
    daemon = start()
    daemon.learn(*SAMPLES[:10], "broken")
    daemon.stop()
    daemon = start(state=daemon.state)
    stats = daemon.stats()
    assert (stats["step"], stats["samples"], stats["messages"], stats["rejected"]) == (10, 0, 0, {})
    assert stats["checkpoint"]["step"] == 10


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT], ids=lambda signal: signal.name)
@pytest.mark.parametrize("binds", [True, False], ids=["daemon binds", "daemon connects"])
def test_all_that_was_sent_is_learned(start, binds, with_signal):
    """The signal comes while the daemon still has messages before it.

    What can be promised is about messages that have arrived at its machine. So the sender ends its context first, which
    returns when the last byte has been handed over; all of them fit below the daemon's high-water mark.
    """
    count = 5000
    senders = zmq.Context()
    sender = senders.socket(zmq.PUSH)
    sender.sndtimeo = MILLISECONDS
    if binds:
        daemon = start()
        sender.connect(daemon.endpoint("ingest.pull.bind"))
    else:
        sender.bind("tcp://127.0.0.1:*")
        daemon = start({
            "ingest.pull.bind": None, "ingest.pull.connect": sender.getsockopt_string(zmq.LAST_ENDPOINT)})
    for number in range(count):
        sender.send_multipart(frames(SAMPLES[number % len(SAMPLES)]))
    sender.close(linger=MILLISECONDS)
    senders.term()
    assert daemon.stop(with_signal) == 0
    last = CheckpointFile.read(files(daemon.state)[-1])
    assert last.step == count


def test_a_sender_that_goes_on_keeps_its_samples(start, context):
    """While the daemon is away PUSH keeps what it could not send, and the next daemon at the address gets it."""
    daemon = start()
    endpoint = daemon.endpoint("ingest.pull.bind")
    sender = connected(context, zmq.PUSH, endpoint)
    for sample in SAMPLES[:100]:
        sender.send_multipart(frames(sample))
    daemon.wait_until(lambda stats: stats["step"] == 100)
    gone = sender.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    assert daemon.stop() == 0
    assert gone.poll(MILLISECONDS)
    sender.disable_monitor()
    for sample in SAMPLES[100:]:
        sender.send_multipart(frames(sample))
    daemon = start({"ingest.pull.bind": endpoint}, state=daemon.state)
    daemon.wait_until(lambda stats: stats["step"] == len(SAMPLES))
    uninterrupted = start()
    uninterrupted.learn(*SAMPLES)
    assert model(daemon) == model(uninterrupted)


def test_a_stop_does_not_wait_for_a_stream_without_end(start, context):
    """A sender to which the daemon connects may never cease; after shutdown.drain_seconds it stops all the same."""
    sender = context.socket(zmq.PUSH)
    sender.sndtimeo = MILLISECONDS
    sender.bind("tcp://127.0.0.1:*")
    daemon = start({
        "ingest.pull.bind": None, "ingest.pull.connect": sender.getsockopt_string(zmq.LAST_ENDPOINT),
        "shutdown.drain_seconds": 0.2,
    })
    batch = frames(SAMPLES[:20])
    sender.send_multipart(batch)
    daemon.wait_until(lambda stats: stats["step"] > 0)
    daemon.process.send_signal(signal.SIGTERM)
    while daemon.process.poll() is None:
        # Who is gone takes nothing any more, perhaps since just now.
        if sender.poll(10, zmq.POLLOUT):
            with contextlib.suppress(zmq.Again):
                sender.send_multipart(batch, zmq.DONTWAIT)
    assert daemon.wait() == 0
    assert daemon.logged("stopped")
