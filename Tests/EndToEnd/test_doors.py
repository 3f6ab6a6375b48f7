"""Who may come in: with keys only those whose are listed, each for what they are listed for."""

import json
import os
import stat
import subprocess
import sys

import pytest
import zmq

from daemon import (
    DEFAULTS, LIMIT, PROGRAMS, ROOT, Daemon, clean_environment, connected, flags, received_json, whittled)
from documents import blocks
from keys import Key, KeyRing, refused

SAMPLE = {"y": 1, "x": {"a": 1}}


@pytest.fixture
def ring(tmp_path) -> KeyRing:
    return KeyRing(tmp_path / "keys")


@pytest.fixture
def daemon(start, ring) -> Daemon:
    """With keys, asked by an administrator."""
    return ring.admit(start(ring.settings | {
        "ingest.router.bind": "tcp://127.0.0.1:*", "ingest.sub.bind": "tcp://127.0.0.1:*", "publish.every_seconds": 0.05}))


def test_listed_keys_do_what_they_are_listed_for(daemon, ring, context):
    assert daemon.learn(SAMPLE)["samples"] == 1
    router = ring.connected(context, zmq.REQ, daemon.endpoint("ingest.router.bind"), ring.clients["ingest"])
    router.send_json(SAMPLE)
    assert received_json(router)["ok"]
    publisher = ring.connected(context, zmq.XPUB, daemon.endpoint("ingest.sub.bind"), ring.clients["ingest"])
    publisher.recv()
    publisher.send_json(SAMPLE)
    daemon.wait_until(lambda stats: stats["samples"] == 3)
    subscriber = ring.connected(context, zmq.SUB, daemon.endpoint("publish.bind"), ring.clients["publish"])
    subscriber.subscribe(b"stats")
    assert subscriber.recv_multipart()[0] == b"stats"
    asker = ring.connected(context, zmq.REQ, daemon.endpoint("query.bind"), ring.clients["query"])
    asker.send_json({"op": "predict", "x": {"a": 1}})
    assert received_json(asker)["ok"]
    assert all(not counts["refused"] for counts in daemon.stats()["connections"].values())


STRANGERS = {
    # Who comes, where, and why it is refused.
    "a key that nobody has listed": (lambda ring: Key.new(), "unknown_key"),
    "a subscriber's key": (lambda ring: ring.clients["publish"], "other_role"),
}


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("door", ["pull", "query"])
def test_other_keys_stay_outside(daemon, ring, context, who, door):
    make, reason = STRANGERS[who]
    key = {"pull": "ingest.pull.bind", "query": "query.bind"}[door]
    own = make(ring)
    stranger = ring.connected(context, zmq.PUSH if door == "pull" else zmq.DEALER, daemon.endpoint(key), own)
    stranger.send_json(SAMPLE if door == "pull" else {"op": "reset"})
    stats = daemon.wait_until(lambda stats: refused(stats, door, reason) >= 1)
    assert (stats["messages"], stats["step"]) == (0, 0)
    line = daemon.wait_for_log(lambda line: line["message"] == "a connection was refused")
    assert (line["door"], line["reason"], line["level"]) == (door, reason, "warning")
    assert line["key"] == own.public.decode()
    assert line["setting"] == ("security.ingest_keys" if door == "pull" else "security.query_keys")


def test_who_may_ask_may_not_subscribe(daemon, ring, context):
    subscriber = ring.connected(context, zmq.SUB, daemon.endpoint("publish.bind"), ring.clients["query"])
    subscriber.subscribe(b"")
    daemon.wait_until(lambda stats: refused(stats, "publish", "other_role") >= 1)
    assert subscriber.poll(0) == 0


def test_without_a_key_nobody_comes_in(daemon, context):
    plain = connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind"))
    plain.send_json(SAMPLE)
    asker = connected(context, zmq.DEALER, daemon.endpoint("query.bind"))
    asker.send_json({"op": "stats"})
    # libzmq on the other side notices, too, and may be gone before it is noticed here.
    stats = daemon.wait_until(
        lambda stats: all(refused(stats, door, "mechanism") + refused(stats, door, "silence") for door in ("pull", "query")))
    assert stats["messages"] == 0 and asker.poll(0) == 0


def test_a_key_for_another_daemon(daemon, ring, context):
    """A client that expects another daemon does not tell this one anything."""
    mistaken = ring.show(context.socket(zmq.PUSH), ring.clients["ingest"], server=Key.new().public)
    mistaken.connect(daemon.endpoint("ingest.pull.bind"))
    mistaken.send_json(SAMPLE)
    stats = daemon.wait_until(lambda stats: refused(stats, "pull", "encryption") >= 1)
    assert stats["messages"] == 0


