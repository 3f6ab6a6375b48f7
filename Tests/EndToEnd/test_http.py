"""What the daemon answers over HTTP: the page, health, and the model and its stream as JSON."""

import re
import socket

import pytest

from daemon import DEFAULTS, LIMIT, flags, whittled
from web import get, raw, read_all, request, wait_until

SAMPLES = [{"y": i % 7, "x": {"a": i % 3, "b": i % 5, "c": 1, "d": -(i % 2)}} for i in range(500)]


@pytest.fixture(scope="module")
def learned(start_shared):
    """A daemon that has learned, rejected, and written checkpoints, and whose telemetry has seen all of it."""
    daemon = start_shared({"publish.every_seconds": 0.1})
    daemon.learn(*SAMPLES)
    daemon.learn("{", '{"y": 1, "x": {"a": 1}, "source": "pump", "seq": 1}', '{"y": 1, "x": {"a": 1}, "source": "pump", "seq": 5}')
    daemon.checkpoint()
    daemon.checkpoint()

    def is_current() -> bool:
        stats = get(daemon, "/api/stats").json
        return stats["messages"] == 503 and "checkpoint" in stats

    wait_until(is_current, "telemetry is not up to date")
    return daemon


# The page


def test_the_page_and_its_files(learned):
    page = get(learned, "/")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for name, kind in [("style.css", "text/css"), ("script.js", "text/javascript")]:
        assert name in page.text
        assert get(learned, "/" + name).headers["Content-Type"] == f"{kind}; charset=utf-8"


def test_the_page_may_load_and_run_its_own_files_only(learned):
    policy = get(learned, "/").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in policy
    page = get(learned, "/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|https?://(?!www\.w3\.org/)", page)


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/api/stats", "/api/events", "/nowhere"])
def test_every_answer_is_kept_by_nobody_and_is_what_it_says(learned, path):
    reply = request(learned, path)
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in reply.headers
    assert int(reply.headers["Content-Length"]) == len(reply.body)
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply.headers["Date"])


# How the daemon is


def test_health(learned):
    assert get(learned, "/healthz").text == "ok\n"
    assert get(learned, "/readyz").text == "ready\n"


# JSON


def test_stats_are_those_of_the_query(learned):
    asked = learned.stats()
    told = get(learned, "/api/stats").json
    changing = {"uptime_seconds", "samples_per_second", "checkpoint", "journal", "ok", "protocol", "version", "sequence", "epoch"}
    for key in asked.keys() - changing:
        assert told[key] == asked[key], key
    assert told["checkpoint"]["step"] == asked["checkpoint"]["step"]


@pytest.mark.parametrize("top", [0, 1, 2, 1000])
def test_coefficients_are_the_heaviest_first(learned, top):
    asked = learned.coefficients(top=top)
    told = get(learned, f"/api/coefficients?top={top}").json
    for key in ("step", "intercept", "features", "active_set", "names", "values"):
        assert told[key] == asked[key], key
    assert [abs(value) for value in told["values"]] == sorted(map(abs, told["values"]), reverse=True)


def test_all_coefficients_by_default(learned):
    assert get(learned, "/api/coefficients").json == get(learned, "/api/coefficients?top=100").json


@pytest.mark.parametrize("top", ["", "-1", "1001", "1e3", "all", "99999999999999999999", "%31%"])
def test_a_count_that_is_none(learned, top):
    reply = request(learned, f"/api/coefficients?top={top}")
    assert (reply.status, reply.json["error"]["code"]) == (400, "bad_request")


def test_history(learned):
    history = get(learned, "/api/history").json
    assert {"time", "step", "samples_per_second", "loss_overall", "loss_recent", "best_constant_loss", "active_set",
            "features", "sparsity"} == history.keys()
    assert len({len(values) for values in history.values()}) == 1
    assert history["time"] == sorted(history["time"])
    stats = learned.stats()
    newest = {key: values[-1] for key, values in history.items()}
    assert newest["step"] == stats["step"] and newest["loss_recent"] == stats["loss"]["recent"]
    assert newest["best_constant_loss"] == stats["validation"]["recent"]["best_constant_loss"]
    assert newest["features"] == 4


def test_path(learned):
    path = get(learned, "/api/path").json
    coefficients = learned.coefficients()
    newest = {name: values[-1] for name, values in zip(path["names"], path["coefficients"], strict=True)}
    # Those that never left zero are not among the heaviest.
    for name, value in zip(coefficients["names"], coefficients["values"], strict=True):
        assert newest.get(name, 0) == value
    assert all(len(values) == len(path["time"]) == len(path["step"]) for values in path["coefficients"])
    assert path["step"][-1] == learned.stats()["step"]


def test_events_newest_first(learned):
    events = get(learned, "/api/events").json["events"]
    assert [event["time"] for event in events] == sorted((event["time"] for event in events), reverse=True)
    rejected = [event for event in events if event["event"] == "message_rejected"]
    assert [event["reason"] for event in rejected] == ["broken_json"]


def test_checkpoints_newest_first(learned):
    checkpoints = get(learned, "/api/checkpoints").json["checkpoints"]
    assert len(checkpoints) == 2
    assert checkpoints[0]["time"] >= checkpoints[1]["time"]
    assert checkpoints[0]["file"] == learned.stats()["checkpoint"]["file"]
    assert all(checkpoint["bytes"] > 1000 and checkpoint["step"] == 502 for checkpoint in checkpoints)


