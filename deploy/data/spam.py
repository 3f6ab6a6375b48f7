#!/usr/bin/env python3
"""Prints made-up mail as Vowpal Wabbit text, one message a line: 1 for spam, -1 for ham, and the words in it.

Most words are filler, as frequent in spam as in ham: some thousands of them, the r-th in proportion to 1/r (Zipf's
law). Only SPAM_WORDS and HAM_WORDS tell anything: each is in a message of its own kind with probability 0.25, in one
of the other kind with probability 0.02.
"""

from bisect import bisect
from itertools import accumulate, product
from random import Random

MESSAGES = 20_000
FILLER = 5_000
SPAM_WORDS = ["free", "winner", "prize", "cash", "offer", "click"]
HAM_WORDS = ["meeting", "invoice", "thanks", "report", "lunch", "attached"]

# Only `random()` is promised to give the same numbers in every version of Python.
uniform = Random(5).random

syllables = [consonant + vowel for consonant, vowel in product("bdfghjklmnprstvz", "aeiou")]
filler = ["".join(word) for word in product(syllables, repeat=2)][:FILLER]
shares = list(accumulate(1 / rank for rank in range(1, FILLER + 1)))

for _ in range(MESSAGES):
    is_spam = uniform() < 0.4
    length = 5 + int(30 * uniform())
    words = {filler[bisect(shares, shares[-1] * uniform())] for _ in range(length)}
    for word in SPAM_WORDS + HAM_WORDS:
        if uniform() < (0.25 if (word in SPAM_WORDS) == is_spam else 0.02):
            words.add(word)
    print("1 |" if is_spam else "-1 |", *sorted(words))
