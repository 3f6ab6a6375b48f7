#!/usr/bin/env python3
"""Prints students.csv: made-up students of whom the scores are known to come from

    score = 20 + 2.5 homework + 3 sleep + 0.3 last_score + noise (normal, standard deviation 4), rounded

so that gpa and breakfast have no say.
"""

from random import Random
from statistics import NormalDist

STUDENTS = 200

# Only `random()` is promised to give the same numbers in every version of Python.
uniform = Random(7).random


def normal(mean: float, deviation: float) -> float:
    return NormalDist(mean, deviation).inv_cdf(uniform())


def between(low: float, high: float) -> float:
    return low + (high - low) * uniform()


print("homework,sleep,last_score,gpa,breakfast,score")
for _ in range(STUDENTS):
    homework = round(between(0, 10), 1)
    sleep = round(between(4, 9), 1)
    last_score = round(between(30, 90))
    gpa = round(between(1, 4), 1)
    breakfast = int(uniform() < 0.6)
    score = round(20 + 2.5 * homework + 3 * sleep + 0.3 * last_score + normal(0, 4))
    print(homework, sleep, last_score, gpa, breakfast, score, sep=",")
