"""Who may ask over HTTP: those who show the token, and those who may connect to a Unix socket."""

import base64
import grp
import http.client
import os
import re
import signal
import socket
import stat
import time
from pathlib import Path

import pytest

from browser import chromium
from daemon import DEFAULTS, LIMIT, Daemon, flags, whittled
from tool import whittle
from web import Live, Reply, connect, raw, read_all, request, wait_until

TOKEN = "7f3c1de05b9a4286-not-to-be-told"
PATHS = ["/", "/style.css", "/metrics", "/healthz", "/readyz", "/api/stats", "/api/live", "/api/configuration", "/nowhere"]
SAMPLES = [{"y": i % 3, "x": {"a": i % 2, "b": 1}} for i in range(50)]


@pytest.fixture
def token_file(tmp_path):
    return secret(tmp_path / "token", TOKEN + "\n")


def secret(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def locked(start, token_file) -> Daemon:
    return start({"http.token_file": token_file})


def basic(token: str, user: str = "anyone") -> dict:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


def bearer(token: str) -> dict:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("path", PATHS)
def test_nothing_without_the_token(locked, path):
    reply = request(locked, path)
    assert (reply.status, reply.json["error"]["code"]) == (401, "unauthorized")
    assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("shown", [
    bearer(TOKEN[:-1]), bearer(TOKEN + "x"), bearer("x" + TOKEN[1:]), bearer(TOKEN[:-1] + "x"), bearer(""), bearer(TOKEN.upper()),
    bearer("a" * 8000), basic(TOKEN[:-1]), basic("", TOKEN), basic(TOKEN + "\0"), {"Authorization": TOKEN},
    {"Authorization": "Basic " + TOKEN}, {"Authorization": "Basic !"}, {"Authorization": "Digest " + TOKEN},
    {"Authorization": " "}, {"Cookie": TOKEN}, {"Authorization": "Bearer"}], ids=repr)
def test_a_wrong_token(locked, shown):
    assert request(locked, "/api/stats", headers=shown).status == 401
    # Nor is it one in the path.
    assert request(locked, f"/api/stats?token={TOKEN}", headers=shown).status == 401


@pytest.mark.parametrize("shown", [
    bearer(TOKEN), {"Authorization": f"bearer  {TOKEN}"}, basic(TOKEN), basic(TOKEN, ""), basic(TOKEN, "größe")], ids=repr)
def test_the_token_opens(locked, shown):
    assert request(locked, "/readyz", headers=shown).text == "ready\n"
    assert request(locked, "/nowhere", headers=shown).status == 404


def test_the_other_doors_stay_shut(locked):
    assert request(locked, "/api/stats", headers=bearer(TOKEN) | {"Host": "evil.example"}).status == 403
    assert request(locked, "/api/stats", headers=bearer(TOKEN) | {"Sec-Fetch-Site": "cross-site"}).status == 403
    assert request(locked, "/api/stats", "POST", headers=bearer(TOKEN)).status == 405


def test_each_attempt_is_counted(locked):
    for _ in range(3):
        request(locked, "/api/stats")
        request(locked, "/api/stats", headers=bearer("wrong"))
    metrics = request(locked, "/metrics", headers=bearer(TOKEN)).text
    assert re.search(r"^whittle_http_refused_requests_total (\d+)$", metrics, re.MULTILINE)[1] == "6"


def test_listening_takes_the_token(locked):
    connection = connect(locked)
    connection.request("GET", "/api/live", headers=basic(TOKEN))
    reply = connection.getresponse()
    assert reply.status == 200 and reply.readline() == b"retry: 1000\n"
    connection.close()


def test_the_token_is_told_nowhere(locked, token_file):
    """Not in what the daemon answers, publishes, logs or writes, whoever asked in which way."""
    locked.learn(*SAMPLES)
    request(locked, f"/api/stats?token={TOKEN}", headers=bearer(TOKEN))
    request(locked, "/api/stats", headers=basic(TOKEN + "x"))
    told = [request(locked, path, headers=bearer(TOKEN)).text for path in PATHS if path != "/api/live"]
    told += [repr(locked.ask(op)) for op in ("configuration", "stats", "checkpoint")]
    assert str(token_file) in told[-3]
    assert locked.stop() == 0
    told += [repr(locked.log), *locked.stray_lines]
    told += [path.read_bytes().decode("latin-1") for path in locked.state.rglob("*") if path.is_file()]
    encoded = base64.b64encode(TOKEN.encode()).decode()
    assert len(told) > 12
    for text in told:
        assert TOKEN not in text and TOKEN[:20] not in text and encoded[:20] not in text


@pytest.mark.parametrize("text, mode, says", [
    (TOKEN, 0o644, "has mode 0644, so that others than its owner may read the token"),
    (TOKEN, 0o640, "has mode 0640"), (TOKEN, 0o602, "has mode 0602"), (TOKEN, 0o601, "has mode 0601"),
    ("", 0o600, "does not hold a token: one line of 16 to 1024"), ("short\n", 0o600, "does not hold a token"),
    ("two words and some more", 0o600, "does not hold a token"), (TOKEN + "\n" + TOKEN, 0o600, "does not hold a token"),
    ("ü" * 20, 0o600, "does not hold a token"), ("a" * 1025, 0o600, "does not hold a token")])
def test_a_file_that_is_no_token(tmp_path, text, mode, says):
    path = secret(tmp_path / "token", text, mode)
    ended = whittled(*flags(DEFAULTS | {"state.directory": tmp_path / "state", "http.token_file": path}))
    assert ended.returncode == 78
    assert f"http.token_file: {path} {says}" in ended.stderr
    assert not text.strip() or text.strip() not in ended.stderr


@pytest.mark.parametrize("path, says", [("missing", "No such file or directory"), (".", "is not a file")])
def test_no_file(tmp_path, path, says):
    ended = whittled(*flags(DEFAULTS | {"state.directory": tmp_path / "state", "http.token_file": tmp_path / path}))
    assert ended.returncode == 78
    assert "http.token_file: " in ended.stderr and says in ended.stderr


def test_a_credential_of_systemd(start, tmp_path):
    """The access list of its file shows as the group's rights."""
    path = secret(tmp_path / "http.token", TOKEN, 0o440)
    for named in (path, "%d/http.token"):
        daemon = start({"http.token_file": named}, environment={"CREDENTIALS_DIRECTORY": str(tmp_path)})
        assert request(daemon, "/readyz").status == 401
        assert request(daemon, "/readyz", headers=bearer(TOKEN)).status == 200


def replace(path: Path, text: str, mode: int = 0o600) -> None:
    """As editors do it: no moment without the file, or with a part of it."""
    secret(path.with_suffix(".new"), text, mode).rename(path)


def test_the_token_is_read_again(locked, token_file):
    other = TOKEN[::-1]
    listener = Live(locked, headers=bearer(TOKEN))
    listener.next("stats")
    # Nothing has changed: who listens goes on.
    assert whittle(locked, "reload").stdout == "nothing has changed\n"
    assert request(locked, "/readyz", headers=bearer(TOKEN)).status == 200
    locked.learn(*SAMPLES)
    assert next(told for told in listener if told.event == "stats" and told.data["step"] == len(SAMPLES))
    replace(token_file, other)
    whittle(locked, "reload")
    assert request(locked, "/readyz", headers=bearer(TOKEN)).status == 401
    assert request(locked, "/readyz", headers=bearer(other)).status == 200
    # Who listens by the old one hears no more.
    for _ in listener:
        pass
    listener.close()
    # The signal does the same.
    replace(token_file, TOKEN)
    locked.process.send_signal(signal.SIGHUP)
    wait_until(lambda: request(locked, "/readyz", headers=bearer(TOKEN)).status == 200, "the token is not taken")
    assert request(locked, "/readyz", headers=bearer(other)).status == 401
    said = locked.logged("the token for HTTP was read anew; from here on it is another one")
    assert len(said) == 2 and TOKEN not in repr(locked.log) and other not in repr(locked.log)


def test_who_asks_while_the_token_changes_is_answered(locked, token_file):
    """Every request, on a connection that stays and on new ones: as one of before the change, or as one of after it."""
    stays = connect(locked)

    def asked(token: str) -> int:
        stays.request("GET", "/readyz", headers=bearer(token))
        reply = stays.getresponse()
        reply.read()
        return reply.status

    assert asked(TOKEN) == 200
    connection = stays.sock
    shown, other = TOKEN, TOKEN[::-1]
    for _ in range(20):
        replace(token_file, other)
        locked.process.send_signal(signal.SIGHUP)
        wait_until(lambda: [asked(other), request(locked, "/readyz", headers=bearer(other)).status] == [200, 200],
                   "the token is not taken")
        assert asked(shown) == 401
        shown, other = other, shown
    assert stays.sock is connection
    stays.close()


@pytest.mark.parametrize("text, mode, says", [
    ("short", 0o600, "does not hold a token"), (TOKEN[::-1], 0o644, "has mode 0644"), (None, 0, "No such file")])
def test_a_broken_token_file_changes_nothing(start, tmp_path, token_file, text, mode, says):
    file = tmp_path / "whittled.yaml"
    file.write_text("penalty: {l1: 0.1}\n")
    daemon = start({"http.token_file": token_file}, arguments=["--config", file])
    if text is None:
        token_file.unlink()
    else:
        replace(token_file, text, mode)
    file.write_text("penalty: {l1: 0.2}\n")
    refused = whittle(daemon, "reload", code=76)
    assert "http.token_file: " in refused.stderr and says in refused.stderr
    line = daemon.wait_for_log(lambda line: line["level"] == "error")
    assert "http.token_file: " in line["error"] and str(token_file) in line["error"] and says in line["error"]
    assert request(daemon, "/readyz", headers=bearer(TOKEN)).status == 200
    assert request(daemon, "/readyz", headers=bearer(TOKEN[::-1])).status == 401
    # Nor has anything else.
    assert daemon.ask("configuration")["configuration"]["penalty.l1"] == 0.1
    replace(token_file, TOKEN[::-1])
    assert "0.2" in whittle(daemon, "reload").stdout
    assert request(daemon, "/readyz", headers=bearer(TOKEN[::-1])).status == 200


@pytest.mark.parametrize("bind", ["0.0.0.0:0", "[::]:0", "192.0.2.1:5705", "host.example:5705", "127.0.0.1.example:5705"])
def test_an_address_that_others_reach_needs_a_token(tmp_path, token_file, bind):
    settings = flags(DEFAULTS | {"state.directory": tmp_path / "state", "http.bind": bind})
    ended = whittled("--check-config", *settings)
    assert ended.returncode == 78
    assert f"http.bind: found {bind}, which other machines may reach, without http.token_file" in ended.stderr
    assert whittled("--check-config", *settings, f"--http-token-file={token_file}").returncode == 0
    assert whittled("--check-config", *settings, "--security-allow-plain=true").returncode == 0


# Unix sockets


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str):
        super().__init__("any.example", timeout=LIMIT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT)
        self.sock.connect(self.path)