def test_configuration_is_that_of_the_query(start):
    daemon = start()
    asked = daemon.ask("configuration")
    told = get(daemon, "/api/configuration").json
    assert told == {key: asked[key] for key in told}
    assert told["endpoints"]["http.bind"] == daemon.endpoints["http.bind"]
    assert daemon.ask("set", values={"penalty.l1": 0.5})["ok"]
    assert get(daemon, "/api/configuration").json["configuration"]["penalty.l1"] == 0.5


def test_figures_come_although_nothing_is_published(start):
    daemon = start({"publish.every_samples": 0, "publish.every_seconds": 0})
    daemon.learn(*SAMPLES[:10])
    wait_until(lambda: get(daemon, "/api/stats").json["step"] == 10, "no figures")


# Who asks for what


def test_paths_that_are_not_there(learned):
    for path in ("/nowhere", "/api", "/api/", "/api/stats/", "/..%2f..%2fetc/passwd", "/index.html", "//", "/%00"):
        reply = request(learned, path)
        assert (reply.status, reply.json["error"]["code"]) == (404, "not_found"), path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_methods_that_change_things(learned, method):
    reply = request(learned, "/api/stats", method)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/stats", "/api/live", "/nowhere"])
def test_head_is_get_without_a_body(learned, path):
    head = request(learned, path, "HEAD")
    assert head.body == b""
    if path != "/api/live":
        whole = request(learned, path)
        assert (head.status, head.headers["Content-Type"]) == (whole.status, whole.headers["Content-Type"])


def test_names_that_lead_here_from_elsewhere(learned):
    """DNS rebinding: a page whose own name is made to point at this machine must not read anything."""
    port = learned.endpoint("http.bind").rsplit(":", 1)[1]
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.2", "",
                 "[::1", "[::1].evil.example", "localhost:", "localhost:99999", "user@localhost", "0.0.0.0"):
        for path in ("/", "/api/stats", "/metrics", "/api/live"):
            reply = request(learned, path, headers={"Host": host})
            assert (reply.status, reply.json["error"]["code"]) == (403, "wrong_host"), (host, path)
    for host in ("localhost", f"localhost:{port}", "LOCALHOST:1", "127.0.0.1:8080", "[::1]", "[::1]:80"):
        assert request(learned, "/api/stats", headers={"Host": host}).status == 200, host


def test_no_host_at_all(learned):
    with raw(learned) as connection:
        connection.sendall(b"GET /api/stats HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 403 ")


def test_pages_of_other_sites(learned):
    assert request(learned, "/api/stats", headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert request(learned, "/api/live", headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    # They may link to the dashboard.
    assert request(learned, "/", headers={"Sec-Fetch-Site": "cross-site"}).status == 200
    assert request(learned, "/api/stats", headers={"Sec-Fetch-Site": "same-origin"}).status == 200


def test_several_requests_over_one_connection(learned):
    with raw(learned) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5
                           + b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert read_all(connection).count(b"HTTP/1.1 200 OK") == 6


# Endpoints


def test_an_address_that_is_taken(start, tmp_path):
    taken = start().endpoint("http.bind")
    state = tmp_path / "other"
    ended = whittled(*flags(DEFAULTS | {"state.directory": state, "http.bind": taken}))
    assert ended.returncode == 69
    assert f"http.bind: cannot bind {taken}: Address already in use" in ended.stderr
    assert not list(state.glob("checkpoint-*"))


def test_an_address_that_is_not_here(tmp_path):
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text("nobody-knows-this-one")
    for bind in ("203.0.113.1:5705", "no-such-host.invalid:5705"):
        ended = whittled(*flags(DEFAULTS | {
            "state.directory": tmp_path / "state", "http.bind": bind, "http.token_file": token}))
        assert ended.returncode == 69
        assert f"http.bind: cannot bind {bind}: " in ended.stderr


def test_one_address_of_two_that_is_taken(start, tmp_path):
    taken = start().endpoint("http.bind")
    ended = whittled(*flags(DEFAULTS | {"state.directory": tmp_path / "other", "http.bind": ["127.0.0.1:0", taken]}))
    assert ended.returncode == 69


def test_several_addresses(start):
    daemon = start({"http.bind": ["127.0.0.1:0", "[::1]:0", "localhost:0"]})
    addresses = daemon.endpoints["http.bind"]
    assert len(set(addresses)) == 3
    for place in addresses:
        host, port = place.rsplit(":", 1)
        with socket.create_connection((host.strip("[]"), int(port)), LIMIT) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert read_all(connection).endswith(b"ready\n")


def test_no_http(start):
    daemon = start({"http.bind": ""})
    assert "http.bind" not in daemon.endpoints
    daemon.learn(*SAMPLES[:3])
    assert daemon.ask("configuration")["configuration"]["http.bind"] == []


def test_another_daemon_in_the_state_directory_is_what_is_told_first(start):
    first = start()
    ended = whittled(*flags(DEFAULTS | {"state.directory": first.state, "http.bind": first.endpoint("http.bind")}))
    assert ended.returncode == 75