def test_keys_where_there_are_none(start, ring, context):
    """A client that insists on a key is not served by a daemon without one."""
    daemon = start()
    curve = ring.connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind"), ring.clients["ingest"])
    curve.send_json(SAMPLE)
    # As above, it may be gone before it is noticed.
    stats = daemon.wait_until(lambda stats: refused(stats, "pull", "mechanism") + refused(stats, "pull", "silence"))
    assert stats["messages"] == 0


@pytest.mark.parametrize("operation", [
    {"op": "reset"}, {"op": "checkpoint"}, {"op": "set", "values": {"penalty.l1": 0.5}},
    {"op": "set", "values": {"penalty.l1": 0.5}, "protocol": 1}])
def test_operations_are_for_administrators(daemon, ring, context, operation):
    daemon.learn(SAMPLE)
    asker = ring.connected(context, zmq.REQ, daemon.endpoint("query.bind"), ring.clients["query"])
    asker.send_json(operation)
    answer = received_json(asker)
    assert (answer["ok"], answer["error"]["code"]) == (False, "forbidden")
    assert "security.admin_keys" in answer["error"]["message"]
    stats = daemon.stats()
    assert (stats["step"], refused(stats, "query", "operation")) == (1, 1)
    assert "checkpoint" not in stats
    assert daemon.ask("configuration")["configuration"]["penalty.l1"] != 0.5
    line = daemon.wait_for_log(lambda line: line["message"].startswith("an operation was refused"))
    assert (line["name"], line["key"]) == ("query", ring.clients["query"].public.decode())
    fields = {name: value for name, value in operation.items() if name != "op"}
    assert daemon.ask(operation["op"], **fields)["ok"]


def test_a_large_question_keeps_its_key(daemon, ring, context):
    """What is read by another thread is still known to come from who it came from."""
    asker = ring.connected(context, zmq.REQ, daemon.endpoint("query.bind"), ring.clients["query"])
    asker.send(b'{"op": "reset"' + b" " * 20_000 + b"}")
    assert received_json(asker)["error"]["code"] == "forbidden"


def test_any_is_everybody_with_a_key(start, ring, context):
    daemon = ring.admit(start(ring.settings | {"security.ingest_keys": "any"}))
    anybody = ring.connected(context, zmq.PUSH, daemon.endpoint("ingest.pull.bind"), Key.new())
    anybody.send_json(SAMPLE)
    daemon.wait_until(lambda stats: stats["samples"] == 1)


def test_a_directory_is_a_list(start, ring, context, tmp_path):
    directory = tmp_path / "ingest.d"
    directory.mkdir(mode=0o755)
    for name in ("one", "two"):
        (directory / f"{name}.pub").write_text(Key.new().line(name))
    (directory / "two.pub").write_text(ring.clients["ingest"].line("two"))
    (directory / "README").write_text("not a key")
    daemon = ring.admit(start(ring.settings | {"security.ingest_keys": directory}))
    assert daemon.learn(SAMPLE)["samples"] == 1


@pytest.mark.parametrize("asks", ["the daemon", "the publisher"])
def test_a_publisher_that_the_daemon_connects_to(start, ring, context, tmp_path, asks):
    """Either side may be the one who has to be known beforehand."""
    publisher = context.socket(zmq.XPUB)
    publisher.rcvtimeo = 60_000
    settings = {}
    if asks == "the daemon":
        ring.show(publisher, ring.clients["ingest"])
    else:
        own = Key.new()
        publisher.curve_secretkey, publisher.curve_server = own.secret, True
    publisher.bind("tcp://127.0.0.1:*")
    endpoint = publisher.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
    if asks == "the publisher":
        (tmp_path / "servers").write_text(own.line(endpoint))
        settings = {"security.connect_keys": tmp_path / "servers"}
    daemon = ring.admit(start(ring.settings | settings | {"ingest.sub.connect": endpoint}))
    publisher.recv()
    publisher.send_json(SAMPLE)
    daemon.wait_until(lambda stats: stats["samples"] == 1)


def test_a_publisher_whose_key_is_not_listed(start, ring, context):
    publisher = ring.show(context.socket(zmq.XPUB), Key.new())
    publisher.bind("tcp://127.0.0.1:*")
    endpoint = publisher.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
    daemon = ring.admit(start(ring.settings | {"ingest.sub.connect": endpoint}))
    daemon.wait_until(lambda stats: refused(stats, "sub", "unknown_key") >= 1)
    assert publisher.poll(0) == 0


# Files of keys


