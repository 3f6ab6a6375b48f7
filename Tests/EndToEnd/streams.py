"""Streams of samples for tests, each the same at every run."""

import numpy


def random_samples(count: int, features: int = 12, seed: int = 1, density: float = 0.4) -> list[dict]:
    """Sparse samples of a linear model of which a third of the weights is zero."""
    random = numpy.random.default_rng(seed)
    weights = random.normal(size=features) * (numpy.arange(features) % 3 > 0)
    samples = []
    for _ in range(count):
        chosen = numpy.flatnonzero(random.random(features) < density)
        x = random.normal(size=len(chosen))
        y = float(weights[chosen] @ x + 0.5 + 0.1 * random.normal())
        samples.append({"y": y, "x": {f"f{i}": float(v) for i, v in zip(chosen, x, strict=True)}})
    return samples


def as_classes(samples: list[dict]) -> list[dict]:
    """The same samples with a class for a target."""
    return [sample | {"y": int(sample["y"] > 0.5)} for sample in samples]