def ask_at(path: str, what: str) -> Reply:
    connection = UnixConnection(path)
    connection.request("GET", what)
    reply = connection.getresponse()
    read = Reply(reply.status, reply.headers, reply.read())
    connection.close()
    return read


def test_a_unix_socket(start, short_path, token_file):
    """Its mode is its door: no token, and any host."""
    path = f"{short_path}/http.sock"
    daemon = start({"http.bind": [f"unix:{path}", "127.0.0.1:0"], "http.token_file": token_file, "http.socket_mode": "0600"})
    assert daemon.endpoints["http.bind"][0] == f"unix:{path}"
    assert daemon.ask("configuration")["endpoints"]["http.bind"][0] == f"unix:{path}"
    status = os.stat(path)
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600
    assert ask_at(path, "/readyz").text == "ready\n"
    assert ask_at(path, "/").status == 200
    connection = UnixConnection(path)
    connection.request("GET", "/api/live")
    assert connection.getresponse().readline() == b"retry: 1000\n"
    connection.close()
    assert daemon.stop() == 0
    assert not os.path.exists(path)


def test_its_mode_by_default_and_its_group(start, short_path):
    path = f"{short_path}/http.sock"
    mine = grp.getgrgid(os.getgid()).gr_name
    start({"http.bind": f"unix:{path}", "http.socket_group": mine})
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o660 and os.stat(path).st_gid == os.getgid()


