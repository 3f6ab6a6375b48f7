"""Settings from file, environment and flags; every mistake is found before anything starts."""

import json

import pytest

from daemon import DEFAULTS, FIXTURES, ROOT, flags, whittled

BROKEN = json.loads((FIXTURES / "broken-configurations.json").read_text())


def check(tmp_path, yaml: str, *arguments: str, **environment: str):
    file = tmp_path / "whittled.yaml"
    file.write_text(yaml)
    return whittled("--check-config", "--config", str(file), *arguments, environment=environment)


@pytest.mark.parametrize("entry", BROKEN, ids=lambda entry: entry["name"])
def test_broken_configurations(tmp_path, entry):
    ended = check(tmp_path, entry["yaml"])
    assert ended.returncode == 78, ended
    for says in entry["says"]:
        assert says in ended.stderr


def test_a_broken_configuration_starts_nothing(tmp_path):
    file = tmp_path / "whittled.yaml"
    file.write_text("penalty:\n  l1: much\n")
    ended = whittled("--config", str(file), *flags(DEFAULTS | {"state.directory": tmp_path / "state"}))
    assert ended.returncode == 78
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("yaml", ["", "# nothing\n", "penalty:\n", "penalty:\n  l1: 0.1\n  l2: 1e-3\n"])
def test_valid_files(tmp_path, yaml):
    ended = check(tmp_path, yaml)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_annotated_file_holds_the_defaults(tmp_path, start):
    """deploy/whittled.yaml is the manual: it is valid, names every setting, and changes none."""
    path = ROOT / "deploy/whittled.yaml"
    daemon = start(arguments=["--config", path])
    report = daemon.ask("configuration")
    # Endpoints, state directory, cadence and log format come from this test's flags.
    by_flags = {key for key, value in DEFAULTS.items() if value is not None} | {"state.directory"}
    for key, origin in report["origins"].items():
        assert origin == ("flag" if key in by_flags else "file"), key
    defaults = start().ask("configuration")["configuration"]
    for key, value in report["configuration"].items():
        if key not in by_flags | {"ingest.sub.bind", "ingest.router.bind"}:
            assert value == defaults[key], key


def test_an_unreadable_file(tmp_path):
    for path in (tmp_path / "missing.yaml", tmp_path):
        ended = whittled("--check-config", "--config", str(path))
        assert ended.returncode == 66
        assert str(path) in ended.stderr
    assert whittled("--check-config", environment={"WHITTLED_CONFIG": str(tmp_path / "missing")}).returncode == 66


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["--penalty-l1"], ["stray"], ["--penalty-l1", "1", "2"]])
def test_wrong_usage(arguments):
    ended = whittled(*arguments)
    assert ended.returncode == 64
    assert "Usage" in ended.stderr


SOME = {
    "model.loss": ("logistic", "logistic"),
    "model.intercept": ("false", False),
    "model.optimizer": ("sgd", "sgd"),
    "validation.half_life": ("12.5", 12.5),
    "learning_rate.schedule": ("constant", "constant"),
    "learning_rate.t0": ("17", 17),
    "penalty.l1": ("1e-4", 1e-4),
    "learning_rate.initial": ("auto", "auto"),
    "learning_rate.beta": ("2", 2),
    "learning_rate.average_from": ("100", 100),
    "penalty.threshold": ("0.5", 0.5),
    "penalty.penalize": ("scaled", "scaled"),
    "penalty.factors": ("age=0,color=red=0.5,sensor_*=1e1", ["age=0", "color=red=0.5", "sensor_*=10"]),
    "ingest.sub.topics": ("a,b", ["a", "b"]),
    "ingest.format": ("vw", "vw"),
    "json.target": ("price", "price"),
    "json.features": ("columns", "columns"),
    "json.weight": ("none", "none"),
    "json.id": ("row", "row"),
    "json.source": ("größe in m", "größe in m"),
    "json.seq": ("no", "no"),
    "json.ignore": ("comment,weight", ["comment", "weight"]),
    "limits.name_bytes": ("17", 17),
    "publish.every_seconds": ("0.5", 0.5),
    "checkpoint.keep": ("9", 9),
    "ingest.router.acknowledge": ("journaled", "journaled"),
    "journal.sync": ("always", "always"),
    "journal.interval_seconds": ("0.5", 0.5),
    "shutdown.drain_seconds": ("0.25", 0.25),
    "log.level": ("debug", "debug"),
}


def variable(key: str) -> str:
    return "WHITTLED_" + key.replace(".", "_").upper()


def nested(settings: dict[str, str]) -> str:
    """YAML may be written as JSON."""
    root: dict = {}
    for key, text in settings.items():
        *sections, name = key.split(".")
        place = root
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = text.split(",") if isinstance(SOME[key][1], list) else text
    return json.dumps(root)


@pytest.mark.parametrize("origin", ["flag", "environment", "file"])
def test_settings_arrive(start, tmp_path, origin):
    texts = {key: text for key, (text, _) in SOME.items()}
    match origin:
        case "flag":
            daemon = start(texts)
        case "environment":
            daemon = start(environment={variable(key): text for key, text in texts.items()})
        case "file":
            (tmp_path / "whittled.yaml").write_text(nested(texts))
            daemon = start(arguments=["--config", tmp_path / "whittled.yaml"])
    report = daemon.ask("configuration")
    assert {key: report["configuration"][key] for key in SOME} == {key: value for key, (_, value) in SOME.items()}
    assert {report["origins"][key] for key in SOME} == {origin}


