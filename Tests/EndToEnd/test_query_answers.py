"""Predictions, explanations and coefficients in all forms, beside numpy; and the article about them."""

import json
import random
import re

import numpy
import pytest
import zmq

from daemon import ROOT, connected
from streams import random_samples

ARTICLE = ROOT / "Sources/WhittleProtocol/WhittleProtocol.docc/Queries.md"
FEATURES = 100_000


@pytest.fixture(scope="module")
def large(start_shared):
    """One with 100,000 features, of which some are zero; no test below changes its model."""
    daemon = start_shared({"penalty.l1": 0.0001, "learning_rate.initial": 0.02})
    generator = numpy.random.default_rng(5)
    names = [f"größe {number}" if number % 3 else f"f{number}" for number in range(FEATURES)]
    for start in range(0, FEATURES, 1000):
        chosen = names[start:start + 1000]
        values = generator.normal(size=len(chosen)) * (generator.random(len(chosen)) < 0.7) + 1e-6
        daemon.push({"y": 3, "x": dict(zip(chosen, values.tolist(), strict=True))})
    daemon.wait_until(lambda stats: stats["step"] == FEATURES // 1000)
    return daemon


def asked(daemon, *frames: bytes | dict) -> list[bytes]:
    """The frames of the answer, the first of which is a success."""
    asker = connected(daemon.context, zmq.REQ, daemon.endpoint("query.bind"))
    asker.send_multipart([json.dumps(frame).encode() if isinstance(frame, dict) else frame for frame in frames])
    answer = asker.recv_multipart()
    asker.close()
    assert json.loads(answer[0])["ok"], answer[0]
    return answer


def arrays(answer: list[bytes]) -> dict[str, numpy.ndarray]:
    described = json.loads(answer[0])["arrays"]
    assert len(described) == len(answer) - 1
    read = {array["name"]: numpy.frombuffer(buffer, array["dtype"]) for array, buffer in
            zip(described, answer[1:], strict=True)}
    assert all(read[array["name"]].shape == tuple(array["shape"]) for array in described)
    return read


def names_of(read: dict[str, numpy.ndarray]) -> list[str]:
    text, ends = read["names"].tobytes(), read["name_ends"]
    return [text[start:end].decode() for start, end in zip([0, *ends], ends)]


def test_coefficients_are_the_same_in_all_forms(large):
    whole = large.coefficients()
    assert len(whole["names"]) == len(set(whole["names"])) == FEATURES and "cursor" not in whole
    assert 0 < whole["active_set"] < FEATURES
    binary = arrays(asked(large, {"op": "coefficients", "binary": True}))
    assert names_of(binary) == whole["names"]
    assert (binary["values"] == numpy.array(whole["values"], "<f4")).all()
    names, values, step = [], [], None
    answer = asked(large, {"op": "coefficients", "binary": True, "limit": 33_000})
    while True:
        head, part = json.loads(answer[0]), arrays(answer)
        names += names_of(part)
        values.append(part["values"])
        if "cursor" not in head:
            break
        answer = asked(large, {"op": "coefficients", "cursor": head["cursor"]})
    assert [len(part) for part in values] == [33_000] * 3 + [1000]
    assert names == whole["names"] and (numpy.concatenate(values) == binary["values"]).all()
    active = arrays(asked(large, {"op": "coefficients", "binary": True, "active": True}))
    assert (active["values"] == binary["values"][binary["values"] != 0]).all()
    like = large.coefficients(like="gr*[05] 1?3*", top=7)
    assert like["names"] == []
    like = large.coefficients(like="f1?3*", top=7)
    pattern = re.compile("f1.3.*", re.DOTALL)
    pairs = [(-abs(value), place, name) for place, (name, value) in
             enumerate(zip(whole["names"], whole["values"], strict=True)) if pattern.fullmatch(name)]
    assert like["names"] == [name for *_, name in sorted(pairs)[:7]] and len(like["names"]) == 7


def test_parts_are_as_of_one_step(start):
    daemon = start()
    daemon.learn(*random_samples(50))
    whole = daemon.coefficients()
    answer = daemon.coefficients(limit=5)
    names, values = answer["names"], answer["values"]
    while "cursor" in answer:
        daemon.learn(*random_samples(20))
        cursor = answer["cursor"]
        answer = daemon.coefficients(cursor=cursor)
        assert daemon.coefficients(cursor=cursor) == answer, "once more, should it have got lost"
        assert answer["step"] == whole["step"] < daemon.stats()["step"]
        names += answer["names"]
        values += answer["values"]
    assert (names, values) == (whole["names"], whole["values"])


@pytest.mark.parametrize("count", [1, 10, 20_000])
def test_many_predictions(large, count):
    generator = random.Random(count)
    by_name = dict(zip(*(large.coefficients()[field] for field in ("names", "values")), strict=True))
    intercept = large.coefficients()["intercept"]
    known = list(by_name)
    samples = [{name: generator.gauss(0, 1) for name in generator.sample(known, 5)} | {"new": 1} for _ in range(count)]
    expected = [intercept + sum(value * by_name.get(name, 0) for name, value in sample.items()) for sample in samples]
    answer = large.ask("predict", samples=samples)
    assert answer["margins"] == pytest.approx(expected, abs=1e-5) and answer["predictions"] == answer["margins"]
    assert answer["unknown_features"] == [1] * count
    binary = arrays(asked(large, {"op": "predict", "samples": samples, "binary": True}))
    assert binary["margins"].tolist() == answer["margins"] and binary["predictions"].dtype == "<f8"
    assert binary["unknown_features"].tolist() == answer["unknown_features"]


@pytest.mark.parametrize("count", [3, 5000])
def test_predictions_of_arrays(start, count):
    daemon = start()
    generator = numpy.random.default_rng(3)
    x = generator.normal(size=(200, 8)).astype("<f4")
    header = {"x": {"dtype": "<f4", "shape": x.shape}, "y": {"dtype": "<f8", "shape": [200]}}
    daemon.push([json.dumps(header).encode(), x.tobytes(), (x @ numpy.arange(8.0)).astype("<f8").tobytes()])
    daemon.wait_until(lambda stats: stats["step"] == 200)
    told = daemon.coefficients()
    x = generator.normal(size=(count, 8))
    expected = told["intercept"] + x @ numpy.array([dict(zip(told["names"], told["values"]))[str(i)] for i in range(8)])
    question = {"op": "predict", "arrays": {"x": {"dtype": "<f8", "shape": x.shape}}}
    answer = asked(daemon, question, x.tobytes())
    assert json.loads(answer[0])["margins"] == pytest.approx(expected, abs=1e-4)
    binary = arrays(asked(daemon, question | {"binary": True}, x.tobytes()))
    assert binary["margins"].tolist() == json.loads(answer[0])["margins"]
    assert daemon.stats()["step"] == 200


SETTINGS = {
    "plain": {}, "averaged": {"learning_rate.average_from": 50}, "adagrad": {"model.optimizer": "adagrad"},
    "normalized": {"model.optimizer": "normalized"}, "ftrl": {"model.optimizer": "ftrl"},
    "hashed": {"features.space": "hashed", "features.bits": 4}, "crossed": {"features.interactions": "a*b"},
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_explanations(start, settings):
    daemon = start({"model.loss": "logistic"} | SETTINGS[settings])
    generator = random.Random(7)
    names = [f"{space}^{number}" for space in "abc" for number in range(5)]

    def text(target: str, chosen: dict[str, float]) -> str:
        return target + "".join(f" |{name[0]} {name[2:]}:{value}" for name, value in chosen.items())

    def sample() -> dict[str, float]:
        return {name: round(generator.gauss(0, 1), 3) for name in generator.sample(names, 6)}

    daemon.learn(*(text(generator.choice(["1", "-1"]), sample()) for _ in range(200)))
    for _ in range(20):
        x = sample()
        answer = daemon.ask("explain", x=x | {"new": 1})
        contributions = answer["contributions"]
        crossed = {f"{first}*{second}": x[first] * x[second] for first in x for second in x
                   if first[0] == "a" and second[0] == "b"} if settings == "crossed" else {}
        told = dict(zip(answer["names"], answer["values"], strict=True))
        hashed = {"new": 1} if settings == "hashed" else {}
        assert told == pytest.approx(x | crossed | hashed, rel=1e-6)
        assert contributions == sorted(contributions, key=abs, reverse=True)
        scale = abs(answer["intercept"]) + sum(map(abs, contributions))
        tolerance = 1e-6 if "collisions" in answer else 1e-12
        assert answer["intercept"] + sum(contributions) == pytest.approx(answer["margin"], abs=tolerance * scale)
        assert answer["prediction"] == pytest.approx(1 / (1 + numpy.exp(-answer["margin"])))
        assert answer["margin"] == daemon.ask("predict", x=x | {"new": 1})["margin"]
        if settings == "hashed":
            assert answer["unknown_features"] == [] and "collisions" in answer or len(set(answer["coefficients"])) > 1
            continue
        assert answer["unknown_features"] == ["new"] and "collisions" not in answer
        by_name = daemon.coefficients(names=answer["names"])
        assert by_name["values"] == answer["coefficients"] and by_name["intercept"] == answer["intercept"]
        products = [a * b for a, b in zip(answer["coefficients"], answer["values"], strict=True)]
        if settings == "normalized":
            assert all(abs(a) <= abs(b) * (1 + 1e-6) for a, b in zip(contributions, products, strict=True))
        else:
            assert contributions == pytest.approx(products, rel=1e-6)


def test_asking_changes_no_bit(start):
    """Thousands of questions between two checkpoints, which hold the same model."""
    daemon = start({"features.interactions": "a*b", "penalty.l1": 0.01})
    daemon.learn(*random_samples(200))
    daemon.learn({"y": 1, "x": {"a": {"x": 1}, "b": {"x": 2}}})
    before = daemon.checkpoint()
    tensors = contents(daemon, before)
    dealer = connected(daemon.context, zmq.DEALER, daemon.endpoint("query.bind"))
    generator = random.Random(11)
    for number in range(3000):
        x = {generator.choice(["f1", "f2", "q", "a", "é"]): generator.choice([1, "red", True, None, {"x": 2}, [1, 2]])}
        question = json.dumps(generator.choice([
            {"op": "predict", "x": x}, {"op": "explain", "x": x}, {"op": "predict", "samples": [x, [1], x]}]))
        text = bytearray(question.encode())
        if number % 3 == 0:
            text[generator.randrange(len(text))] = generator.randrange(256)
        dealer.send_multipart([b"%d" % number, b"", bytes(text)])
    answers = [dealer.recv_multipart() for _ in range(3000)]
    assert sorted(int(answer[0]) for answer in answers) == list(range(3000))
    wrong = [answer for answer in answers if not json.loads(answer[2])["ok"]]
    assert 300 < len(wrong) < 1000
    daemon.learn("1 0 | f1")
    after = daemon.checkpoint()
    assert before["file"] != after["file"] and contents(daemon, after) == tensors


def contents(daemon, checkpoint: dict) -> dict[str, bytes]:
    """The bytes of all tensors of the model by name."""
    with open(checkpoint["file"], "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        data = file.read()
    header.pop("__metadata__")
    return {name: data[slice(*tensor["data_offsets"])] for name, tensor in header.items()
            if not name.startswith("source")}


def test_the_article_runs(start, capsys):
    daemon = start()
    daemon.learn(*({"y": 6 - n % 3, "x": {"sleep": n % 5, "hw": n % 3, "color": "red"}} for n in range(60)))
    text = ARTICLE.read_text()
    program = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    program = program.replace("tcp://127.0.0.1:5703", daemon.endpoint("query.bind"))
    values: dict = {}
    exec(compile(program, ARTICLE.name, "exec"), values)  # noqa: S102 the article is ours
    assert values["step"] == 60 and sorted(values["answers"]) == [0, 1, 2]
    assert all(answer["step"] == 60 for answer in values["answers"].values())
    assert list(values["heaviest"]) == ["sleep"]
    whole = daemon.coefficients()
    assert (values["names"], values["values"]) == (whole["names"], whole["values"])
    assert values["by_name"] == pytest.approx(dict(zip(whole["names"], whole["values"])))
    assert len(values["predicted"]["margins"]) == 2
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] in (["sleep", "hw"], ["hw", "sleep"])
    for socket in ("socket", "dealer"):
        values[socket].close()
    values["context"].term()


def test_the_article_names_every_operation_and_code(large):
    text = ARTICLE.read_text()
    asker = connected(large.context, zmq.REQ, large.endpoint("query.bind"))
    asker.send_json({"op": "?"})
    known = asker.recv_json()["error"]["message"].split("known operations: ")[1].split(", ")
    table = dict(re.findall(r"^\| `(\w+)` \|(.*?)\|", text.split("## Operations")[1].split("###")[0], re.MULTILINE))
    documented = {name: re.findall(r"`(\w+)`", fields) for name, fields in table.items()}
    del documented["op"]
    assert set(documented) == set(known)
    for name, fields in documented.items():
        asker.send_json({"op": name, "?": 1})
        message = asker.recv_json()["error"]["message"]
        takes = message.split("known fields: ")[1]
        assert fields == ([] if takes.startswith("none") else takes.split(", ")), name
    codes = (ROOT / "Sources/WhittleProtocol/QueryReply.swift").read_text().split("enum Code")[1].split("}")[0]
    for case, raw in re.findall(r'case `?(\w+)`?(?: = "(\w+)")?', codes):
        assert f"`{raw or case}`" in text, case


def test_too_many_large_questions_at_once(start):
    """Those that memory is not there for are refused, and may be asked again; each is answered, and samples are learned."""
    daemon = start({"limits.message_bytes": 50_000})
    daemon.learn({"y": 1, "x": {"f0": 1.0}})
    question = json.dumps({"op": "predict", "samples": [{"f0": number} for number in range(3000)]}).encode()
    assert 20_000 < len(question) < 50_000
    asker = connected(daemon.context, zmq.DEALER, daemon.endpoint("query.bind"))
    count = 400
    for number in range(count):
        asker.send_multipart([str(number).encode(), b"", question])
    answers = dict(asker.recv_multipart()[::2] for _ in range(count))
    asker.close()
    assert sorted(map(int, answers)) == list(range(count))
    told = [json.loads(answer) for answer in answers.values()]
    refused = [answer["error"] for answer in told if not answer["ok"]]
    assert {error["code"] for error in refused} == {"busy"} and len(refused) < count
    assert "ask again" in refused[0]["message"]
    assert all(len(answer["predictions"]) == 3000 for answer in told if answer["ok"])
    assert len(json.loads(asked(daemon, question)[0])["predictions"]) == 3000
    assert daemon.learn({"y": 1, "x": {"f0": 1.0}})["step"] == 2