def test_a_group_that_is_none(tmp_path, short_path):
    ended = whittled(*flags(DEFAULTS | {
        "state.directory": tmp_path / "state", "http.bind": f"unix:{short_path}/http.sock",
        "http.socket_group": "no-such-group"}))
    assert ended.returncode == 69
    assert "there is no group no-such-group" in ended.stderr


def test_a_socket_that_is_left_behind_is_taken_over(start, short_path):
    path = f"{short_path}/http.sock"
    first = start({"http.bind": f"unix:{path}"})
    first.kill()
    assert os.path.exists(path)
    start({"http.bind": f"unix:{path}"})
    assert ask_at(path, "/readyz").text == "ready\n"


def test_a_socket_that_is_in_use_is_not(start, tmp_path, short_path):
    path = f"{short_path}/http.sock"
    start({"http.bind": f"unix:{path}"})
    ended = whittled(*flags(DEFAULTS | {"state.directory": tmp_path / "other", "http.bind": f"unix:{path}"}))
    assert ended.returncode == 69
    assert f"http.bind: cannot bind unix:{path}: Address already in use" in ended.stderr
    assert ask_at(path, "/readyz").text == "ready\n"


def test_a_file_in_the_way_stays(tmp_path, short_path):
    path = Path(short_path, "http.sock")
    path.write_text("precious")
    ended = whittled(*flags(DEFAULTS | {"state.directory": tmp_path / "state", "http.bind": f"unix:{path}"}))
    assert ended.returncode == 69
    assert path.read_text() == "precious"