# Every text is right for these; `test_settings_arrive` and the state directory of every daemon show that they arrive.
TAKE_ANYTHING = {
    "ingest.sub.topics", "state.directory", "security.server_key", "security.ingest_keys", "security.query_keys",
    "security.publish_keys", "security.admin_keys", "security.connect_keys", "security.ipc_group",
    "http.token_file", "http.socket_group"}
# So is every text that is not empty for these, which `test_field_names_arrive` is about.
FIELD_NAMES = {
    "json.target": "t", "json.features": "f", "json.weight": "w", "json.id": "i", "json.source": "s", "json.seq": "q",
    "json.ignore": "a,b"}


def test_no_flag_or_variable_is_lost(start):
    """Each setting, given nonsense, is complained of where it was given."""
    keys = set(start().ask("configuration")["configuration"]) - TAKE_ANYTHING - set(FIELD_NAMES)
    flags = {key: "--" + key.replace(".", "-").replace("_", "-") for key in keys}
    ended = whittled("--check-config", *[f"{flag}=?" for flag in flags.values()])
    assert ended.returncode == 78
    for key, flag in flags.items():
        assert f'{flag}: {key}: found "?"' in ended.stderr
    ended = whittled("--check-config", environment={variable(key): "?" for key in keys})
    assert ended.returncode == 78
    for key in keys:
        assert f'{variable(key)}: {key}: found "?"' in ended.stderr


@pytest.mark.parametrize("origin", ["flag", "environment"])
def test_field_names_arrive(start, origin):
    if origin == "flag":
        daemon = start(FIELD_NAMES | {"json.ignore": ["a", "b"]})
    else:
        daemon = start(environment={variable(key): text for key, text in FIELD_NAMES.items()})
    configuration = daemon.ask("configuration")["configuration"]
    assert {key: configuration[key] for key in FIELD_NAMES} == FIELD_NAMES | {"json.ignore": ["a", "b"]}


def test_precedence(start, tmp_path):
    """A flag wins over its variable, that over the file, that over the default."""
    (tmp_path / "whittled.yaml").write_text("penalty: {l1: 0.1, l2: 0.1, period: 3}\n")
    daemon = start(
        {"penalty.l1": 0.3}, environment={
            "WHITTLED_PENALTY_L1": "0.2", "WHITTLED_PENALTY_L2": "0.2",
            "WHITTLED_CONFIG": str(tmp_path / "whittled.yaml")})
    report = daemon.ask("configuration")
    keys = ["penalty.l1", "penalty.l2", "penalty.period", "penalty.threshold"]
    assert [report["configuration"][key] for key in keys] == [0.3, 0.2, 3, "none"]
    assert [report["origins"][key] for key in keys] == ["flag", "environment", "file", "default"]


def test_mistakes_of_all_origins_are_reported_together(tmp_path):
    ended = check(
        tmp_path, "penalty:\n  l1: -1\n", "--penalty-period", "0", WHITTLED_PENALTY_L2="lots", WHITTLED_PENLTY_L1="1")
    assert ended.returncode == 78
    for says in ("penalty.l1", "penalty.l2", "penalty.period", "did you mean WHITTLED_PENALTY_L1"):
        assert says in ended.stderr


def test_help_names_everything(start):
    help = whittled("--help")
    assert help.returncode == 0
    text = " ".join(help.stdout.split())
    for key in start().ask("configuration")["configuration"]:
        assert "--" + key.replace(".", "-").replace("_", "-") in text
    assert "WHITTLED_PENALTY_L1" in text
    assert "WHITTLED_CONFIG" in text


def test_version(start):
    assert whittled("--version").stdout.strip() == start().ask("configuration")["version"]


def test_repeated_flags_are_lists(start):
    daemon = start(arguments=["--ingest-sub-topics", "a", "--ingest-sub-topics", "b,c"])
    assert daemon.ask("configuration")["configuration"]["ingest.sub.topics"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "key", ["ingest.pull.bind", "ingest.sub.bind", "publish.bind", "query.bind"])
def test_an_endpoint_that_is_taken(start, tmp_path, key):
    taken = start().endpoint("query.bind")
    ended = whittled(*flags(DEFAULTS | {"state.directory": tmp_path / "other", key: taken}))
    assert ended.returncode == 69
    assert key in ended.stderr and taken in ended.stderr


def test_log_as_json(start):
    daemon = start()
    assert daemon.stop() == 0
    assert daemon.stray_lines == []
    assert all({"time", "level", "message"} <= line.keys() for line in daemon.log)
    assert [line["message"] for line in daemon.log][-1] == "stopped"


def test_log_as_text(start):
    """A line an event, time and level first; `=` ties a field to its value."""
    daemon = start({"log.format": "text"}, ready=False)
    time, level, rest = daemon.wait_for_line(" ready ").split(" ", 2)
    assert time.endswith("Z")
    assert (level, rest.split(" ")[0]) == ("info", "ready")
    assert daemon.endpoints == {} and " query.bind=tcp://127.0.0.1:" in rest


def test_log_level(start, short_path):
    daemon = start({"log.level": "error", "query.bind": f"ipc://{short_path}/ask"}, ready=False)
    daemon.endpoints = {"query.bind": [f"ipc://{short_path}/ask"]}
    assert daemon.stats()["step"] == 0
    assert daemon.stop() == 0
    assert (daemon.log, daemon.stray_lines) == ([], [])
