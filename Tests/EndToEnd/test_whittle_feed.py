"""`whittle feed` against a real daemon: what arrives is what the files say, whatever their format."""

import csv
import json

import numpy
import pytest
import zmq

from checkpoint_file import CheckpointFile
from daemon import ROOT, Daemon
from streams import random_samples
from test_formats import vw_line
from tool import whittle

DIABETES = ROOT / "deploy/data/diabetes.csv"
SAMPLES = random_samples(60)


def model(daemon: Daemon) -> dict:
    return CheckpointFile.read(daemon.checkpoint()["file"]).content()


def fed(daemon: Daemon, *arguments, messages: int, **more):
    """Feeds, and waits until the daemon has seen to all of the messages."""
    before = daemon.stats()["messages"]
    ended = whittle(daemon, "feed", *arguments, **more)
    assert ended.stdout == ""
    stats = daemon.wait_until(lambda stats: stats["messages"] >= before + messages)
    assert stats["messages"] == before + messages
    assert stats["rejected"] == {}
    return ended


@pytest.fixture
def expected(start) -> Daemon:
    """A daemon that has learned SAMPLES from a foreign client."""
    daemon = start()
    daemon.learn(*SAMPLES)
    return daemon


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps(sample) + "\n" for sample in SAMPLES))
    return path


@pytest.fixture
def vw(tmp_path):
    path = tmp_path / "samples.vw"
    path.write_text("\n".join(map(vw_line, SAMPLES)))
    return path


def test_json_lines(start, expected, jsonl):
    daemon = start()
    ended = fed(daemon, jsonl, messages=60)
    assert model(daemon) == model(expected)
    assert "sent 60 samples in 60 messages" in ended.stderr


def test_what_was_sent_as_json(start, jsonl):
    told = json.loads(whittle(start(), "feed", jsonl, "--quiet", "--json").stdout)
    assert told.pop("seconds") > 0
    assert told == {"samples": 60, "messages": 60, "bytes": jsonl.stat().st_size}


def test_vw_text(start, expected, vw):
    daemon = start()
    fed(daemon, vw, messages=60)
    assert model(daemon) == model(expected)


def test_standard_input(start, expected, jsonl, vw):
    for arguments in ([], ["-"], ["-", "--format", "jsonl"]):
        daemon = start()
        fed(daemon, *arguments, stdin=jsonl.read_text(), messages=60)
        assert model(daemon) == model(expected)
    daemon = start()
    fed(daemon, "--format", "vw", stdin=vw.read_text(), messages=60)
    assert model(daemon) == model(expected)


@pytest.mark.parametrize("batch, messages", [(1, 60), (7, 9), (60, 1), (1000, 1)])
def test_batches(start, expected, jsonl, vw, batch, messages):
    for path in (jsonl, vw):
        daemon = start()
        fed(daemon, path, "--batch", batch, messages=messages)
        assert model(daemon) == model(expected)


def test_repeated_passes_over_several_files(start, jsonl, vw):
    daemon, other = start(), start()
    # JSON and text do not go into one message: two files of 60, each two messages, three times.
    ended = fed(daemon, jsonl, vw, "--repeat", 3, "--batch", 50, messages=12)
    other.learn(*SAMPLES * 6)
    assert daemon.stats()["step"] == 360
    assert "sent 360 samples" in ended.stderr


def test_quiet(start, jsonl):
    assert fed(start(), jsonl, "--quiet", messages=60).stderr == ""


def test_wait(start, jsonl):
    """What was sent is learned when it returns, and there is nothing to wait for."""
    daemon = start()
    for passes in (1, 200):
        before = daemon.stats()["step"]
        assert whittle(daemon, "feed", jsonl, "--repeat", passes, "--wait", "--quiet").stderr == ""
        assert daemon.stats()["step"] == before + 60 * passes