def test_connections_to_a_unix_socket_are_bounded_in_time(start, short_path):
    path = f"{short_path}/http.sock"
    start({"http.bind": f"unix:{path}"})
    connection = UnixConnection(path)
    connection.connect()
    began = time.monotonic()
    connection.sock.sendall(b"GET / HTTP/1.1\r\n")
    read_all(connection.sock)
    assert time.monotonic() - began < 30
    connection.close()


# A browser


def test_the_dashboard_by_password(locked, tmp_path):
    """The browser shows what its user gave for all that the page loads, and for what it listens to."""
    driver = chromium(tmp_path / "profile")
    try:
        locked.learn(*SAMPLES)
        host, port = locked.endpoint("http.bind").rsplit(":", 1)
        driver.get(f"http://{host}:{port}/")
        assert "Skip to the model" not in driver.page_source
        driver.get(f"http://anyone:{TOKEN}@{host}:{port}/")
        # As a user sees it who comes again, with nothing about the password in the address.
        driver.get(f"http://{host}:{port}/")
        wait_until(lambda: driver.find_element("id", "status").text not in ("", "Connecting"), "the page is not connected")
        # What is told first may be of before they were learned: figures are told once a second.
        assert driver.execute_async_script(
            "const done = arguments[0]; const source = new EventSource('/api/live');"
            "source.addEventListener('stats', (event) => {"
            "  const step = JSON.parse(event.data).step;"
            f"  if (step === {len(SAMPLES)}) {{ source.close(); done(step) }} }});"
            "source.onerror = () => done('error')") == len(SAMPLES)
    finally:
        driver.quit()


def test_half_a_request_without_a_token_is_not_waited_for(locked):
    with raw(locked) as connection:
        connection.sendall(b"GET /api/stats HTTP/1.1\r\nAuthorization: Bearer ")
        began = time.monotonic()
        read_all(connection)
        assert time.monotonic() - began < 30