def started(tmp_path, settings: dict, *arguments: str):
    return whittled(*flags(DEFAULTS | {"state.directory": tmp_path / "state"} | settings), *arguments)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o777])
def test_a_secret_key_that_others_may_have_read(tmp_path, ring, mode):
    ring.secret_file.chmod(mode)
    for arguments in ([], ["--check-config"]):
        ended = started(tmp_path, ring.settings, *arguments)
        assert ended.returncode == 78
        assert f"chmod 600 {ring.secret_file}" in ended.stderr and f"0{mode:o}" in ended.stderr
        assert ring.server.secret.decode() not in ended.stderr


def test_a_credential_of_systemd_may_be_read_by_its_group(start, ring, tmp_path):
    """Its list of users shows as the group's rights. It is named as in systemd's units."""
    ring.secret_file.chmod(0o440)
    daemon = start(
        ring.settings | {"security.server_key": "%d/server.key"},
        environment={"CREDENTIALS_DIRECTORY": str(ring.directory)})
    assert ring.admit(daemon).stats()["step"] == 0


@pytest.mark.parametrize("text", ["", "nonsense\n", "x" * 39 + "\n", "x" * 41 + "\n", "é" * 20 + "\n"])
def test_a_file_without_a_secret_key(tmp_path, ring, text):
    ring.secret_file.write_text(text)
    ended = started(tmp_path, ring.settings)
    assert ended.returncode == 78
    assert str(ring.secret_file) in ended.stderr and "whittle keygen" in ended.stderr
    assert text.strip() == "" or text.strip() not in ended.stderr


def test_lists_that_cannot_be_used(tmp_path, ring):
    ingest = ring.directory / "ingest.pub"
    for make, says in (
        (lambda: ingest.chmod(0o666), f"chmod go-w {ingest}"),
        (lambda: (ingest.chmod(0o644), ingest.write_text("# fine\nnot a key\n")), f"{ingest}:2 does not hold a public key"),
        (lambda: ingest.unlink(), f"cannot read {ingest}"),
        (lambda: os.mkfifo(ingest), "it is no file"),
    ):
        make()
        ended = started(tmp_path, ring.settings, "--check-config")
        assert ended.returncode == 78 and says in ended.stderr


def test_no_answer_or_log_has_a_secret(daemon, ring, context):
    daemon.learn(SAMPLE)
    told = str(daemon.ask("configuration")) + str(daemon.stats())
    assert daemon.stop() == 0
    assert ring.server.secret.decode() not in told + str(daemon.log) + "".join(daemon.stray_lines)
    for file in daemon.state.rglob("*"):
        assert file.is_dir() or ring.server.secret not in file.read_bytes()


# whittle keygen


def whittle(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [PROGRAMS / "whittle", *arguments], env=clean_environment(**environment or {}), timeout=LIMIT,
        capture_output=True, text=True)


def test_keygen(tmp_path):
    file = tmp_path / "pump.key"
    made = whittle("keygen", str(file))
    assert (made.returncode, made.stderr) == (0, "")
    key, name = made.stdout.split()
    secret = file.read_text().strip()
    assert name == "pump"
    assert (stat.S_IMODE(file.stat().st_mode), len(secret)) == (0o600, 40)
    assert zmq.curve_public(secret.encode()).decode() == key
    assert (tmp_path / "pump.key.pub").read_text() == f"{key} pump\n"
    assert secret not in made.stdout
    again = whittle("keygen", str(file))
    assert again.returncode == 66 and "there already" in again.stderr
    assert file.read_text().strip() == secret
    told = json.loads(whittle("keygen", str(tmp_path / "valve"), "--name", "main valve", "--json").stdout)
    assert told.keys() == {"public_key", "name", "file"} and told["file"] == str(tmp_path / "valve")
    assert (tmp_path / "valve.pub").read_text() == f"{told['public_key']} main valve\n"


def test_keygen_writes_over_nothing(tmp_path):
    (tmp_path / "a.pub").write_text("mine")
    assert whittle("keygen", str(tmp_path / "a")).returncode == 66
    assert (tmp_path / "a.pub").read_text() == "mine" and not (tmp_path / "a").exists()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert whittle("keygen", str(tmp_path / "link")).returncode == 66
    assert not (tmp_path / "elsewhere").exists()
    assert whittle("keygen", str(tmp_path / "missing/a")).returncode == 66
    assert whittle("keygen", str(tmp_path / "b"), "--name", "a\nb").returncode == 64


# whittle with keys


