#!/usr/bin/env python3
"""Prints thermometers.csv: made-up days of a heated house whose heating is known to come from

    heating = 60 - 2.5 north + 1.2 wind + noise (normal, standard deviation 1)

`south` is a second thermometer, on the sunny side: what `north` shows, and a little more that has no say.
"""

from random import Random
from statistics import NormalDist

DAYS = 365

# Only `random()` is promised to give the same numbers in every version of Python.
uniform = Random(7).random


def normal(mean: float, deviation: float) -> float:
    return NormalDist(mean, deviation).inv_cdf(uniform())


print("north,south,wind,heating")
for _ in range(DAYS):
    north = round(normal(6, 6), 1)
    south = round(north + normal(1, 1.2), 1)
    wind = round(12 * uniform(), 1)
    heating = round(60 - 2.5 * north + 1.2 * wind + normal(0, 1), 1)
    print(north, south, wind, heating, sep=",")