def test_wait_for_batches_that_arrive_by_publication(start, jsonl):
    daemon = start({"ingest.pull.bind": None, "ingest.sub.bind": "tcp://127.0.0.1:*"})
    whittle(daemon, "feed", jsonl, "--repeat", 50, "--batch", 7, "--wait",
            "--publish", daemon.endpoint("ingest.sub.bind"))
    assert daemon.stats()["step"] == 3000


def test_wait_reports_rejected_messages(start, tmp_path):
    daemon = start()
    daemon.learn("nonsense")
    path = tmp_path / "samples.jsonl"
    path.write_text('{"y": 1, "x": {"a": 1}}\n{"y": 1, "x": {"a": "b"}}\n{"y": 2, "x": 3}\n[{"y": {}, "x": []}]\n')
    ended = whittle(daemon, "feed", path, "--wait", "--quiet", code=76)
    assert "rejected messages: " in ended.stderr and daemon.endpoint("query.bind") in ended.stderr
    assert daemon.stats()["step"] == 2
    before = daemon.stats()["rejected"]
    # Those were told of.
    path.write_text('{"y": 1, "x": {"a": 1}}\n')
    whittle(daemon, "feed", path, "--wait")
    assert daemon.stats()["rejected"] == before


def test_wait_for_another_daemon_than_the_one_that_is_fed(start, jsonl):
    daemon, other = start(), start()
    ended = whittle(
        daemon, "feed", jsonl, "--wait", "--query", other.endpoint("query.bind"), "--timeout", 0.5, "--quiet", code=69)
    assert "took 0 of 60 messages" in ended.stderr and other.endpoint("query.bind") in ended.stderr


def test_wait_without_anyone_to_ask(start, jsonl, short_path):
    """Nothing is sent then."""
    daemon = start()
    nobody = f"ipc://{short_path}/nobody"
    ended = whittle(daemon, "feed", jsonl, "--wait", "--query", nobody, "--timeout", 0.2, code=69)
    assert nobody in ended.stderr
    assert daemon.stats()["messages"] == 0


def test_at_a_rate(start, expected, jsonl):
    daemon = start()
    fed(daemon, jsonl, "--rate", 2000, messages=60)
    assert model(daemon) == model(expected)


def test_publish(start, expected, jsonl):
    """To the daemon's SUB socket; nothing is lost to slow joining."""
    daemon = start({"ingest.pull.bind": None, "ingest.sub.bind": "tcp://127.0.0.1:*"})
    fed(daemon, jsonl, "--publish", daemon.endpoint("ingest.sub.bind"), messages=60)
    assert model(daemon) == model(expected)


def test_publish_under_a_topic(start, jsonl):
    daemon = start({
        "ingest.pull.bind": None, "ingest.sub.bind": "tcp://127.0.0.1:*", "ingest.sub.topics": "news"})
    endpoint = daemon.endpoint("ingest.sub.bind")
    fed(daemon, jsonl, "--publish", endpoint, "--topic", "newsletter", messages=60)
    # Nobody subscribes to this one, and that is said.
    ended = whittle(daemon, "feed", jsonl, "--publish", endpoint, "--topic", "other", "--timeout", 0.2, code=69)
    assert "nobody subscribed" in ended.stderr
    assert daemon.stats()["messages"] == 60


@pytest.mark.parametrize("how", ["push", "publish"])
def test_the_tool_binds(start, expected, jsonl, short_path, how):
    endpoint = f"ipc://{short_path}/samples"
    key = "ingest.pull.connect" if how == "push" else "ingest.sub.connect"
    daemon = start({"ingest.pull.bind": None, key: endpoint})
    fed(daemon, jsonl, f"--{how}", endpoint, "--bind", "--timeout", 60, messages=60)
    assert model(daemon) == model(expected)