def test_the_tool_shows_its_keys(start, tmp_path):
    """From keygen to an answer, as people do it."""
    files = {name: tmp_path / f"{name}.key" for name in ("daemon", "me", "stranger")}
    for file in files.values():
        assert whittle("keygen", str(file)).returncode == 0
    mine = tmp_path / "me.key.pub"
    daemon = start({"security.server_key": files["daemon"], "publish.every_seconds": 0.05} | {
        f"security.{role}_keys": mine for role in KeyRing.ROLES})
    query, push = daemon.endpoint("query.bind"), daemon.endpoint("ingest.pull.bind")
    keys = ["--server-key", f"{files['daemon']}.pub", "--key", str(files["me"])]
    (tmp_path / "samples.jsonl").write_text('{"y": 1, "x": {"a": 1}}\n' * 10)
    fed = whittle("feed", str(tmp_path / "samples.jsonl"), "--push", push, "--wait", "--query", query, *keys)
    assert fed.returncode == 0, fed.stderr
    environment = {
        "WHITTLE_SERVER_KEY": (tmp_path / "daemon.key.pub").read_text().split()[0], "WHITTLE_KEY": str(files["me"]),
        "WHITTLE_QUERY": query, "WHITTLE_SUBSCRIBE": daemon.endpoint("publish.bind")}
    assert '"step":10' in whittle("stats", "--json", environment=environment).stdout.replace(" ", "")
    assert whittle("watch", "--json", "--count", "1", environment=environment).returncode == 0
    assert whittle("reset", "--yes", environment=environment).returncode == 0
    stranger = whittle("stats", "--query", query, "--timeout", "0.5", *keys[:2], "--key", str(files["stranger"]))
    assert stranger.returncode == 69 and "key" in stranger.stderr
    for half, says in ((keys[:2], "--key"), (keys[2:], "--server-key")):
        ended = whittle("stats", "--query", query, *half)
        assert ended.returncode == 66 and says in ended.stderr
    files["me"].chmod(0o644)
    assert "chmod 600" in whittle("stats", "--query", query, *keys).stderr


# Local sockets


def test_the_mode_of_local_sockets(start, short_path):
    for mode in (None, "0600", "0666"):
        endpoints = {key: f"ipc://{short_path}/{key}-{mode}" for key in ("query.bind", "ingest.pull.bind", "publish.bind")}
        daemon = start(endpoints | {"security.ipc_mode": mode, "security.ipc_group": str(os.getgid())})
        for endpoint in endpoints.values():
            status = os.stat(endpoint.removeprefix("ipc://"))
            assert stat.S_IMODE(status.st_mode) == int(mode or "0660", 8)
            assert status.st_gid == os.getgid()
        assert daemon.learn(SAMPLE)["samples"] == 1


def test_a_group_that_is_not_there(tmp_path):
    ended = started(tmp_path, {"security.ipc_group": "no-such-group"})
    assert ended.returncode == 78 and "no-such-group" in ended.stderr


# Addresses that others reach


@pytest.mark.parametrize("bound_by", ["a key", "allow_plain"])
def test_an_address_that_others_reach(tmp_path, ring, bound_by):
    # Only looked at: nothing here is bound beyond this machine.
    settings = {"query.bind": "tcp://0.0.0.0:*"}
    assert started(tmp_path, settings, "--check-config").returncode == 78
    settings |= ring.settings if bound_by == "a key" else {"security.allow_plain": True}
    assert started(tmp_path, settings, "--check-config").returncode == 0


# The article


def test_the_articles_python_sends(start, tmp_path):
    """Python's part of Doors.md, with keys as the article has them made."""
    for name in ("daemon", "pump"):
        assert whittle("keygen", str(tmp_path / f"{name}.key")).returncode == 0
    daemon = start({
        "security.server_key": tmp_path / "daemon.key", "security.ingest_keys": tmp_path / "pump.key.pub",
        "security.admin_keys": "any"})
    secret = (tmp_path / "pump.key").read_text().strip().encode()
    daemon._question = daemon.context.socket(zmq.REQ)
    daemon._question.curve_serverkey = (tmp_path / "daemon.key.pub").read_text().split()[0].encode()
    daemon._question.curve_secretkey, daemon._question.curve_publickey = secret, zmq.curve_public(secret)
    daemon._question.connect(daemon.endpoint("query.bind"))
    path = ROOT / "Sources/WhittleService/WhittleService.docc/Doors.md"
    [program] = [block.text for block in blocks(path.read_text(), path.name) if block.kind == "python"]
    program = program.replace("tcp://127.0.0.1:5701", daemon.endpoint("ingest.pull.bind"))
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT)
    assert ran.returncode == 0, ran.stderr
    daemon.wait_until(lambda stats: stats["samples"] == 1)
