"""`whittle export`: what other programs load predicts as the daemon does, and holds what the checkpoint's file holds."""

import csv
import io
import json
import pickle
import subprocess
import zipfile

import joblib
import numpy
import pandas
import pytest
from vowpalwabbit import Workspace

from checkpoint_file import CheckpointFile, bits, files
from daemon import LIMIT, PROGRAMS, clean_environment
from streams import as_classes, random_samples
from tool import variables, whittle, whittle_on_a_terminal

SAMPLES = random_samples(400, features=15)
LOSSES = ["squared", "huber", "quantile", "epsilon_insensitive", "poisson", "logistic", "hinge", "squared_hinge"]
CLASSES = LOSSES[5:]
ODD = ["größe", "a,b \"c\"", "tab\tnew\nline", "words^cheap", "words^7", "12", "color=red"]


def trained(start, loss: str):
    """A daemon with a model of some size, and a checkpoint of its last step."""
    daemon = start({"model.loss": loss, "penalty.l1": 0.001, "learning_rate.initial": 0.05})
    samples = as_classes(SAMPLES) if loss in CLASSES else SAMPLES
    samples = samples + [{"y": 1, "x": {name: 1 + place}} for place, name in enumerate(ODD)]
    if loss == "poisson":
        samples = [sample | {"y": abs(sample["y"])} for sample in samples]
    daemon.learn(*samples)
    return daemon, daemon.checkpoint()["file"]


@pytest.fixture(scope="module", params=LOSSES)
def model(request, start_shared):
    return request.param, *trained(start_shared, request.param)


@pytest.fixture(scope="module")
def regression(start_shared):
    return trained(start_shared, "squared")


def exported(daemon, tmp_path, name: str, *arguments):
    whittle(daemon, "export", "--output", tmp_path / name, *arguments)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]
    return tmp_path / name


def questions() -> list[dict[str, float]]:
    """Samples of known and unknown features."""
    random = numpy.random.default_rng(7)
    names = [f"f{number}" for number in range(15)] + ODD
    return [
        {str(name): float(numpy.float32(random.normal())) for name in random.choice(names, 6, replace=False)}
        for _ in range(40)]


def told(daemon, key: str = "prediction") -> numpy.ndarray:
    return numpy.array([daemon.ask("predict", x=question)[key] for question in questions()])


@pytest.mark.parametrize("load", ["joblib", "pickle"])
def test_scikit_learn(model, tmp_path, load):
    loss, daemon, _ = model
    path = exported(daemon, tmp_path, "model.joblib")
    estimator = joblib.load(path) if load == "joblib" else pickle.loads(path.read_bytes())
    frame = pandas.DataFrame(questions()).fillna(0).reindex(columns=estimator.feature_names_in_, fill_value=0)
    assert estimator.n_features_in_ == len(estimator.feature_names_in_) == len(estimator.coef_.ravel())
    if loss == "logistic":
        predictions = estimator.predict_proba(frame)[:, 1]
        assert (estimator.predict(frame) == (predictions > 0.5)).all()
    elif loss in CLASSES:
        predictions = estimator.decision_function(frame)
        assert set(estimator.predict(frame)) <= {0, 1}
    else:
        predictions = estimator.predict(frame)
    numpy.testing.assert_allclose(predictions, told(daemon), rtol=1e-6, atol=1e-6)
    # It can be used as any other: cloned, shown, pickled again.
    again = pickle.loads(pickle.dumps(estimator))
    assert repr(again) == repr(estimator)
    numpy.testing.assert_array_equal(again.coef_, estimator.coef_)


@pytest.mark.parametrize("where", ["daemon", "directory"])
def test_vowpal_wabbit(model, tmp_path, where):
    loss, daemon, _ = model
    if where == "daemon":
        path = exported(daemon, tmp_path, "model.vw")
    else:
        path = exported(None, tmp_path, "model.vw", "--state", daemon.state)
    workspace = Workspace(f"--quiet --testonly --initial_regressor {path}")
    predictions, asked = [], []
    for question, expected in zip(questions(), told(daemon), strict=True):
        spaces: dict[str, str] = {}
        for name, value in question.items():
            space, _, feature = name.rpartition("^")
            spaces[space] = spaces.get(space, "") + f" {feature}:{value!r}"
        # What Vowpal Wabbit's text cannot say.
        if any(character in name for name in question for character in " \t\n"):
            continue
        text = " ".join(f"|{space}{features}" for space, features in spaces.items())
        example = workspace.example(text)
        predictions.append(workspace.predict(example))
        workspace.finish_example(example)
        asked.append(expected)
    workspace.finish()
    assert len(asked) > 10
    # It adds up in Float32.
    numpy.testing.assert_allclose(predictions, asked, rtol=1e-6, atol=1e-6)


def test_numpy(model, tmp_path):
    loss, daemon, file = model
    path = exported(daemon, tmp_path, "model.npz")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    with numpy.load(path) as arrays:
        assert sorted(arrays) == ["intercept", "loss", "names", "step", "values"]
        names, values = arrays["names"], arrays["values"]
        checkpoint = CheckpointFile.read(file)
        known = dict(zip(checkpoint.names, checkpoint.tensors["coefficients"].tolist(), strict=True))
        assert dict(zip(names.tolist(), values.tolist(), strict=True)) == known
        assert (numpy.diff(abs(values)) <= 0).all()
        assert arrays["intercept"] == daemon.coefficients()["intercept"]
        assert (arrays["step"], arrays["loss"]) == (checkpoint.step, loss)
        assert arrays["values"].dtype == "<f4" and arrays["intercept"].dtype == "<f8"