@pytest.mark.parametrize("batch", [1, 100])
def test_csv_standardized(start, batch):
    """The same coefficients as from numpy's standardized rows, sent by pyzmq."""
    with open(DIABETES) as file:
        header, *rows = csv.reader(file)
    table = numpy.array(rows, dtype=float)
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    by_hand, by_tool = start(), start()
    by_hand.learn(*(
        {"y": target, "x": dict(zip(header[:-1], row, strict=True))} for *row, target in table.tolist()))
    ended = fed(
        by_tool, DIABETES, "--standardize", "--standardize-target", "--batch", batch, messages=-(-442 // batch))
    ours, theirs = by_tool.coefficients(), by_hand.coefficients()
    assert (ours["names"], ours["step"]) == (theirs["names"], 442)
    assert ours["values"] == pytest.approx(theirs["values"], abs=1e-6)
    assert ours["intercept"] == pytest.approx(theirs["intercept"], abs=1e-6)
    # How to read its predictions.
    assert "p * 77.0" in ended.stderr and "+ 152.1" in ended.stderr


CSV = """price,color,size,"the ""old"" one",n,day
3.5,red,+2,true,1,mon
4,"blue, or so",,FALSE,2.5,tue
-1e2,,.5,,0,"wed
nesday"
"""


def test_csv(start, tmp_path):
    (tmp_path / "table.csv").write_text(CSV)
    by_tool, by_hand = start(), start()
    fed(by_tool, tmp_path / "table.csv", "--target", "price", "--weight", "n", "--ignore", "day", messages=3)
    by_hand.learn(
        {"y": 3.5, "weight": 1, "x": {"color": "red", "size": 2, 'the "old" one': True}},
        {"y": 4, "weight": 2.5, "x": {"color": "blue, or so", 'the "old" one': False}},
        {"y": -100, "weight": 0, "x": {"size": 0.5}})
    assert model(by_tool) == model(by_hand)
    assert by_tool.stats()["unlearned"] == 1


@pytest.fixture
def answering(start) -> Daemon:
    return start({"ingest.router.bind": "tcp://127.0.0.1:*"})


@pytest.mark.parametrize("batch, messages", [(1, 60), (7, 9)])
def test_router(answering, expected, jsonl, vw, batch, messages):
    """Every message is answered when it returns: there is nothing to wait for."""
    for path in (jsonl, vw):
        before = answering.stats()
        ended = whittle(
            answering, "feed", path, "--batch", batch, "--router", answering.endpoint("ingest.router.bind"))
        stats = answering.stats()
        assert (stats["messages"], stats["step"]) == (before["messages"] + messages, before["step"] + 60)
        assert f"sent 60 samples in {messages} messages" in ended.stderr
        if before["step"] == 0:
            assert model(answering) == model(expected)


def test_router_with_far_more_messages_than_may_be_unanswered(answering, jsonl):
    whittle(answering, "feed", jsonl, "--repeat", 200, "--router", answering.endpoint("ingest.router.bind"))
    assert answering.stats()["step"] == 12_000


def test_router_reports_rejected_messages_by_their_lines(answering, tmp_path):
    path, table = tmp_path / "samples.jsonl", tmp_path / "table.csv"
    path.write_text(
        '{"y": 1, "x": {"a": 1}}\n\n{"y": 2, "x": 3}\n{"y": 3, "x": {"a": 3}}\n[{"y": {}, "x": []}]\n')
    table.write_text('y,a\n1,1\n2,1e300\n')
    endpoint = answering.endpoint("ingest.router.bind")
    ended = whittle(answering, "feed", path, table, "--router", endpoint, "--quiet", code=76)
    first, second, third, last = ended.stderr.splitlines()
    assert first.startswith(f"whittle: {path}:3: rejected: ") and first.endswith("(shape)")
    assert second.startswith(f"whittle: {path}:5: rejected: sample 1: ") and second.endswith("(target)")
    assert third.startswith(f"whittle: {table}:3: rejected: ") and third.endswith("(feature_value)")
    assert last == f"whittle: the daemon at {endpoint} rejected 3 of 6 messages"
    assert answering.stats()["step"] == 3
    # A batch is rejected as a whole.
    ended = whittle(answering, "feed", table, "--batch", 9, "--router", endpoint, "--quiet", code=76)
    assert f"{table}:2-3: rejected: sample 2: " in ended.stderr
    assert answering.stats()["step"] == 3


def test_router_reports_no_more_than_people_read(answering, tmp_path):
    path = tmp_path / "samples.vw"
    path.write_text("nonsense\n" * 3000)
    ended = whittle(
        answering, "feed", path, "--router", answering.endpoint("ingest.router.bind"), "--quiet", code=76)
    lines = ended.stderr.splitlines()
    assert len(lines) == 22 and lines[-1].endswith(" rejected 3,000 of 3,000 messages")


def test_router_nobody_answers(start, jsonl, context, short_path):
    daemon = start()
    ended = whittle(daemon, "feed", jsonl, "--router", f"ipc://{short_path}/nobody", "--timeout", 0.2, code=69)
    assert "nobody took the samples" in ended.stderr
    # A socket that takes them and keeps silent.
    endpoint = f"ipc://{short_path}/silent"
    router = context.socket(zmq.ROUTER)
    router.bind(endpoint)
    ended = whittle(daemon, "feed", jsonl, "--router", endpoint, "--timeout", 0.2, code=69)
    assert "no answer" in ended.stderr and "60 messages" in ended.stderr
    # One that answers something else.
    ended = whittle(daemon, "feed", jsonl, "--router", daemon.endpoint("query.bind"), code=76)
    assert "sent something else" in ended.stderr


def test_a_malformed_row(start, tmp_path):
    """What came before it is sent, and the error names file and line."""
    daemon = start()
    path = tmp_path / "table.csv"
    path.write_text("y,a\n1,1\n2,2\nthree,3\n4,4\n")
    ended = whittle(daemon, "feed", path, code=65)
    assert f"{path}:4:" in ended.stderr and '"three"' in ended.stderr
    assert daemon.wait_until(lambda stats: stats["messages"] == 2)["step"] == 2


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "y,a,a\n1,2,3\n", "y,a\n1\n", "y,a\n1,2,3\n", "y,a\n1,nan\n",
                                  'y,a\n1,"open\n'])
