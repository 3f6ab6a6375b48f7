"""Publications are as their JSON Schemas say, and the schemas say what the message types say."""

import json

import pytest
from jsonschema import Draft202012Validator

from daemon import ROOT
from streams import as_classes, random_samples
from subscriber import subscribed
from swift_types import types

PROTOCOL = ROOT / "Sources/WhittleProtocol"
SCHEMAS = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text())
    for path in (PROTOCOL / "Schemas").glob("*.schema.json")}
# The type that each is of.
TYPES = {"coefficients": "PublishedCoefficients", "coefficients.delta": "CoefficientsDelta", "stats": "Stats"}
SAMPLES = random_samples(150)

DAEMONS = {
    "plain": ({}, SAMPLES),
    "top": ({"publish.coefficients": "top", "publish.top": 2}, SAMPLES),
    "arrays": ({"publish.arrays": "always"}, SAMPLES),
    "delta": ({"publish.coefficients": "delta", "publish.full_every": 2}, SAMPLES),
    "delta arrays": ({"publish.coefficients": "delta", "publish.full_every": 2, "publish.arrays": "always"}, SAMPLES),
    "logistic": ({"model.loss": "logistic"}, as_classes(SAMPLES)),
    "hinge": ({"model.loss": "hinge"}, as_classes(SAMPLES)),
    "quantile ftrl": ({"model.loss": "quantile", "model.optimizer": "ftrl"}, SAMPLES),
    "poisson": ({"model.loss": "poisson"}, [sample | {"y": abs(sample["y"])} for sample in SAMPLES]),
    "hashed": ({"features.space": "hashed", "features.bits": 8}, SAMPLES),
    "indexed": ({"features.space": "indexed", "features.width": 5}, ["1 | 1:2 4:1"] * 150),
    "journal off": ({"journal.sync": "off"}, SAMPLES),
    "diverging": ({"learning_rate.schedule": "constant", "learning_rate.initial": 1e3}, SAMPLES),
    "full dictionary": ({"limits.features": 5}, SAMPLES),
    "all at zero": ({"penalty.l1": 1e6}, SAMPLES),
}


def validator(topic: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[topic])


@pytest.mark.parametrize("topic", SCHEMAS)
def test_the_schemas_are_schemas(topic):
    Draft202012Validator.check_schema(SCHEMAS[topic])
    assert SCHEMAS[topic]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("kind", DAEMONS)
def test_what_is_published_is_as_its_schema_says(start, kind):
    settings, samples = DAEMONS[kind]
    daemon = start(
        {"publish.every_samples": 50, "publish.every_seconds": 0.05, "checkpoint.every_samples": 60} | settings)
    subscriber = subscribed(daemon, "")
    seen = set()
    for first in range(0, 150, 10):
        numbered = [
            sample | {"source": f"s{first % 3}", "seq": first + place, "id": f"{first}.{place}"}
            if isinstance(sample, dict) else sample
            for place, sample in enumerate(samples[first:first + 10])]
        daemon.push(*numbered, *numbered[:1])
        if first % 50 == 0:
            daemon.push(b"1 | a:b")
            if isinstance(numbered[0], dict):
                daemon.push({"x": {"f1": 1}, "id": f"waits {first}"})
    last = daemon.wait_until(lambda stats: stats["step"] >= 150 and stats["messages"] >= 165)["messages"]
    topics = {"stats", "coefficients"} | ({"coefficients.delta"} if "delta" in kind else set())
    messages = 0
    while messages < last or not topics <= seen:
        topic, payload, *buffers = subscriber.recv_multipart()
        publication = json.loads(payload)
        assert len(publication.get("arrays", [])) == len(buffers)
        messages = publication["messages"] if topic == b"stats" else messages
        if topic.decode() in SCHEMAS:
            seen.add(topic.decode())
            errors = [error.message for error in validator(topic.decode()).iter_errors(publication)]
            assert not errors, (topic, errors)


@pytest.mark.parametrize("topic", TYPES)
def test_what_is_missing_or_unknown_is_found(topic):
    """The check of the check: no property of a schema is one that may be left out unseen or added unseen."""
    assert SCHEMAS[topic]["additionalProperties"] is False
    for schema in [SCHEMAS[topic], *SCHEMAS[topic].get("$defs", {}).values()]:
        assert schema["additionalProperties"] is False and set(schema["required"]) <= set(schema["properties"])


@pytest.mark.parametrize("topic", TYPES)
def test_the_schemas_say_what_the_types_say(topic):
    """Each property and what is told of it, of the type and of all types in it."""
    known = {}
    for name in ["PublicationMark", "PublishedCoefficients", "Stats", "Validation", "BinaryArrays"]:
        known |= types((PROTOCOL / f"{name}.swift").read_text())
    schema = SCHEMAS[topic]
    told = {TYPES[topic]: schema, **schema.get("$defs", {})}
    for name, described in told.items():
        properties = known[name] + (known["PublicationMark"] if described is schema else [])
        assert described["properties"].keys() == {property.key for property in properties}, name
        for property in properties:
            assert described["properties"][property.key].get("description", "") == property.doc, (name, property.key)
            assert (property.key in described["required"]) == (not property.type.endswith("?")), (name, property.key)
    # Each type within is referred to by a property of that type.
    for name in schema.get("$defs", {}):
        assert f'"#/$defs/{name}"' in json.dumps(schema)