def test_tables(regression, tmp_path):
    daemon, file = regression
    checkpoint = CheckpointFile.read(file)
    known = dict(zip(checkpoint.names, checkpoint.tensors["coefficients"], strict=True))
    for arguments in ([], ["--format", "csv", "--output", "-"]):
        table = whittle(daemon, "export", *arguments).stdout
        rows = dict(list(csv.reader(io.StringIO(table, newline="")))[1:])
        assert float(rows.pop("(intercept)")) == daemon.coefficients()["intercept"]
        assert {name: numpy.float32(value) for name, value in rows.items()} == known
    content = json.loads(exported(daemon, tmp_path, "model.json").read_text())
    assert (content["step"], content["loss"]) == (checkpoint.step, "squared")
    assert bits(content["values"]) == bits([known[name] for name in content["names"]])


@pytest.mark.parametrize("form", ["csv", "json", "npz", "vw", "sklearn"])
def test_daemon_directory_and_file_say_the_same(regression, form):
    daemon, file = regression

    def content(asked, *arguments) -> bytes:
        return subprocess.run(
            [PROGRAMS / "whittle", *map(str, arguments), "--format", form], env=clean_environment(**variables(asked)),
            capture_output=True, timeout=LIMIT, check=True).stdout

    live = content(daemon, "export")
    assert live
    assert content(daemon, "export", "--at", "latest") == live
    assert content(None, "export", "--state", daemon.state) == live
    assert content(None, "export", "--at", file) == live
    assert content(None, "checkpoints", "export", "latest", "--state", daemon.state) == live


def test_an_earlier_one(start, tmp_path):
    daemon = start({"checkpoint.keep": 10})
    for sample in SAMPLES[:3]:
        daemon.learn(sample)
        daemon.checkpoint()
    for step in (1, 2, 3):
        assert json.loads(whittle(daemon, "export", "--format", "json", "--at", f"step:{step}").stdout)["step"] == step
    copy = exported(daemon, tmp_path, "copy.safetensors", "--at", "2")
    assert copy.read_bytes() == files(daemon.state)[1].read_bytes()


def test_hashed_and_indexed_features(start, tmp_path):
    for place, settings in enumerate([
        {"features.space": "hashed", "features.bits": 10, "features.names": 100},
        {"features.space": "indexed", "features.width": 5},
    ]):
        daemon = start(settings)
        daemon.learn(*[{"y": 2, "x": {"1": 1, "3": 0.5}}] * 20)
        (tmp_path / f"{place}").mkdir()
        estimator = joblib.load(exported(daemon, tmp_path / f"{place}", "m.pkl"))
        frame = pandas.DataFrame([{"1": 0.5, "3": -2}]).reindex(columns=estimator.feature_names_in_, fill_value=0)
        expected = daemon.ask("predict", x={"1": 0.5, "3": -2})["prediction"]
        assert estimator.predict(frame)[0] == pytest.approx(expected, rel=1e-6)


def test_many_features_of_vowpal_wabbit(start, tmp_path):
    """What has to share a weight is told of, and no more than that."""
    daemon = start()
    random = numpy.random.default_rng(3)
    for _ in range(10):
        daemon.learn({"y": 1, "x": {f"w{number}": 1 for number in random.integers(0, 10**9, 3000)}})
    ended = whittle(daemon, "export", "--output", tmp_path / "m.vw")
    workspace = Workspace(f"--quiet --testonly --initial_regressor {tmp_path / 'm.vw'}")
    coefficients = daemon.coefficients()
    mask = (1 << 24) - 1
    hashes = [workspace.hash_feature(name, 0) & mask for name in coefficients["names"]]
    shared = len(hashes) + 1 - len({*hashes, 11650396 & mask})
    assert 0 < shared < 100
    assert f"{shared} of {len(hashes) + 1:,} coefficients are left out" in ended.stderr
    by_hash: dict[int, float] = {}
    for index, value in zip(hashes, coefficients["values"], strict=True):
        if abs(value) > abs(by_hash.get(index, 0)):
            by_hash[index] = value
    by_hash[11650396 & mask] = coefficients["intercept"]
    assert all(workspace.get_weight(index) == pytest.approx(value, rel=1e-6) for index, value in by_hash.items())
    workspace.finish()


def test_refusals(start, regression, tmp_path):
    daemon, _ = regression
    assert "--at" in whittle(daemon, "export", "--format", "safetensors", code=76).stderr
    assert str(tmp_path) in whittle(daemon, "export", "--output", tmp_path, code=74).stderr
    whittle(daemon, "export", "--format", "xml", code=64)
    screen = whittle_on_a_terminal(daemon, "export", "--format", "npz")
    assert screen.code == 64 and "--output" in screen.text
    empty = start()
    assert "no features" in whittle(empty, "export", "--format", "sklearn", code=76).stderr
    assert whittle(empty, "export").stdout == "feature,coefficient\n(intercept),0.0\n"
    whittle(empty, "export", "--output", tmp_path / "empty.npz")
    with numpy.load(tmp_path / "empty.npz") as arrays:
        assert arrays["names"].shape == arrays["values"].shape == (0,)
    empty.learn({"y": 1, "x": {"ends in nul\0": 1}})
    assert "NUL" in whittle(empty, "export", "--output", tmp_path / "nul.npz", code=76).stderr
    assert not (tmp_path / "nul.npz").exists()