def test_bad_tables(start, tmp_path, text):
    path = tmp_path / "table.csv"
    path.write_text(text)
    ended = whittle(start(), "feed", path, code=65)
    assert str(path) in ended.stderr


def test_a_missing_file(start, jsonl, tmp_path):
    daemon = start()
    ended = whittle(daemon, "feed", jsonl, tmp_path / "missing.jsonl", code=66)
    assert str(tmp_path / "missing.jsonl") in ended.stderr
    assert daemon.stats()["messages"] == 0


def test_nobody_takes_the_samples(jsonl, short_path):
    ended = whittle(None, "feed", jsonl, "--push", f"ipc://{short_path}/nobody", "--timeout", 0.2, code=69)
    assert "nobody took the samples" in ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--repeat", "2"], ["--batch", "0"], ["--rate", "0"], ["--standardize"], ["samples.xyz"], ["-", "-"],
        ["--target", "y", "a.jsonl"], ["--push", "tcp://h:1", "--publish", "tcp://h:1"], ["--topic", "t"],
        ["--query", "tcp://h:1"], ["--timeout", "-1"], ["--no-such-flag"], ["--format", "xml"],
        ["a.jsonl", "--push", "nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments, tmp_path):
    arguments = [str(tmp_path / argument) if argument == "a.jsonl" else argument for argument in arguments]
    (tmp_path / "a.jsonl").write_text('{"y": 1, "x": {}}\n')
    whittle(None, "feed", *arguments, code=64)


def test_two_tools_at_once(start, jsonl, context):
    """A second sender at the same socket, one that stays connected."""
    daemon = start()
    pusher = context.socket(zmq.PUSH)
    pusher.connect(daemon.endpoint("ingest.pull.bind"))
    pusher.send_json(SAMPLES[0])
    daemon.wait_until(lambda stats: stats["messages"] == 1)
    fed(daemon, jsonl, messages=60)
    assert daemon.stats()["step"] == 61
