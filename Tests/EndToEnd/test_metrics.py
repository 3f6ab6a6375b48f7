"""/metrics of real daemons: in the format, true, complete, and what rules, dashboard and article speak of."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from daemon import LIMIT, ROOT, Daemon
from promtool import families, parsed, promtool
from web import get

PROMETHEUS = ROOT / "deploy/prometheus"
DASHBOARD = ROOT / "deploy/grafana/whittle.json"
ARTICLE = ROOT / "Sources/WhittleHTTP/WhittleHTTP.docc/HTTP.md"
SAMPLES = [{"y": i % 2, "x": {"a": i % 3, "b": i % 5, "c": 1}} for i in range(300)]


def current(daemon: Daemon, **wanted) -> str:
    """The metrics, once they show what is wanted; each question waits for its answer."""
    end = time.monotonic() + LIMIT
    while True:
        text = get(daemon, "/metrics").text
        values = parsed(text)
        if all(values.get(name, {}).get(()) == value for name, value in wanted.items()):
            return text
        assert time.monotonic() < end, {name: values.get(name) for name in wanted}


@pytest.fixture(scope="module")
def daemon(start_shared):
    """One to which everything has happened that metrics tell of."""
    daemon = start_shared({"model.loss": "logistic", "publish.every_seconds": 0.1, "delayed.samples": 2})
    daemon.learn(SAMPLES, *SAMPLES[:10])
    numbered = [{"y": 1, "x": {"a": 1}, "source": 'a "quoted" \\ source\n', "seq": seq} for seq in (1, 2, 9, 9, 3)]
    daemon.learn("{", "{", '{"y": 1, "x": {"a": "', b"\xff", '{"y": 7, "x": {"a": 1}}', *numbered)
    delayed = [{"id": name, "x": {"a": 1}} for name in "abc"] + [{"id": "c", "y": 1}, {"id": "?", "y": 1}]
    daemon.learn({"x": {"a": 1}}, *delayed)
    daemon.checkpoint()
    away = daemon.state.with_name("away")
    daemon.state.rename(away)
    daemon.learn(*SAMPLES[:1])
    assert not daemon.ask("checkpoint")["ok"]
    daemon.degraded_metrics = current(daemon, whittle_degraded=1)
    daemon.degraded_readiness = get(daemon, "/readyz").text
    away.rename(daemon.state)
    daemon.learn(*SAMPLES[:1])
    daemon.checkpoint()
    return daemon


@pytest.fixture(scope="module")
def metrics(daemon) -> str:
    messages = daemon.stats()["messages"]
    return current(daemon, whittle_messages_total=messages, whittle_checkpoints_written_total=2, whittle_degraded=0)


# The format


def test_promtool_has_nothing_to_say(metrics):
    checked = promtool("check", "metrics", text=metrics)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_promtool_would_say_something(metrics):
    """The check can fail."""
    assert promtool("check", "metrics", text=metrics.replace("_total", "_count")).returncode != 0


def test_a_daemon_that_has_seen_nothing(start):
    checked = promtool("check", "metrics", text=current(start(), whittle_messages_total=0))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_content_type(daemon):
    assert get(daemon, "/metrics").headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_names_and_units(metrics):
    for name, (kind, text) in families(metrics).items():
        assert name.startswith(("whittle_", "process_")), name
        assert (kind == "counter") == name.endswith("_total"), name
        assert text.endswith("."), name
        if kind == "histogram":
            assert name.endswith(("_bytes", "_seconds", "_samples")), name


def test_there_are_not_too_many(metrics):
    """Whatever comes in: neither sources nor features nor events make series without end."""
    assert len(metrics.splitlines()) < 400
    assert "quoted" not in metrics


# The figures


def test_figures_are_those_of_stats(daemon, metrics):
    stats = daemon.stats()
    values = {name: entries[()] for name, entries in parsed(metrics).items() if () in entries}
    for name, value in {
        "whittle_steps_total": stats["step"], "whittle_samples_total": stats["samples"],
        "whittle_unlearned_samples_total": stats["unlearned"], "whittle_messages_total": stats["messages"],
        "whittle_sources": 1, "whittle_missing_samples_total": stats["sequences"]["missing"],
        "whittle_duplicate_samples_total": stats["sequences"]["duplicates"],
        "whittle_delayed_samples": stats["delayed"]["waiting"], "whittle_delayed_matched_total": 1,
        "whittle_delayed_forgotten_total": stats["delayed"]["forgotten"], "whittle_delayed_unmatched_total": 1,
        "whittle_features": stats["features"], "whittle_active_features": stats["active_set"],
        "whittle_sparsity_ratio": stats["sparsity"], "whittle_l1_norm": stats["l1_norm"],
        "whittle_l2_norm": stats["l2_norm"], "whittle_intercept": stats["intercept"],
        "whittle_step_size": stats["step_size"], "whittle_clamped_updates_total": stats["clamped_updates"],
        "whittle_diverging": 0, "whittle_checkpoints_written_total": 2, "whittle_checkpoints_failed_total": 1,
        "whittle_checkpoint_steps": stats["step"], "whittle_journal_messages_total": stats["journal"]["position"],
        "whittle_forgotten_features_total": 0, "whittle_refused_features_total": 0, "whittle_ready": 1,
    }.items():
        assert values[name] == value, name
    assert stats["sequences"]["missing"] == 6 and stats["sequences"]["duplicates"] == 2
    assert stats["delayed"]["forgotten"] == 1


def test_losses(daemon, metrics):
    values = parsed(metrics)
    for stretch, known in daemon.stats()["validation"].items():
        for name, key in {"loss": "loss", "best_constant_loss": "best_constant_loss", "accuracy_ratio": "accuracy",
                          "roc_area_ratio": "auc", "calibration_error_ratio": "calibration_error"}.items():
            assert values[f"whittle_{name}"][(("stretch", stretch),)] == known[key], (name, stretch)
    assert "whittle_root_mean_squared_error" not in values


def test_rejected_by_reason(daemon, metrics):
    told = {dict(labels)["reason"]: value for labels, value in parsed(metrics)["whittle_rejected_messages_total"].items()}
    rejected = daemon.stats()["rejected"]
    assert {reason: count for reason, count in told.items() if count} == rejected
    assert sum(rejected.values()) == 5 and len(rejected) >= 3
    # All others are there from the start, so that their rates are known when the first one comes.
    assert {"limit", "shape", "sequence"} <= told.keys()


def test_events_by_kind(daemon, metrics):
    told = {dict(labels)["event"]: value for labels, value in parsed(metrics)["whittle_events_total"].items()}
    assert told["message_rejected"] >= 1


def test_degraded(daemon, metrics):
    assert parsed(daemon.degraded_metrics)["whittle_checkpoints_failed_total"][()] == 1
    assert daemon.degraded_readiness.startswith("ready, degraded: the last checkpoint could not be written: ")
    assert get(daemon, "/readyz").text == "ready\n"


def test_times(daemon, metrics):
    values = {name: entries[()] for name, entries in parsed(metrics).items() if () in entries}
    started = Path(f"/proc/{daemon.process.pid}").stat().st_mtime
    assert started - 5 <= values["process_start_time_seconds"] <= time.time()
    assert values["process_start_time_seconds"] <= values["whittle_checkpoint_timestamp_seconds"]
    assert values["whittle_checkpoint_timestamp_seconds"] <= values["whittle_reading_timestamp_seconds"] <= time.time()


def test_the_process(daemon):
    values = {name: entries[()] for name, entries in parsed(get(daemon, "/metrics").text).items() if () in entries}
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024
    assert abs(values["process_resident_memory_bytes"] - resident) < 16 << 20
    open_files = len(os.listdir(f"/proc/{daemon.process.pid}/fd"))
    assert abs(values["process_open_fds"] - open_files) <= 3
    seconds = [int(field) for field in Path(f"/proc/{daemon.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]]
    assert 0 < values["process_cpu_seconds_total"] <= sum(seconds) / os.sysconf("SC_CLK_TCK") + 0.05


# Histograms


def histogram(metrics: str, name: str) -> tuple[list[tuple[float, float]], float, float]:
    """Bounds with how many are not above them; sum; count."""
    values = parsed(metrics)
    buckets = sorted((float(dict(labels)["le"]), count) for labels, count in values[f"{name}_bucket"].items())
    assert [count for _, count in buckets] == sorted(count for _, count in buckets)
    assert buckets[-1] == (float("inf"), values[f"{name}_count"][()])
    return buckets, values[f"{name}_sum"][()], values[f"{name}_count"][()]


def test_sizes_of_messages(start):
    daemon = start({"publish.every_seconds": 0.1})
    messages = [json.dumps(sample).encode() for sample in SAMPLES[:50]]
    messages += [json.dumps(SAMPLES[:n]).encode() for n in (1, 2, 4, 5, 16, 17, 64, 65, 256)] + [b"{"]
    daemon.learn(*messages)
    metrics = current(daemon, whittle_messages_total=len(messages))
    for name, sizes in {
        "whittle_message_bytes": [len(message) for message in messages],
        "whittle_message_samples": [1] * 50 + [1, 2, 4, 5, 16, 17, 64, 65, 256],
    }.items():
        buckets, total, count = histogram(metrics, name)
        assert (total, count) == (sum(sizes), len(sizes)), name
        for bound, below in buckets:
            assert below == sum(size <= bound for size in sizes), (name, bound)


def test_times_of_messages(daemon, metrics):
    messages = parsed(metrics)["whittle_messages_total"][()]
    _, seconds, count = histogram(metrics, "whittle_learn_seconds")
    # One in 61.
    assert count == messages // 61 and (seconds > 0) == (count > 0)
    _, _, count = histogram(metrics, "whittle_queue_delay_seconds")
    assert 1 <= count <= messages
    _, seconds, count = histogram(metrics, "whittle_checkpoint_seconds")
    assert count == 2 and seconds > 0


def test_messages_that_wait_for_the_engine(start):
    """The second one waits while the first is learned: that takes some nanoseconds a sample at the very least."""
    daemon = start({"publish.every_seconds": 0.1})
    daemon.learn(SAMPLES * 300, "{")
    _, seconds, _ = histogram(current(daemon, whittle_messages_total=2), "whittle_queue_delay_seconds")
    assert seconds > 90_000 * 10e-9


# What is made of them


def metric_names(expression: str) -> set[str]:
    """The metrics in a PromQL expression: words of ours that are no labels."""
    expression = re.sub(r"\{[^}]*\}|\[[^]]*\]|\"[^\"]*\"", "", expression)
    return {name for name in re.findall(r"\b[a-z_][a-z0-9_]*\b", expression) if name.startswith(("whittle_", "process_"))}


def rule_expressions() -> list[str]:
    text = (PROMETHEUS / "whittle.rules.yml").read_text()
    found = re.findall(r"^        expr: (?:>\n((?:          .*\n)+)|(.+)\n)", text, re.MULTILINE)
    assert len(found) == text.count("- alert: ")
    return [" ".join(folded.split()) or plain for folded, plain in found]


def panel_expressions() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return found + [re.sub(r"label_values\((.*), \w+\)", r"\1", variable["query"]["query"])
                    for variable in dashboard["templating"]["list"] if variable["type"] == "query"]


@pytest.mark.parametrize("expressions", [rule_expressions, panel_expressions], ids=["rules", "dashboard"])
def test_only_metrics_that_exist(metrics, expressions):
    known = set(parsed(metrics))
    used = [metric_names(expression) for expression in expressions()]
    assert all(used[1:]) and len(used) > 10
    assert set().union(*used) - known == set()


def test_every_expression_of_the_dashboard_is_one(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
             for number, expression in enumerate(panel_expressions())]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    checked = promtool("check", "rules", "--lint=none", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    file.write_text(file.read_text().replace("rate(", "rate((", 1))
    assert promtool("check", "rules", "--lint=none", file).returncode != 0


def test_scrape_configuration_and_rules():
    for check in ("config", "prometheus.yml"), ("rules", "whittle.rules.yml"):
        checked = promtool("check", check[0], PROMETHEUS / check[1])
        assert checked.returncode == 0 and "SUCCESS" in checked.stdout, checked.stdout + checked.stderr


def test_alerts_fire_and_do_not():
    tested = promtool("test", "rules", "whittle.test.yml", cwd=PROMETHEUS)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    rules, tests = ((PROMETHEUS / name).read_text() for name in ("whittle.rules.yml", "whittle.test.yml"))
    for alert in re.findall(r"- alert: (\w+)", rules):
        fires = re.search(rf"alertname: {alert}\n        exp_alerts:\n          - exp_labels", tests)
        silent = re.search(rf"alertname: {alert}, exp_alerts: \[\]", tests)
        assert fires and silent, alert


def test_alerts_that_would_not_fire_are_noticed(tmp_path):
    """The tests of the rules can fail: each rule turned round makes one fail."""
    rules = (PROMETHEUS / "whittle.rules.yml").read_text()
    (tmp_path / "whittle.test.yml").write_text((PROMETHEUS / "whittle.test.yml").read_text())
    for alert, body in re.findall(r"- alert: (\w+)\n(.*?)(?=\n\n|\Z)", rules, re.DOTALL):
        broken = re.sub(r"(expr: (?:>\n\s+)?)", r"\1absent(nothing) and ", body, count=1)
        (tmp_path / "whittle.rules.yml").write_text(rules.replace(body, broken))
        assert promtool("test", "rules", "whittle.test.yml", cwd=tmp_path).returncode != 0, alert


def test_the_article_names_every_metric(metrics):
    """Its table has each metric with its type, and no other."""
    rows = re.findall(r"^\| `((?:whittle|process)_\w+)`[^|]* \| (\w+) \| (.+) \|$", ARTICLE.read_text(), re.MULTILINE)
    known = {name: kind for name, (kind, _) in families(metrics).items()}
    regression = {"whittle_root_mean_squared_error", "whittle_mean_absolute_error", "whittle_determination_coefficient"}
    assert {name: kind for name, kind, _ in rows if name not in regression} == known
    assert regression <= {name for name, _, _ in rows}
    assert len({name for name, _, _ in rows}) == len(rows)
